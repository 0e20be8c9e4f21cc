"""What an invoice costs more or less than the one before, and why."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.models import Customer, User
from portal.billing.invoices.comparison import Comparison, costs
from portal.billing.invoices.items import read_items
from portal.billing.usage.matching import Things
from portal.changes.models import Change, Item, State
from portal.resources.spec import read, read_all
from portal.resources.types import TYPES
from tests.billing.records import invoice, use
from tests.customer.conftest import text_of
from tests.customer.visiting import Visit

SEPTEMBER, OCTOBER = "2026-09-01", "2026-10-01"  # 720 hours, and 745: clocks are put back
SMALL = {"cores": 2, "memory": 2048, "disk": 20, "rbd_pool": "rbd.hdd"}
LARGE = SMALL | {"cores": 4, "memory": 4096}


def machine(hours: int, hardware: dict[str, Any] = SMALL, name: str = "shop01") -> dict[str, Any]:
    return use("virtualmachine", name, {**hardware, "hours": hours})


def month(period: str, items: list[tuple[str, str]], used: list[dict[str, Any]], product: str = "VM") -> Any:
    raws = [{"description": text, "price": price, "product": product} for text, price in items]
    records, _unreadable = read_all(TYPES["consumption"], [one | {"period": period} for one in used])
    return costs(read_items(raws), Things(records))


def told(comparison: Comparison) -> list[tuple[str, str, str]]:
    """(name, reason, difference) of each change."""
    plain = [(one.name, f"{one.word}: {one.detail}".removesuffix(": "), one.shown[2]) for one in comparison.changes]
    return [(name, reason.replace("\xa0", " "), difference.replace("\xa0", " ")) for name, reason, difference in plain]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (machine(720), machine(745, LARGE), "resized: Cores 2 → 4, Memory 2 GiB → 4 GiB"),
        (machine(240), machine(745), "ran longer: 240 h → 745 h"),
        (machine(720), machine(745), "price changed"),  # twice as much for but 25 hours more
        (machine(720), machine(720), "price changed"),
        (machine(720), machine(300), "price changed"),  # dearer although it ran less
        (
            use("traffic", "shop01", {"traffic": 10**12}),
            use("traffic", "shop01", {"traffic": 15 * 10**11}),
            "more traffic: 1 TB → 1.5 TB",
        ),
        (
            use("contract", "shop01", {"quantity": 1}),
            use("contract", "shop01", {"quantity": 2}),
            "higher quantity: 1 → 2",
        ),
        (use("quantum", "shop01", {"gates": 1}), use("quantum", "shop01", {"gates": 2}), "more"),
        (machine(720), machine(745) | {"parameters": None}, "more"),
    ],
)
def test_the_reason_is_found_in_what_was_used(before: Any, after: Any, reason: str) -> None:
    one, other = month(SEPTEMBER, [("shop01", "10.00")], [before]), month(OCTOBER, [("shop01", "20.00")], [after])
    assert told(Comparison.of(one, other, OCTOBER)) == [("shop01", reason, "+10.00 EUR")]


def test_without_what_was_used_no_reason_is_made_up() -> None:
    one, other = (
        month(SEPTEMBER, [("a", "2.00"), ("b", "1.00")], []),
        month(OCTOBER, [("a", "1.00"), ("c", "3.00")], []),
    )
    assert told(Comparison.of(one, other, OCTOBER)) == [
        ("c", "new", "+3.00 EUR"),
        ("a", "less", "-1.00 EUR"),
        ("b", "gone", "-1.00 EUR"),
    ]


def test_what_is_but_the_length_of_the_month_is_one_line() -> None:
    names = [f"shop{number:02d}" for number in range(40)]
    one = month(SEPTEMBER, [(name, "72.0000") for name in names], [machine(720, name=name) for name in names])
    other = month(OCTOBER, [(name, "74.5000") for name in names], [machine(745, name=name) for name in names])
    found = Comparison.of(one, other, OCTOBER)
    assert (found.changes, found.days) == ([], (31, 30))
    assert found.longer is not None
    assert (found.longer[0], found.longer[1].replace("\xa0", " ")) == (40, "+100.00 EUR")


def test_a_machine_that_was_moved_to_another_pool_is_neither_gone_nor_new() -> None:
    one = month(SEPTEMBER, [("shop01", "10.00")], [machine(720)], "VM-HDD")
    other = month(OCTOBER, [("shop01", "12.00")], [machine(745, SMALL | {"rbd_pool": "rbd.ssd"})], "VM-SSD")
    assert told(Comparison.of(one, other, OCTOBER)) == [("shop01", "resized: Storage rbd.hdd → rbd.ssd", "+2.00 EUR")]


@pytest.mark.parametrize(("was", "now"), [("n/a", "5.00"), ("5.00", ""), ("1e999999", "NaN")])
def test_a_price_that_cannot_be_read_is_an_unknown_difference_and_comes_first(was: str, now: str) -> None:
    one, other = month(SEPTEMBER, [("a", was), ("b", "1.00")], []), month(OCTOBER, [("a", now), ("b", "900.00")], [])
    assert told(Comparison.of(one, other, OCTOBER)) == [
        ("a", "no readable price", "unknown"),
        ("b", "more", "+899.00 EUR"),
    ]


@pytest.fixture
def resized(visit: Visit, answers: Any) -> Change:
    """shop01 was resized in October, by change 7."""
    answers("consumption", machine(720) | {"period": SEPTEMBER}, machine(745, LARGE) | {"period": OCTOBER})
    answers(
        "invoice", invoice(SEPTEMBER, [("shop01", "10.00")], "10.00"), invoice(OCTOBER, [("shop01", "20.00")], "20.00")
    )
    visit("billing", "consumption/")
    customer, author = Customer.objects.get(number="10001"), User.objects.get(email="manager@example.com")
    when = {"created": timezone.now(), "recorded_at": datetime(2026, 10, 3, tzinfo=UTC), "done_at": timezone.now()}
    change = Change.objects.create(
        customer=customer,
        author=author,
        number=7,
        turn=7,
        token="t",
        key_group="services",
        key_generation=1,
        state=State.DONE,
        **when,
    )
    Item.objects.create(
        change=change, position=0, type_name="virtualmachine", key="shop01", group="shop", wanted={"cores": 4}
    )
    return change


def test_the_change_that_resized_a_machine_is_named_and_linked(visit: Visit, resized: Change) -> None:
    page = visit("manager", f"invoice/{OCTOBER}/")
    assert "resized: Cores 2 → 4, Memory 2 GiB → 4 GiB ( change 7 )" in text_of(page)
    assert 'href="/c/10001/changes/7/"' in page.content.decode()
    paper = visit("manager", f"paper/invoice/{OCTOBER}/")
    assert "(change 7)" in text_of(paper)
    assert "/changes/" not in paper.content.decode()


def test_who_sees_no_changes_is_told_the_reason_alone(visit: Visit, resized: Change) -> None:
    text = text_of(visit("billing", f"invoice/{OCTOBER}/"))
    assert "resized: Cores 2 → 4" in text
    assert "change 7" not in text


@pytest.mark.parametrize(
    "other",
    [{"state": State.REJECTED}, {"recorded_at": datetime(2026, 8, 31, tzinfo=UTC)}, {"recorded_at": None}],
)
def test_a_change_that_was_not_made_in_these_months_is_not_blamed(visit: Visit, resized: Change, other: Any) -> None:
    Change.objects.filter(pk=resized.pk).update(**other)
    assert "change 7" not in text_of(visit("manager", f"invoice/{OCTOBER}/"))


def test_the_page_folds_the_length_of_the_month_into_one_line(visit: Visit, answers: Any) -> None:
    names = ("shop01", "shop02")
    for_each = [machine(720, name=name) | {"period": SEPTEMBER} for name in names]
    answers("consumption", *for_each, *(machine(745, name=name) | {"period": OCTOBER} for name in names))
    both = (
        invoice(SEPTEMBER, [(name, "72.0000") for name in names], "144.0000"),
        invoice(OCTOBER, [(name, "74.5000") for name in names], "149.0000"),
    )
    answers("invoice", *both)
    visit("billing", "consumption/")
    text = text_of(visit("billing", f"invoice/{OCTOBER}/"))
    assert "2 items 31 instead of 30 days 31 instead of 30 days +5.00 EUR" in text  # below the name on a phone


def test_differences_are_exact(visit: Visit) -> None:
    one, other = month(SEPTEMBER, [("a", "0.1"), ("a", "0.2")], []), month(OCTOBER, [("a", "0.31")], [])
    assert [one.difference for one in Comparison.of(one, other, OCTOBER).changes] == [Decimal("0.01")]


@pytest.mark.parametrize(("product", "kind"), [("VM", "virtualmachine"), ("Traffic out", "traffic")])
def test_of_a_group_and_a_machine_with_one_name_the_product_tells_which(product: str, kind: str) -> None:
    things = Things(read(TYPES["consumption"], use(one, "shop", {})) for one in ("virtualmachine", "traffic"))
    found = things.of("shop: something", product)
    assert found is not None
    assert found["type"] == kind
