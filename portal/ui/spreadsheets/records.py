"""Records of a list for a spreadsheet: what is filtered, all fields of the type, values as the platform says."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.resources.deletion import read_deletion
from portal.resources.interfaces import addresses
from portal.resources.spec import Field, Kind, Record, ResourceType, Value
from portal.resources.times import parse_day, parse_moment
from portal.ui.format.numbers import AMOUNT
from portal.ui.format.values import is_empty, truth
from portal.ui.spreadsheets.sheets import Cell, Sheet


def record_sheet(
    resource_type: ResourceType, records: Sequence[Record], state: Callable[[Record], str] | None
) -> Sheet:
    """A row for each record: all fields of the type, and the state where there is one."""
    fields = resource_type.fields
    heading = [_heading(field) for field in fields] + ([_("State")] if state else [])
    rows = (
        [*(cell_of(field, record.values[field.name]) for field in fields), *([state(record)] if state else [])]
        for record in records
    )
    return Sheet(_(resource_type.plural), heading, rows)


def cell_of(field: Field, value: Value) -> Cell:
    """The value as a number, day or moment where it is one; else as text, as it came where it cannot be read."""
    if is_empty(value):
        return None
    if isinstance(value, int):
        return truth(field, bool(value)) if field.words else value
    match field.kind:
        case Kind.DATE:
            return parse_day(value) or str(value)
        case Kind.MOMENT:
            return parse_moment(value) or str(value)
        case Kind.MONEY if AMOUNT.fullmatch(str(value)):
            return Decimal(value)
        case Kind.DELETION:
            return read_deletion(value).deadline or str(value.get("deadline") or "")
        case Kind.INTERFACES:
            return " ".join(found.address for found in addresses(value))
        case Kind.ACTIVITIES:
            return "; ".join(str(_inner(one, "comment")) for one in value)
        case Kind.STRUCT:
            return "; ".join(f"{name}: {_text(inner)}" for name, inner in value.items())
    return " ".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _inner(value: Value, name: str) -> str:
    """What a nested value says by that name; all of it where it says nothing there."""
    return _text(value[name] if isinstance(value, Mapping) and value.get(name) else value)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _heading(field: Field) -> str:
    unit = f" ({field.unit})" if field.unit else ""
    zone = " (UTC)" if field.kind is Kind.MOMENT else ""
    return f"{_(field.label)}{unit}{zone}"
