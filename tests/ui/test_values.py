"""Values in words without markup, and money as it came."""

import pytest
from django.utils.html import escape

from portal.resources.types import TYPES
from portal.ui.measures import sent_money
from portal.ui.values import text


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
