"""Seeded worlds: what the demo shows, that the same arguments make the same world, and the command line."""

import socket
import subprocess
import sys
import xmlrpc.client
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sandbox import __main__ as cli
from portal.sandbox import clock, keys
from portal.sandbox.models import Event, Machine, ResourceGroup
from portal.sandbox.seed import DEMO_SPLIT, evenly, seed
from tests.sandbox.conftest import START, Api, advance, jump_to

VM = "virtualmachine"


@pytest.fixture
def demo(db: None) -> Api:
    seed(DEMO_SPLIT, 1, START)
    return Api("services")


def states(api: Api) -> dict[str, set[str]]:
    """What is true of each machine, in the words of the pages."""
    groups = {group["name"]: group for group in api.query("resourcegroup")}
    maintenances = api.query("maintenance")
    busy = {one["machine"] for one in maintenances if one["active"]}
    waiting = {one["machine"] for one in maintenances if not all(activity["ended"] for activity in one["activities"])}
    found = {}
    for machine in api.query(VM):
        facts = {
            "shutdown": (is_shut := "soft" in machine["deletion"]["stages"]),
            "installing": machine["needs_install"],
            "maintenance": (not machine["servicing"] and machine["online"] and not is_shut)
            or machine["name"] in busy
            or groups[machine["resource_group"]]["in_maintenance"],
            "leaving": machine["deletion"]["deadline"] != "",
            "off": not machine["online"],
            "waiting": machine["name"] in waiting,
        }
        found[machine["name"]] = {state for state, so in facts.items() if so} or {"ready"}
    return found


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


def everything() -> dict[str, Any]:
    world: dict[str, Any] = {}
    for name in ("services", "acme"):
        api = Api(name)
        world |= {
            f"{name} {kind}": api.query(kind)
            for kind in ("resourcegroup", VM, "serviceuser", "permission", "maintenance", "invoice", "consumption")
        }
    return world


@pytest.mark.django_db(transaction=True)  # PostgreSQL empties no table that its transaction has written
def test_the_same_arguments_make_the_same_world(demo: Api) -> None:
    first = everything()
    demo.machine("shop99")
    advance(days=3)
    seed(DEMO_SPLIT, 1, START)
    assert everything() == first
    assert Api("services").machine("shop99")["id"] == 4150


@pytest.mark.django_db(transaction=True)  # PostgreSQL empties no table that its transaction has written
def test_another_seed_makes_another_world_of_the_same_shape(demo: Api) -> None:
    first = everything()
    seed(DEMO_SPLIT, 2, START)
    second = everything()
    assert second[f"services {VM}"] != first[f"services {VM}"]
    assert [one["name"] for one in second[f"services {VM}"]] == [one["name"] for one in first[f"services {VM}"]]


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2026, 11, 30, 23, 30, tzinfo=UTC),
        datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 2, 3, 0, tzinfo=UTC),
    ],
)
def test_any_time_will_do(db: None, at: datetime) -> None:
    seed(DEMO_SPLIT, 1, at)
    assert 0 <= (clock.now() - at).total_seconds() < 60
    shown = {state for some in states(Api("services")).values() for state in some}
    assert {"shutdown", "installing", "maintenance", "leaving", "off", "waiting", "ready"} == shown
    invoices = Api("services").query("invoice")
    assert len(invoices) == 14
    jump_to(at + timedelta(days=40))
    assert len(Api("services").query("invoice")) in (15, 16)


def test_machines_are_spread_evenly_over_numbered_customers(db: None) -> None:
    seed(evenly(11, 4), 1, START)
    assert evenly(11, 4) == [3, 3, 3, 2]
    for index, (name, count) in enumerate((("services", 3), ("acme", 3), ("c3", 3), ("c4", 2)), start=1):
        api = Api(name)
        assert len(api.query(VM)) == count
        assert {group["customer_no"] for group in api.query("resourcegroup")} == {str(10_000 + index)}
        assert keys.authenticate(name, f"{name}-demo-key") is not None
    assert len(Api("c3").query("invoice")) == 3


def test_names_and_addresses_are_unique_in_a_larger_world(db: None) -> None:
    seed(evenly(600, 30), 5, START)
    names = list(Machine.objects.values_list("name", flat=True))
    assert len(set(names)) == len(names) == 600
    for name, group in Machine.objects.values_list("name", "group__name"):
        assert name.removeprefix(group).isdigit()


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


def test_seed_by_command_line(transactional_db: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["seed", "--at", "2026-11-24T10:00:00Z"]) == 0
    assert "50 machines of 2 customers" in capsys.readouterr().out
    assert (ResourceGroup.objects.filter(parent=None).count(), Machine.objects.count()) == (2, 50)
    assert cli.main(["seed", "--machines", "7", "--customers", "3", "--seed", "9"]) == 0
    assert Machine.objects.count() == 7
    assert Api("c3").query(VM)


@pytest.mark.parametrize(
    "arguments",
    [["--customers", "0"], ["--machines", "-1"], ["--customers", "99999"]],
)
def test_senseless_numbers_are_refused_in_one_sentence(
    transactional_db: None, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert cli.main(["seed", *arguments]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_port_in_use_is_one_sentence(transactional_db: None, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--port", str(port)]) == 1
    error = capsys.readouterr().err
    assert f"cannot listen on port {port}" in error
    assert error.count("\n") == 1


def test_a_process_serves_what_another_has_seeded_and_ends_on_sigterm(tmp_path: Any) -> None:
    environment = {"SANDBOX_DATABASE_URL": f"sqlite:///{tmp_path / 'world.sqlite3'}", "PATH": ""}
    command = [sys.executable, "-m", "portal.sandbox"]
    subprocess.run([*command, "seed", "--machines", "5"], check=True, env=environment, stdout=subprocess.DEVNULL)
    with subprocess.Popen(
        [*command, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().split()[-1].replace("//", "//services:services-demo-key@")
        with xmlrpc.client.ServerProxy(url) as api:
            assert len(api.query(VM)) == 3
        serving.terminate()
        assert serving.wait(10) == 0
