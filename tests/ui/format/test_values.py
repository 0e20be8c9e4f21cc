"""Values in words without markup, and money as it came."""

import re

import pytest
from django.utils.html import escape

from portal.resources.spec import Field, Kind, Value
from portal.resources.times import BERLIN
from portal.resources.types import TYPES
from portal.ui.format import dates
from portal.ui.format.numbers import SI, sent_money, traffic_text
from portal.ui.format.values import Viewing, cell, full, further, text
from portal.ui.lists.pager import page_numbers
from portal.ui.reader_pages import Nowhere
from tests.resources.building import NOW


@pytest.mark.parametrize(
    ("deletion", "words"),
    [
        ({"deadline": "2031-01-31", "stages": ["prepare"]}, "31 Jan 2031"),
        ({"deadline": "2031-01-31T00:00:00+01:00", "stages": []}, "31 Jan 2031"),
        ({"deadline": "", "stages": []}, "none"),
        ({}, "none"),
        (None, "none"),
    ],
)
def test_a_planned_deletion_is_its_day(deletion: dict[str, object] | None, words: str) -> None:
    assert text(TYPES["virtualmachine"].field("deletion"), deletion) == words


def test_a_moment_is_told_by_the_readers_clock_and_what_is_none_as_it_came() -> None:
    until = TYPES["resourcegroup"].field("maintenance_until")
    assert text(until, "2031-01-31T21:00:00+00:00") == "Fri 31 Jan 2031, 22:00"
    assert text(until, "soon") == "soon"


@pytest.mark.parametrize("value", ["1e999999", "NaN", "-Infinity", "1_000", "١٢", "1" * 400, "0x1", " 1 ", "", "<b>"])
def test_what_is_no_amount_is_shown_as_it_came(value: str) -> None:
    assert sent_money(value, "EUR") == escape(value)


def test_an_amount_has_two_places_and_all_digits_on_hover() -> None:
    assert sent_money("1234.5000", "EUR") == "1,234.50\N{NO-BREAK SPACE}EUR"
    hover = '<span title="-0.1250\N{NO-BREAK SPACE}EUR">-0.13\N{NO-BREAK SPACE}EUR</span>'
    assert sent_money("-0.1250", "EUR") == hover
    assert sent_money("1234.5000", "EUR", exact=True) == "1,234.5000\N{NO-BREAK SPACE}EUR"


@pytest.mark.parametrize("typed", ["²", "٣", "9" * 5000, "1e3", "-1"])
def test_a_number_in_an_address_that_is_none_is_shown_as_typed(typed: str) -> None:
    assert text(TYPES["virtualmachine"].field("cores"), typed) == typed
    assert text(TYPES["resourcegroup"].field("maintenance_start"), typed) == typed


VIEWING = Viewing("10001", BERLIN, NOW, Nowhere())


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


@pytest.mark.parametrize(
    ("kind", "value", "brief", "whole"),
    [
        (Kind.NAMES, ["a"], "a", "a"),
        (Kind.NAMES, ["a", "b", "<c>", "d"], "a, b +2", "a b &lt;c&gt; d"),
        (Kind.NAMES, [], "", "—"),
        (Kind.STRUCT, {"hours": 720, "odd": "<b>"}, "Hours 720 h , odd &lt;b&gt;", "Hours 720 h odd &lt;b&gt;"),
        (Kind.INTERFACES, {}, "", "—"),
        (Kind.INTERFACES, {"fe": {"networks": {}}}, "", "public (fe) no addresses"),
        (Kind.INTERFACES, ["no interfaces"], "", ""),
        (Kind.ACTIVITIES, [{}, {}], "2", None),
        (Kind.ITEMS, [{}, {}, {}], "3", None),
    ],
)
def test_a_value_is_brief_in_a_row_and_whole_in_a_panel(
    kind: Kind, value: Value, brief: str, whole: str | None
) -> None:
    field = Field(name="x", label="X", kind=kind)
    assert words(cell(field, value, VIEWING)) == brief
    if whole is not None:
        assert words(full(field, value, VIEWING)) == whole


@pytest.mark.parametrize(
    ("value", "shown"),
    [("", "—"), ("<b>", "&lt;b&gt;"), ({"b": [1], "a": None}, "{&quot;a&quot;: null, &quot;b&quot;: [1]}")],
)
def test_what_no_field_describes_is_shown_as_it_came(value: Value, shown: str) -> None:
    assert words(further(value)) == shown


@pytest.mark.parametrize(
    ("page", "pages", "shown"),
    [
        (1, 1, [1]),
        (1, 20, [1, 2, 3, None, 20]),
        (4, 20, [1, 2, 3, 4, 5, 6, None, 20]),
        (5, 20, [1, 2, 3, 4, 5, 6, 7, None, 20]),
        (10, 20, [1, None, 8, 9, 10, 11, 12, None, 20]),
        (20, 20, [1, None, 18, 19, 20]),
    ],
)
def test_a_pager_leaves_out_what_is_far_and_never_a_single_page(page: int, pages: int, shown: list[int | None]) -> None:
    assert page_numbers(page, pages) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (7080, "118 min"),
        (7200, "2 h"),
        (7800, "2 h 10 min"),
        (48 * 3600, "2 days"),
        (71 * 3600, "3 days"),
    ],
)
def test_a_duration_is_told_in_the_units_that_suit_it(seconds: float, words: str) -> None:
    assert dates.duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "shown"),
    [(999, "999 B"), (1000, "1 kB"), (1_500_000, "1.5 MB"), (2 * 10**12, "2 TB"), (5 * 10**21, None)],
)
def test_traffic_is_told_in_thousands_and_has_an_end(value: int, shown: str | None) -> None:
    told = traffic_text(value).replace("\N{NO-BREAK SPACE}", " ")
    assert told == shown if shown else told.endswith(" " + SI[-1])
