"""Whether what a person saw is still so, and whether what they wanted is so. Pure functions, but for `own_values`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from portal.changes.intent import DEADLINE, DELETION
from portal.changes.models import Change, Item
from portal.changes.platform_state import Present, as_record
from portal.resources.spec import Field, Kind, Record, Value
from portal.resources.times import parse_moment
from portal.resources.types import TYPES

SHORTLY = timedelta(minutes=5)

type Own = Mapping[tuple[str, str, str], Sequence[Value]]
"""By type, key and field: values that the same person's earlier changes brought about meanwhile."""


def conflicts(items: Sequence[Item], present: Present, own: Own) -> list[dict[str, Any]]:
    """What changed on the platform since the person looked, as `Change.answer["items"]` has it; [] for nothing."""
    return [found for item in items if (found := _conflict(item, present, own))]


def as_wanted(items: Sequence[Item], present: Present) -> bool:
    """Whether everything that the change asks for is so."""
    return all(_is_as_wanted(item, present) for item in items)


def own_values(change: Change) -> Own:
    """What the author's own earlier changes have set, since this one was asked for or shortly before: they know of
    those, even where their page did not show it yet.
    """
    earlier = Item.objects.filter(
        change__customer=change.customer_id,
        change__author=change.author_id,
        change__turn__lt=change.turn,
        change__recorded_at__gte=change.created - SHORTLY,
    )
    own: dict[tuple[str, str, str], list[Value]] = {}
    for item in earlier:
        for name, value in item.wanted.items():
            # What the platform made of it as well: it adds roles that every machine has (vm_06).
            own.setdefault((item.type_name, item.key, name), []).extend((value, item.result.get(name, value)))
    return own


def same(field: Field, one: Value, other: Value) -> bool:
    """Whether a value means the same as another, or needs no asking about: lists of names have no order, moments may be
    written differently, a deletion that is planned no more cannot be cancelled.
    """
    if field.kind in (Kind.NAMES, Kind.EMAILS) and isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    if field.kind is Kind.DELETION:  # what counts is whether, and for when, one is planned (vm_20)
        return not _deadline(one) or _deadline(one) == _deadline(other)
    if field.kind is Kind.MOMENT and isinstance(one, str) and isinstance(other, str):
        return one == other or (parse_moment(one) is not None and parse_moment(one) == parse_moment(other))
    return bool(one == other)


class Asked(Protocol):
    """What is asked of one record: an item of a change, or an entry of a plan."""

    type_name: str
    key: str
    action: str
    creates: bool
    wanted: Any
    before: Any


def clash(
    asked: Asked, record: Record | None, *, is_there: bool, known: Callable[[str], Sequence[Value]] = lambda name: ()
) -> tuple[str, dict[str, dict[str, Value]]] | None:
    """Why what is asked does not fit what is there: (reason, fields), reason and fields as `Change.answer` has them.

    `known` are values of a field, beside those in `before`, that the person knows of.
    """
    if asked.action == "delete":
        return None
    if asked.creates:
        # What is nothing but its key cannot be there differently.
        only_key = set(asked.wanted) <= set(TYPES[asked.type_name].key)
        return ("exists", {}) if is_there and not only_key else None
    if record is None:
        return ("gone", {})
    fields = {}
    for name, before in asked.before.items():
        if not asked.wanted:  # cancelling whatever is planned is all that it means to do (vm_20)
            break
        field, now = record.type.field(name), record.get(name)
        fits = [before, *known(name), *([asked.wanted[name]] if name in asked.wanted else [])]
        if not any(same(field, now, value) for value in fits):
            fields[name] = {"before": before, "wanted": asked.wanted.get(name), "present": now}
    return ("changed", fields) if fields else None


def _conflict(item: Item, present: Present, own: Own) -> dict[str, Any] | None:
    raw = present.get((item.type_name, item.key))
    record = as_record(item.type_name, raw) if raw is not None else None
    found = clash(
        item,
        record,
        is_there=raw is not None,
        known=lambda name: own.get((item.type_name, item.key, name), ()),
    )
    return {"item": item.position, "reason": found[0], "fields": found[1]} if found else None


def _is_as_wanted(item: Item, present: Present) -> bool:
    raw = present.get((item.type_name, item.key))
    record = as_record(item.type_name, raw) if raw is not None else None
    deadline = _deadline(record.get(DELETION)) if record else ""
    if item.action == "delete":
        return record is None or (bool(deadline) and deadline == str(item.wanted.get(DEADLINE))[:10])
    if record is None or (record.type.delayed_deletion and deadline):  # any update cancels a deletion (vm_20)
        return False
    return all(same(record.type.field(name), record.get(name), value) for name, value in item.wanted.items())


def is_planned(deletion: Value) -> bool:
    """Whether that says that a deletion is planned."""
    return bool(_deadline(deletion))


def _deadline(deletion: Value) -> str:
    """The day for which a deletion is planned, '' where none is."""
    return str(deletion.get(DEADLINE) or "")[:10] if isinstance(deletion, dict) else ""
