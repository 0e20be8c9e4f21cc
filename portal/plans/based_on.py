"""What a form of a plan stood on when it was opened: who has set something else meanwhile is not written over.

A form carries digests of what it showed. Where what is there now is something else, and not what the form asks for
anyway, nothing is done, and the person is told who has set what (`Overtaken`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from json import dumps, loads

from portal.accounts.models import AuditEntry, User
from portal.changes.intent import Intent
from portal.plans.errors import Edited, Overtaken
from portal.plans.models import Entry, Plan

NONE = "none"  # of an entry that is not there
DESCRIPTION = ("name", "note")
MOST_LOOKED_AT = 50  # of the latest entries on record


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry as its form stood on it: which one, and its digest then."""

    type_name: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Editor:
    """Who has set what is there now; `user` is None for a former member. `renamed`: the key that the record that was
    asked about has had since, '' where it kept its own.
    """

    user: User | None
    at: datetime
    renamed: str = ""


def of_text(text: str) -> str:
    """In few characters, what a name or a note says; however its lines end."""
    return _digest([line.rstrip() for line in text.strip().splitlines()])


def of_plan(plan: Plan) -> dict[str, str]:
    """What a form for name and note stands on."""
    return {name: of_text(getattr(plan, name)) for name in DESCRIPTION}


def of_entry(entry: Entry | None) -> str:
    """What a form for an entry stands on."""
    if entry is None:
        return NONE
    return _digest([entry.pk, entry.action, entry.creates, entry.wanted, entry.before])


def merged(plan: Plan, wanted: Mapping[str, str], seen: Mapping[str, str]) -> dict[str, str]:
    """Name and note as they are to be: what the person has not touched stays as it is now. Overtaken."""
    found: dict[str, str] = {}
    overtaken: list[str] = []
    for name, text in wanted.items():
        now, digest = getattr(plan, name), seen.get(name, "")
        is_touched, is_other = of_text(text) != digest, bool(digest) and of_text(now) != digest
        if is_touched and is_other and of_text(text) != of_text(now):
            overtaken.append(name)
        found[name] = now if is_other and not is_touched else text
    if overtaken:
        raise Overtaken(plan, overtaken)
    return found


def require_same(plan: Plan, entries: Collection[Entry], seen: SeenEntry, wanted: Collection[Intent]) -> None:
    """Overtaken where the entry is neither what the form stood on nor what it asks for."""
    entry = next((one for one in entries if (one.type_name, one.key) == (seen.type_name, seen.key)), None)
    if of_entry(entry) != seen.digest and not _is_asked_for(entry, wanted):
        raise Overtaken(plan, entry=entry)


def require_seen(entries: Collection[Entry], seen: Mapping[int, str]) -> None:
    """Edited where one of them is not what the person saw."""
    if any(seen.get(entry.pk, digest := of_entry(entry)) != digest for entry in entries):
        raise Edited


def editor(plan: Plan, record: str = "") -> Editor | None:
    """Who has last described the plan, or edited what it asks of that record; None where nobody knows."""
    for said in _on_record(plan, ("plan.edited", "plan.answered") if record else ("plan.described", "plan.begun")):
        if said.actor_id is not None and (not record or record in _records(said.before) | _records(said.after)):
            return Editor(User.objects.filter(pk=said.actor_id).first(), said.at, _renamed(said, record))
    return None


def _on_record(plan: Plan, actions: Collection[str]) -> Iterator[AuditEntry]:
    found = AuditEntry.objects.filter(chain=plan.customer.number, target=f"plan {plan.number}", action__in=actions)
    yield from found.order_by("-sequence")[:MOST_LOOKED_AT]


def _records(text: str) -> set[str]:
    """Those that one side of an entry on record is about."""
    details = loads(text) if text else None
    if not isinstance(details, dict):
        return set()
    return {str(one) for one in (*details.get("records", ()), details.get("record", "")) if one}


def _renamed(said: AuditEntry, record: str) -> str:
    """The key that this record was given then (`plans.renaming`)."""
    new = _records(said.after) - {record}
    if _records(said.before) != {record} or len(new) != 1:
        return ""
    kind, _, _ = record.partition("/")
    (name,) = new
    return name.removeprefix(f"{kind}/")


def _is_asked_for(entry: Entry | None, wanted: Collection[Intent]) -> bool:
    """Sent twice, it is there already."""
    asked = {(one.type_name, one.key): (str(one.action), dict(one.wanted)) for one in wanted}
    return entry is not None and asked.get((entry.type_name, entry.key)) == (entry.action, entry.wanted)


def _digest(value: object) -> str:
    return blake2b(dumps(value, sort_keys=True).encode(), digest_size=6).hexdigest()
