"""Two things that are asked of the same record become one: the later holds, and says what it takes the place of. Pure.

Notes are dicts, as `Entry.said` keeps them: {"kind": "replaced", "field", "was"} for a value that a later one took the
place of, {"kind": "dropped"} for an edit that a deletion made pointless, {"kind": "kept"} for a deletion that an edit
took the place of (vm_20).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.changes.conflicts import is_planned, same
from portal.changes.intent import DEADLINE, DELETION, Intent
from portal.resources.spec import Value

type Note = dict[str, Any]


def merge(earlier: Intent, later: Intent) -> tuple[Intent | None, list[Note]]:
    """What is asked for in the end, None for nothing at all, and notes on what that did to the earlier."""
    if earlier.creates:
        return _of_new(earlier, later)
    if later.creates:
        return _there_again(earlier, later)
    if later.action == "delete":
        notes = [{"kind": "dropped"}] if earlier.action != "delete" and earlier.wanted else []
        return later, [*notes, *_replaced(earlier, later)]
    if earlier.action == "delete":
        return replace(later, before={**earlier.before, **later.before}), [{"kind": "kept"}]
    return _both_edits(earlier, later)


def _there_again(earlier: Intent, later: Intent) -> tuple[Intent | None, list[Note]]:
    """It was to be deleted or changed, and is to be created: whether it is there, the review finds (`exists`)."""
    if earlier.action != "delete":
        return later, _replaced(earlier, later)
    # What is nothing but its key stays as it is.
    return (None, []) if set(later.wanted) <= set(later.type.key) else (later, [{"kind": "kept"}])


def _of_new(earlier: Intent, later: Intent) -> tuple[Intent | None, list[Note]]:
    if later.action == "delete":
        return None, []
    # A creation asked for once more is the form filled anew: what it leaves out is left out.
    wanted = dict(later.wanted) if later.creates else {**earlier.wanted, **later.wanted}
    return replace(earlier, wanted=wanted), _replaced(earlier, later)


def _both_edits(earlier: Intent, later: Intent) -> tuple[Intent | None, list[Note]]:
    """Fields of both. What comes back to the value that is there is nothing to be changed; a deletion that is planned
    is cancelled nevertheless, as by any edit (vm_20).
    """
    before = _seen(earlier, later)
    wanted = {**earlier.wanted, **later.wanted}
    changed = {name: value for name, value in wanted.items() if not _is_as_before(later, name, value, before)}
    notes = _replaced(earlier, later)
    if not changed and wanted and not is_planned(before.get(DELETION)):
        return None, notes
    kept = {name: value for name, value in before.items() if name in changed or name == DELETION}
    return replace(later, wanted=changed, before=kept), notes


def _seen(earlier: Intent, later: Intent) -> dict[str, Value]:
    """As it was when the first was put in. Where the later was shown something else, and not what the first asks for,
    it has changed since, and the person knows.
    """
    news = {
        name: value
        for name, value in later.before.items()
        if not any(_is_as_before(later, name, value, known) for known in (earlier.before, earlier.wanted))
    }
    return {**earlier.before, **news}


def _is_as_before(intent: Intent, name: str, value: Value, before: Mapping[str, Value]) -> bool:
    return name in before and same(intent.type.field(name), value, before[name])


def _replaced(earlier: Intent, later: Intent) -> list[Note]:
    return [
        {"kind": "replaced", "field": name, "was": value}
        for name, value in earlier.wanted.items()
        if name in later.wanted and later.wanted[name] != value and (name == DEADLINE or later.action != "delete")
    ]
