"""Months go by days of Berlin: which one it is, what it comes to by its end, and with which one pages open."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.test import Client

from tests.customer.conftest import Browse, text_of
from tests.moments.almanac import Almanac
from tests.moments.conftest import Records, moved
from tests.moments.reading import page
from tests.moments.wording import BERLIN, ENGLISH, LANGUAGES
from tests.support.services import Sandbox

MINUTE, DAY = timedelta(minutes=1), 24  # hours
EXACT = re.compile(r"([\d,]+) bytes")


def end_of(almanac: Almanac) -> datetime:
    """When the month is over in Berlin."""
    return datetime.fromisoformat(almanac.next_month).replace(tzinfo=BERLIN)


def traffic(consumption: Records, month: str) -> int:
    """Bytes of a month, as the platform has counted them."""
    return sum(
        one["parameters"]["traffic"] for one in consumption if one["period"] == month and one["type"] == "traffic"
    )


def total(invoices: Records, month: str) -> Decimal:
    """EUR of a month, by the platform's invoice."""
    return next(Decimal(one["total"]) for one in invoices if one["consumption_start"] == month)


def typed_number(text: str) -> Decimal:
    """1579, of "≈ 1,579 EUR"."""
    return Decimal(re.sub(r"[^\d.]", "", text))


def know_money(client: Client) -> None:
    """The portal knows consumption and invoices: the overview waits for nothing."""
    for path in ("consumption/", "invoice/"):
        page(client, path, ENGLISH)


def test_pages_open_with_the_running_month_and_the_latest_invoice(browse: Browse, almanac: Almanac) -> None:
    client = browse("billing")
    know_money(client)
    for language in LANGUAGES:
        month, last = language.month(almanac.month), language.month(almanac.last_month)
        consumption = page(client, "consumption/", language).content.decode()
        assert re.search(rf"<h1>[^<]* {month}", consumption)
        assert f'<option value="{almanac.month}" selected>' in consumption
        assert f'<th scope="col" class="num">{last}</th>' in consumption
        assert month in text_of(page(client, "thresholds/", language))
        assert month not in text_of(page(client, "invoice/", language))
        overview = text_of(page(client, "", language))
        assert month in overview
        assert last in overview
    assert page(client, "invoice/", ENGLISH).context["page"].invoices[0].record.key == almanac.last_month


def test_what_the_month_comes_to_is_what_the_platform_then_counts(
    browse: Browse, platform: Sandbox, query: Callable[..., Records], almanac: Almanac
) -> None:
    client = browse("manager")
    know_money(client)
    percent = f"{int(100 * almanac.passed / almanac.hours)} %"  # not 100 before it is over
    consumption, limits = page(client, "consumption/", ENGLISH), page(client, "thresholds/", ENGLISH)
    overview = text_of(page(client, "", ENGLISH))
    projection, summary = consumption.context["page"].projection, limits.context["summary"]
    if almanac.passed < DAY:  # use is told in whole hours: nothing follows from a few of them
        assert projection is None
        assert "Too early for a projection" in text_of(consumption)
        assert not summary.by_the_end
        assert "first day of the month" in text_of(limits)
        assert summary.so_far.replace("\xa0", " ") in overview
        return
    assert f"({percent} have passed)" in text_of(consumption)
    assert f"({percent} have passed)" in text_of(limits)
    assert summary.by_the_end.replace("\xa0", " ") in overview
    with moved(platform, end_of(almanac) + MINUTE):
        used, invoiced = query("consumption"), query("invoice")
    found = EXACT.search(projection.by_the_end)
    assert found
    assert abs(typed_number(found[1]) / traffic(used, almanac.month) - 1) < Decimal("0.001")
    # Machines come, grow and go meanwhile: of these it knows nothing, and says so.
    assert abs(typed_number(summary.by_the_end) / total(invoiced, almanac.month) - 1) < Decimal("0.06")


def test_cost_is_told_against_the_month_before(browse: Browse, query: Callable[..., Records], almanac: Almanac) -> None:
    client = browse("manager")
    know_money(client)
    latest, before = sorted(query("invoice"), key=lambda one: one["consumption_start"])[:-3:-1]
    more = Decimal(latest["total"]) - Decimal(before["total"])
    cost = page(client, "", ENGLISH).context["page"].cost
    assert latest["consumption_start"] == almanac.last_month
    assert cost.month == ENGLISH.month(almanac.last_month)
    which = "more" if more > 0 else "less"
    assert cost.change == f"{abs(more):,.2f}\xa0EUR {which} than in {ENGLISH.month(before['consumption_start'])}"


def test_a_month_that_has_just_begun_is_not_told_by_what_is_known_of_the_last(
    browse: Browse, platform: Sandbox, almanac: Almanac
) -> None:
    end = end_of(almanac)
    with moved(platform, end - MINUTE):
        client = browse("manager")
        know_money(client)
    with time_machine.travel((end + MINUTE).timestamp()):  # what was fetched two minutes ago is still good
        consumption, limits = page(client, "consumption/", ENGLISH), text_of(page(client, "thresholds/", ENGLISH))
        assert consumption.context["page"].projection is None
        assert f"The platform has no data for {ENGLISH.month(almanac.next_month)} yet" in limits


def test_a_spreadsheet_is_named_by_the_month(browse: Browse, almanac: Almanac) -> None:
    client = browse("billing")
    answer: Any = page(client, "consumption/?format=csv", ENGLISH)
    assert f'filename="consumption-10001-{almanac.month[:7]}-traffic.csv"' in answer["Content-Disposition"]
