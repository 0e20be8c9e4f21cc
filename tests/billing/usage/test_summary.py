"""The running month in a few figures: what it comes to, by which prices, and to whom it is told."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import get_scope
from portal.accounts.models import Customer, User
from portal.billing.thresholds.models import Measure, Threshold
from portal.billing.usage.summary import Summary, summary
from portal.inventory import reads
from tests.billing.records import invoice, use
from tests.customer.conftest import text_of
from tests.customer.visiting import Visit
from tests.inventory.platform import Platform

NOW = "Mon, 16 Nov 2026 00:00:00 GMT"  # an hour after half of the month has passed


def summary_for(name: str) -> Summary | None:
    """Of what is known, as one of the cast sees it."""
    scope = get_scope(User.objects.get(email=f"{name}@example.com"), "10001")
    names = [one for one in ("consumption", "invoice") if scope.may_see(one)]
    return summary(scope, reads.listings(scope, names, wait=False))


@pytest.fixture
def november(odd_platform: Platform, answers: Any, visit: Visit) -> Callable[..., Summary | None]:
    """The platform's November, as one of the cast sees it."""
    odd_platform.date = NOW

    def look(consumption: list[dict[str, Any]], invoices: list[dict[str, Any]], name: str = "billing") -> Any:
        answers("consumption", *consumption)
        answers("invoice", *invoices)
        for path in ("consumption/", "invoice/"):
            visit("manager", path)
        return summary_for(name)

    return look


OCTOBER = [
    use("traffic", "shop", {"traffic": 10**9}, "2026-10-01"),
    use("virtualmachine", "shop01", {"hours": 700}, "2026-10-01"),
    use("contract", "c-1", {"quantity": 2, "description": "Support"}, "2026-10-01"),
]
ITEMS = [
    ("Traffic of shop: 1.0 GB", "20.0000"),
    ("shop01: 2 cores", "70.0000"),
    ("Support × 2", "300.0000"),
    ("Credit", "-5.0000"),
]
PRICED = invoice("2026-10-01", ITEMS, "385.0000")
HALF = [
    use("traffic", "shop", {"traffic": 10**8}, "2026-11-01"),
    use("virtualmachine", "shop01", {"hours": 360}, "2026-11-01"),
    use("virtualmachine", "shop02", {"hours": 100}, "2026-11-01"),
    use("contract", "c-1", {"quantity": 2, "description": "Support"}, "2026-11-01"),
]


def test_what_was_used_is_reckoned_at_the_prices_of_the_latest_invoice(november: Any) -> None:
    found = november([*OCTOBER, *HALF], [PRICED])
    # 0.1 GB of 1 at 20, 360 + 100 hours at 0.10 (the new machine at the average), the contract, the credit
    assert found.estimated.so_far == Decimal(2 + 46 + 300 - 5)
    assert found.estimated.by_the_end == pytest.approx(Decimal(295) + Decimal(48) * 720 / 361, abs=1)
    assert found.estimated.basis == "2026-10-01"
    assert "at the prices of the invoice for October 2026" in found.how
    assert "50 % have passed" in found.how


def test_an_invoice_of_the_running_month_itself_is_believed(november: Any) -> None:
    found = november([*OCTOBER, *HALF], [PRICED, invoice("2026-11-01", [], "123.0000")])
    assert (found.estimated.so_far, found.estimated.basis) == (Decimal("123.0000"), "")
    assert "invoice for this month" in found.how


@pytest.mark.parametrize(
    ("odd", "total", "told"),
    [
        (
            [("shop01", "1e3"), ("Traffic of shop", "12345678901234567890.1234"), ("c", "")],
            "x",
            "≈ 2,462,296,068,944,291,884 EUR + 2 unknown",  # the contract, and what has no readable price
        ),
        ([("shop01", "-0.0001")], "y", "≈ 0.00 EUR + 2 unknown"),  # traffic and the contract were not on it
        ([("Traffic of shop", "n/a"), ("shop01", "70.0000")], "z", "≈ 92 EUR + 2 unknown"),
    ],
)
def test_what_has_no_readable_price_is_unknown_and_not_for_nothing(
    november: Any, odd: Any, total: str, told: str
) -> None:
    found = november([*OCTOBER, *HALF], [invoice("2026-10-01", odd, total)])
    assert found.by_the_end.replace("\xa0", " ") == told


@pytest.mark.parametrize("items", [None, [], "none", [{"description": "shop01", "price": "", "product": ""}]])
def test_an_invoice_on_which_nothing_can_be_read_gives_no_figure(november: Any, items: Any) -> None:
    found = november([*OCTOBER, *HALF], [invoice("2026-10-01", [], "9" * 41) | {"items": items}])
    assert (found.estimated, found.so_far) == (None, "")
    assert "November 2026 cannot be estimated yet" in found.why_not


def test_use_that_cannot_be_read_is_unknown_in_the_figure_and_in_the_limits(november: Any) -> None:
    odd = use("traffic", "odd", {"traffic": "much"}, "2026-11-01")
    november([*OCTOBER, *HALF, odd], [PRICED])
    customer = Customer.objects.get(number="10001")
    for group, limit in (("", 10**9), ("odd", 10), ("shop", 10**9)):
        Threshold.objects.create(customer=customer, measure=Measure.TRAFFIC, group=group, limit=limit)
    found = november([*OCTOBER, *HALF, odd], [PRICED])
    assert found.so_far.replace("\xa0", " ") == "≈ 343 EUR + 1 unknown"
    assert {one.threshold.group: (one.shown_value.replace("\xa0", " "), one.word) for one in found.limits} == {
        "": ("100 MB + 1 unknown", "unknown"),
        "odd": ("unknown", "unknown"),
        "shop": ("100 MB", "Within budget"),
    }


def test_without_an_invoice_there_is_no_figure(november: Any) -> None:
    found = november(HALF, [])
    assert (found.estimated, found.so_far, found.how, found.month) == (None, "", "", "November 2026")
    assert found.why_not == "November 2026 cannot be estimated yet: that takes an earlier invoice."


def test_limits_stand_with_those_furthest_along_first(november: Any) -> None:
    found = november([*OCTOBER, *HALF], [PRICED])
    customer = Customer.objects.get(number="10001")
    for measure, group, limit in (
        (Measure.AMOUNT, "", 1000),
        (Measure.TRAFFIC, "shop", 10**8),
        (Measure.TRAFFIC, "", 12 * 10**7),
        (Measure.TRAFFIC, "nobody", 1),
    ):
        Threshold.objects.create(customer=customer, measure=measure, group=group, limit=limit)
    found = november([*OCTOBER, *HALF], [PRICED])
    assert [(one.name, one.percent, one.state) for one in found.limits] == [
        ("Traffic of shop", 100, "over"),
        ("Traffic of all groups", 83, "near"),
        ("Amount before tax", 34, ""),
        ("Traffic of nobody", 0, ""),
    ]
    assert len(found.warnings) == 2


@pytest.mark.parametrize("name", ["operator", "viewer", "child"])
def test_it_is_for_nobody_else(browse: Callable[[str], Client], name: str) -> None:
    browse("manager")
    assert summary_for(name) is None


@pytest.mark.parametrize(
    ("total", "told"),
    [
        ("12345678901234567890123456789.0100", "12,345,678,901,234,567,890,123,456,788.01 EUR more than in"),
        ("1e999999", ""),
        ("", ""),
    ],
)
def test_the_overview_tells_the_difference_of_any_two_totals(visit: Visit, answers: Any, total: str, told: str) -> None:
    answers("invoice", invoice("2026-09-01", [], "1.0000"), invoice("2026-10-01", [], total))
    answers("virtualmachine", {"__type__": "virtualmachine", "name": "shop01", "resource_group": "shop"})
    for type_name in ("invoice", "virtualmachine"):
        visit("manager", f"{type_name}/")  # now it is known
    response = visit("manager", "")
    assert response.status_code == 200
    assert told in text_of(response)
    assert (" more than in" in text_of(response)) == bool(told)
