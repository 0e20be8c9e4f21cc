"""Two things that are asked of the same record become one: the later holds, and says what it takes the place of. Pure.

Notes are dicts, as `Entry.said` keeps them: {"kind": "replaced", "field", "was"} for a value that a later one took the
place of, {"kind": "dropped"} for an edit that a deletion made pointless, {"kind": "kept"} for a deletion that an edit
took the place of (vm_20).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.changes.conflicts import same
from portal.changes.intent import DEADLINE, DELETION, Intent
from portal.resources.spec import Value

type Note = dict[str, Any]


def merge(earlier: Intent, later: Intent) -> tuple[Intent | None, list[Note]]:
    """What is asked for in the end, None for nothing at all, and notes on what that did to the earlier."""
    if earlier.creates:
        return _of_new(earlier, later)
    if later.creates:  # deleted, and to be there: as it is (only what is nothing but its key is asked for so)
        return None, []
    if later.action == "delete":
        notes = [{"kind": "dropped"}] if earlier.action != "delete" and earlier.wanted else []
        return later, [*notes, *_replaced(earlier, later)]
    if earlier.action == "delete":
        return replace(later, before={**earlier.before, **later.before}), [{"kind": "kept"}]
    return _both_edits(earlier, later)


def _of_new(earlier: Intent, later: Intent) -> tuple[Intent | None, list[Note]]:
    if later.action == "delete":
        return None, []
    # A creation asked for once more is the form filled anew: what it leaves out is left out.
    wanted = dict(later.wanted) if later.creates else {**earlier.wanted, **later.wanted}
    return replace(earlier, wanted=wanted), _replaced(earlier, later)


def _both_edits(earlier: Intent, later: Intent) -> tuple[Intent | None, list[Note]]:
    """Fields of both. What comes back to the value that is there is nothing to be changed."""
    before = {**later.before, **earlier.before}  # as it was when the first was put in
    wanted = {**earlier.wanted, **later.wanted}
    changed = {name: value for name, value in wanted.items() if not _is_as_before(later, name, value, before)}
    notes = _replaced(earlier, later)
    if not changed and wanted:
        return None, notes
    kept = {name: value for name, value in before.items() if name in changed or name == DELETION}
    return replace(later, wanted=changed, before=kept), notes


def _is_as_before(intent: Intent, name: str, value: Value, before: Mapping[str, Value]) -> bool:
    return name in before and same(intent.type.field(name), before[name], value)


def _replaced(earlier: Intent, later: Intent) -> list[Note]:
    return [
        {"kind": "replaced", "field": name, "was": value}
        for name, value in earlier.wanted.items()
        if name in later.wanted and later.wanted[name] != value and (name == DEADLINE or later.action != "delete")
    ]
