"""Filters, free text, order and pages over a listing; every query has an answer."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.inventory import reads
from portal.inventory.listings.derived import search_text, sort_key
from portal.inventory.listings.select import Query, matching, select
from portal.resources.spec import read
from portal.resources.types import TYPES
from tests.inventory.conftest import group, machine
from tests.inventory.platform import Platform

VM = "virtualmachine"
MACHINES = [
    machine("shop2", "shop", cores=2, memory=1024, online=True, environment="fc-22.05-production"),
    machine("shop10", "shop", cores=8, memory=512, online=False, service_description="Müller’s  Datenbank"),
    machine("shop1", "shop", cores=1, memory=512, interfaces={"fe": {"networks": {"10.1.2.0/24": ["10.1.2.7"]}}}),
    machine("example3", "example", cores=2, aliases_fe=["www.example.org"], service_description="shop front"),
    machine("example4", "example", cores="many", needs_install=True, reverses={"10.1.2.9": "mail.example.org"}),
    machine("old1", "old", cores=1, deletion={"deadline": "2026-11-30", "stages": []}, online=False),
    machine("old2", "old", cores=1, deletion={"deadline": "2026-11-29", "stages": []}),
]


@pytest.fixture
def ask(scope: Scope, platform: Platform, redis_url: str) -> Any:
    """Keys of the records that a query brings."""
    platform.records["services", VM] = MACHINES
    platform.records["services", "resourcegroup"] = [group("shop"), group("example"), group("old")]

    def ask(**query: Any) -> list[str]:
        return [record.key for record in matching(scope, reads.listing(scope, VM), Query(**query))]

    return ask


def test_without_a_query_all_in_natural_order(ask: Any) -> None:
    assert ask() == ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"resource_group": ("shop",)}, ["shop1", "shop2", "shop10"]),
        ({"resource_group": ("shop", "old")}, ["old1", "old2", "shop1", "shop2", "shop10"]),
        ({"cores": ("2",)}, ["example3", "shop2"]),
        ({"cores": ("1", "8"), "resource_group": ("shop",)}, ["shop1", "shop10"]),
        ({"online": ("false",)}, ["old1", "shop10"]),
        ({"online": ("true", "false"), "resource_group": ("old",)}, ["old1", "old2"]),
        ({"environment": ("fc-22.05-production",), "name": ("shop2",)}, ["shop2"]),
        ({"name": ("nothing",)}, []),
        ({"cores": ("two",)}, []),
        ({"cores": ("٢",)}, []),
        ({"cores": ("9" * 5000,)}, []),
        ({"cores": ("-",)}, []),
        ({"online": ("yes",)}, []),
        ({"online": ("1",)}, []),
        ({"online": ("yes", "false")}, ["old1", "shop10"]),
        ({"resource_group": ()}, ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"]),
        ({"interfaces": ("x",), "no_such_field": ("y",), "name": ("old1",)}, ["old1"]),
    ],
)
def test_filters(ask: Any, filters: dict[str, tuple[str, ...]], expected: list[str]) -> None:
    assert ask(filters=filters) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop", ["example3", "shop1", "shop2", "shop10"]),
        ("SHOP front", ["example3"]),
        ("front example", ["example3"]),
        ("müller", ["shop10"]),
        ("MÜLLER datenbank", ["shop10"]),
        ("mu\u0308ller", ["shop10"]),
        ("10.1.2.7", ["shop1"]),
        ("10.1.2.9", ["example4"]),
        ("mail.example.org", ["example4"]),
        ("www.example", ["example3"]),
        ("  \t\n ", ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"]),
        ("shop nothing", []),
        ("\x00", []),
        (".*", []),
        ("%", []),
    ],
)
def test_free_text(ask: Any, text: str, expected: list[str]) -> None:
    assert ask(text=text) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"]),
        ("-name", ["shop10", "shop2", "shop1", "old2", "old1", "example4", "example3"]),
        ("cores", ["old1", "old2", "shop1", "example3", "shop2", "shop10", "example4"]),
        ("-cores", ["shop10", "example3", "shop2", "old1", "old2", "shop1", "example4"]),
        ("service_description", ["shop10", "example3", "example4", "old1", "old2", "shop1", "shop2"]),
        ("deletion", ["old2", "old1", "example3", "example4", "shop1", "shop2", "shop10"]),
        ("online", ["old1", "shop10", "example3", "example4", "old2", "shop1", "shop2"]),
        ("state", ["example4", "old1", "old2", "shop10", "example3", "shop1", "shop2"]),
        ("-state", ["example3", "shop1", "shop2", "shop10", "old1", "old2", "example4"]),
        ("interfaces", ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"]),
        ("no_such_field", ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"]),
        ("--name", ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"]),
    ],
)
def test_order_puts_nothing_last_and_ties_by_key(ask: Any, sort: str, expected: list[str]) -> None:
    assert ask(sort=sort) == expected


def test_every_field_of_every_type_can_be_asked_for_as_an_order(scope: Scope, platform: Platform) -> None:
    for resource_type in TYPES.values():
        listing = reads.listing(scope, resource_type.name, wait=False)
        for name in resource_type.field_names:
            assert matching(scope, listing, Query(sort=f"-{name}")) == ()


@pytest.mark.parametrize(
    ("text", "key"), [("12.50", Decimal("12.5")), ("", None), ("much", None), ("NaN", None), ("Infinity", None)]
)
def test_money_is_in_order_by_its_value_and_what_is_none_comes_last(text: str, key: Decimal | None) -> None:
    assert sort_key(TYPES["invoice"].field("total"), text) == key


def test_text_is_looked_for_however_deep_it_is_and_figures_are_none() -> None:
    interfaces = {"fe": {"networks": {"10.1.0.0/24": ["10.1.0.7"]}, "bandwidth": 1000}}
    record = read(TYPES[VM], machine("shop1", interfaces=interfaces))
    assert [word in search_text(record) for word in ("10.1.0.7", "10.1.0.0/24", "1000")] == [True, True, False]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("installing",), ["example4"]),
        (("leaving",), ["old1", "old2"]),  # old1 is off as well: that is a note, not its state
        (("off", "installing"), ["example4", "shop10"]),
        (("ready",), ["example3", "shop1", "shop2"]),
        (("no such state",), []),
    ],
)
def test_states(ask: Any, states: tuple[str, ...], expected: list[str]) -> None:
    assert ask(states=states) == expected


def test_all_at_once(ask: Any) -> None:
    found = ask(filters={"online": ("true",)}, states=("ready",), text="shop", sort="-name")
    assert found == ["shop2", "shop1", "example3"]


@pytest.mark.parametrize(
    ("page", "per_page", "expected", "number"),
    [
        (1, 3, ["example3", "example4", "old1"], 1),
        (2, 3, ["old2", "shop1", "shop2"], 2),
        (3, 3, ["shop10"], 3),
        (0, 3, ["example3", "example4", "old1"], 1),
        (-5, 3, ["example3", "example4", "old1"], 1),
        (10**9, 3, ["shop10"], 3),
        (1, 0, ["example3"], 1),
        (1, 10**9, ["example3", "example4", "old1", "old2", "shop1", "shop2", "shop10"], 1),
    ],
)
def test_a_page_that_does_not_exist_is_the_nearest(
    ask: Any, scope: Scope, page: int, per_page: int, expected: list[str], number: int
) -> None:
    found = select(scope, reads.listing(scope, VM), Query(page=page, per_page=per_page))
    assert [record.key for record in found.records] == expected
    assert (found.number, found.total) == (number, 7)


def test_a_page_of_nothing_is_page_one_of_one(ask: Any, scope: Scope) -> None:
    found = select(scope, reads.listing(scope, VM), Query(text="nothing", page=7))
    assert (found.records, found.total, found.number, found.pages) == ([], 0, 1, 1)


def test_a_filter_by_state_follows_the_time(scope: Scope, platform: Platform, redis_url: str) -> None:
    """A group's maintenance ends by the platform's clock alone, with nothing fetched anew but its time."""
    platform.date = "Tue, 24 Nov 2026 21:00:00 GMT"
    platform.records["services", VM] = [machine("shop1", "shop")]
    platform.records["services", "resourcegroup"] = [group("shop", maintenance_until="2026-11-24T22:00:00+00:00")]
    listing = reads.listing(scope, VM)
    assert len(matching(scope, listing, Query(states=("maintenance",)))) == 1
    platform.date = "Tue, 24 Nov 2026 22:00:01 GMT"
    later = reads.refresh(scope, VM)
    assert later.platform_now >= datetime(2026, 11, 24, 22, tzinfo=UTC)
    assert later.version == listing.version
    assert matching(scope, later, Query(states=("maintenance",))) == []


def test_time_alone_moves_a_maintenance_on(scope: Scope, platform: Platform, redis_url: str) -> None:
    platform.date = "Tue, 24 Nov 2026 20:00:00 GMT"
    hours = {"a": (18, 21), "b": (21, 23), "c": (20, 22)}
    platform.records["services", VM] = [machine(name, "shop") for name in hours]
    platform.records["services", "resourcegroup"] = [group("shop")]
    platform.records["services", "maintenance"] = [
        {"machine": name, "starts": f"2026-11-24T{starts}:00:00+00:00", "ends": f"2026-11-24T{ends}:00:00+00:00"}
        for name, (starts, ends) in hours.items()
    ]

    def order(text: str = "") -> list[str]:
        found = matching(scope, reads.refresh(scope, "maintenance"), Query(text=text))
        return [str(record["machine"]) for record in found]

    assert order() == ["a", "c", "b"]
    platform.date = "Tue, 24 Nov 2026 21:00:00 GMT"
    assert order() == ["c", "b", "a"]
