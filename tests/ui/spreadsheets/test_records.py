"""Records for a spreadsheet: numbers, days and moments are such, nothing is JSON, what cannot be read is as it came."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.resources.spec import Field, Kind, read
from portal.resources.types import TYPES
from portal.ui.spreadsheets.records import cell_of, record_sheet

PLANNED = {"deadline": "2026-12-02", "stages": ["prepare"]}
UNDER_WAY = [{"comment": "Reboot", "estimated": 60}, {"estimated": 5}, "odd"]
INTERFACES = {"fe": {"mac": "02:00", "networks": {"10.0.0.0/24": ["10.0.0.2"], "2001:db8::/64": ["2001:db8::2"]}}}


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (Kind.TEXT, "00", "00"),
        (Kind.CHOICE, "rbd.hdd", "rbd.hdd"),
        (Kind.INTEGER, 0, 0),
        (Kind.HOUR, 22, 22),
        (Kind.BOOLEAN, False, False),
        (Kind.DATE, "2026-01-02", date(2026, 1, 2)),
        (Kind.DATE, "soon", "soon"),
        (Kind.MOMENT, "2026-11-24T22:00:00+01:00", datetime(2026, 11, 24, 21, tzinfo=UTC)),
        (Kind.MOMENT, "soon", "soon"),
        (Kind.MONEY, "12.3400", Decimal("12.3400")),
        (Kind.MONEY, "1e5", "1e5"),
        (Kind.DELETION, PLANNED, date(2026, 12, 2)),
        (Kind.DELETION, {"deadline": "", "stages": []}, ""),
        (Kind.DELETION, {"deadline": "soon", "stages": []}, "soon"),
        (Kind.NAMES, ["a", "b"], "a b"),
        (Kind.INTERFACES, INTERFACES, "10.0.0.2 2001:db8::2"),
        (Kind.STRUCT, {"10.0.0.2": "a.example", "odd": {"er": 1}}, '10.0.0.2: a.example; odd: {"er": 1}'),
        (Kind.ACTIVITIES, UNDER_WAY, 'Reboot; {"estimated": 5}; odd'),
        (Kind.TEXT, None, None),
    ],
)
def test_a_value_is_what_it_says_it_is(kind: Kind, value: Any, cell: Any) -> None:
    found = cell_of(Field(name="any", label="Any", kind=kind), value)
    assert (found, type(found)) == (cell, type(cell))


def test_a_sheet_has_all_fields_with_their_units_and_the_state() -> None:
    machine = TYPES["virtualmachine"]
    sheet = record_sheet(machine, [read(machine, {"name": "shop01", "memory": 512})], lambda record: "Ready")
    row = dict(zip(sheet.heading, next(iter(sheet.rows)), strict=True))
    assert len(row) == len(machine.fields) + 1
    assert (row["Name"], row["Memory (MiB)"], row["State"], row["Created (UTC)"]) == ("shop01", 512, "Ready", None)
    assert row["Power"] == "on"
