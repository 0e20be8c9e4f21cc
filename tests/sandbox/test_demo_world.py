"""The demo's world, which most people see first: seeded once, and each test takes back what it does to it."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from portal.sandbox import clock, keys
from portal.sandbox.models import Event
from portal.sandbox.seed import DEMO_SPLIT, seed
from tests.sandbox.conftest import START, Api, advance, states

VM = "virtualmachine"


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        seed(DEMO_SPLIT, 1, START)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(seeded: None, db: None) -> Api:
    """The world as it begins, however long the tests before this one took."""
    clock.set_to(START)
    return Api("services")


def test_the_demo_world_has_forty_machines_in_every_state(demo: Api) -> None:
    found = states(demo)
    assert len(found) == 40
    counts = Counter(state for some in found.values() for state in some)
    assert set(counts) == {"shutdown", "installing", "maintenance", "leaving", "off", "waiting", "ready"}
    assert counts["ready"] >= 15


@pytest.mark.parametrize(
    "both",
    [
        {"leaving", "off"},
        {"waiting", "off"},
        {"leaving", "waiting"},
        {"installing", "leaving"},
        {"installing", "maintenance"},
        {"maintenance", "waiting"},
    ],
)
def test_some_are_in_two_at_once(demo: Api, both: set[str]) -> None:
    assert any(both <= some for some in states(demo).values())


def test_groups_stand_in_a_tree_two_levels_below_the_top(demo: Api) -> None:
    groups = {group["name"]: group for group in demo.query("resourcegroup")}
    assert {"services", "example", "shop"} <= groups.keys()
    assert groups["services"]["parent"] == ""
    assert groups["example"]["parent"] == groups["shop"]["parent"] == "services"
    assert groups["shop-search"]["parent"] == "shop"
    assert {group["customer_no"] for group in groups.values()} == {"10001"}


def test_keys_of_the_demo(demo: Api) -> None:
    for name in ("services", "acme", "example", "shop"):
        group = keys.authenticate(name, f"{name}-demo-key")
        assert group is not None
        assert group.name == name


def test_permissions_with_inheritance_and_override(demo: Api) -> None:
    permissions = demo.query("permission")
    by_uid: dict[str, set[str]] = {}
    for one in permissions:
        by_uid.setdefault(one["uid"], set()).add(one["resource_group"])
    assert {"services", "shop"} <= by_uid["carol"]
    assert any(uid.startswith("s-") for uid in by_uid)
    assert "wheel" in {one["permission"] for one in permissions}


def test_fourteen_months_of_consumption_and_invoices(demo: Api) -> None:
    invoices = demo.query("invoice")
    assert len(invoices) == 14
    assert [one["status"] for one in invoices] == ["final"] * 13 + ["pending"]
    for one in invoices:
        assert Decimal(one["total"]) == sum(Decimal(item["price"]) for item in one["items"]) > 0
    periods = {one["period"] for one in demo.query("consumption")}
    assert len(periods) == 15
    assert max(periods) == "2026-11-01"


def test_history_has_machines_that_are_gone(demo: Api) -> None:
    now = {machine["name"] for machine in demo.query(VM)}
    assert {one["type_id"] for one in demo.query("consumption") if one["type"] == "virtualmachine"} - now


def test_past_and_coming_maintenances(demo: Api) -> None:
    maintenances = demo.query("maintenance")
    now = START.isoformat()
    assert [one for one in maintenances if one["ends"] < now]
    assert [one for one in maintenances if one["starts"] > now]
    assert [one for one in maintenances if one["active"]]
    assert any(machine["last_maintenance_end"] for machine in demo.query(VM))


def test_past_events_have_happened_and_the_world_goes_on(demo: Api) -> None:
    assert not Event.objects.filter(due__lte=START).exists()
    advance(days=45)
    assert {state for some in states(demo).values() for state in some} <= {"ready", "off"}
    assert [one["status"] for one in demo.query("invoice")][-2:] == ["final", "pending"]


def test_limits_can_be_run_into_but_not_by_accident(demo: Api) -> None:
    for serial in range(50, 60):
        demo.machine(f"shop{serial}", cores=2, memory=1024)
    over_credit = {"__type__": VM, "name": "trial50", "resource_group": "trial", "location": "rzob", "cores": 8}
    assert demo.refused(over_credit).code == 4
    records = [
        {
            "__type__": VM, "name": f"shop{serial}", "resource_group": "shop", "location": "rzob",
            "disk": 1000, "rbd_pool": "rbd.ssd",
        }
        for serial in range(70, 77)
    ]  # fmt: skip
    assert demo.refused(*records).code == 3


def test_a_new_machine_fits_into_a_seeded_world(demo: Api) -> None:
    taken = {
        address
        for machine in demo.query(VM) + Api("acme").query(VM)
        for vlan in machine["interfaces"].values()
        for some in vlan["networks"].values()
        for address in some
    }
    new = demo.machine("shop50", frontend_ips_v4=2)
    given = {address for vlan in new["interfaces"].values() for some in vlan["networks"].values() for address in some}
    assert len(given) == 4
    assert not given & taken
