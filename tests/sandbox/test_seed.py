"""Seeding worlds: the same arguments make the same world, at any time and of any size, and the command line."""

import socket
import subprocess
import sys
import xmlrpc.client
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.sandbox import __main__ as cli
from portal.sandbox import clock, keys
from portal.sandbox.models import Machine, ResourceGroup
from portal.sandbox.seed import DEMO_SPLIT, evenly, seed
from tests.sandbox.conftest import START, Api, advance, jump_to, states

VM = "virtualmachine"


@pytest.fixture
def demo(db: None) -> Api:
    seed(DEMO_SPLIT, 1, START)
    return Api("services")


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
