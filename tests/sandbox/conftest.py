"""A small world at a fixed time, and the ways to talk to it: by function (`services`), or over HTTP (`server`).

services (key)           acme (key; another customer)
├── example
│   └── example-lab
└── shop (key)
"""

import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from portal.sandbox import clock, dispatch, events, keys
from portal.sandbox.errors import Fault
from portal.sandbox.models import Hardware, Machine, ResourceGroup, World
from portal.sandbox.server import Server

#: A Tuesday, 11:00 in Berlin.
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

settings.VAR.mkdir(exist_ok=True)


class Api:
    """The API as one key sees it."""

    def __init__(self, group: str) -> None:
        self.group = group

    def __call__(self, method: str, *arguments: Any) -> Any:
        return dispatch.call(ResourceGroup.objects.get(name=self.group), method, list(arguments))

    def query(self, kind: str, **where: Any) -> list[dict[str, Any]]:
        return self("query", kind, where) if where else self("query", kind)

    def get(self, kind: str, **key: Any) -> dict[str, Any]:
        """The one record that has these values, filterable or not."""
        found = [one for one in self.query(kind) if key.items() <= one.items()]
        assert len(found) == 1, f"{len(found)} records of {kind} with {key}"
        return found[0]

    def apply(self, *records: dict[str, Any]) -> list[dict[str, Any]]:
        return self("apply", list(records))

    def set(self, kind: str, **values: Any) -> dict[str, Any]:
        """Apply one record, answer it as it then is."""
        return self.apply({"__type__": kind, **values})[0]

    def delete(self, kind: str, **values: Any) -> list[dict[str, Any]]:
        return self.apply({"__type__": kind, "__action__": "delete", **values})

    def refused(self, *records: dict[str, Any]) -> Fault:
        """The fault that answers these records."""
        with pytest.raises(Fault) as caught:
            self.apply(*records)
        return caught.value

    def machine(self, name: str, group: str | None = None, **values: Any) -> dict[str, Any]:
        """A new machine, not installed yet."""
        group = group or name.rstrip("0123456789")
        return self.set("virtualmachine", name=name, resource_group=group, location="rzob", **values)

    def installed(self, name: str, **values: Any) -> dict[str, Any]:
        """A new machine that is ready."""
        self.machine(name, **values)
        advance(seconds=20)
        return self.get("virtualmachine", name=name)


def advance(**step: float) -> None:
    """Let time pass on the platform."""
    clock.advance(timedelta(**step))
    events.catch_up()


def jump_to(moment: datetime) -> None:
    """Let time pass until `moment`, exactly enough that it is reached."""
    clock.advance(max(moment - clock.now(), timedelta()))
    events.catch_up()


def running(name: str) -> Hardware:
    """The machine as it runs."""
    return Hardware.objects.get(machine__name=name)


def states(api: Api) -> dict[str, set[str]]:
    """What is true of each machine, in the words of the pages."""
    groups = {group["name"]: group for group in api.query("resourcegroup")}
    maintenances = api.query("maintenance")
    busy = {one["machine"] for one in maintenances if one["active"]}
    waiting = {one["machine"] for one in maintenances if not all(activity["ended"] for activity in one["activities"])}
    found = {}
    for machine in api.query("virtualmachine"):
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


def build_world() -> None:
    World.objects.update_or_create(pk=1, defaults={"offset": timedelta(), "install_seconds": 20})
    clock.set_to(START)
    for name, parent, customer_no in (
        ("services", None, "10001"),
        ("example", "services", "10001"),
        ("example-lab", "example", "10001"),
        ("shop", "services", "10001"),
        ("acme", None, "10002"),
    ):
        ResourceGroup.objects.create(
            name=name,
            parent=ResourceGroup.objects.get(name=parent) if parent else None,
            tree="acme" if name == "acme" else "services",
            customer_no=customer_no,
            key_digest=keys.digest(f"{name}-demo-key") if name in ("services", "shop", "acme") else "",
            accounted_since=START,
            traffic_rate=1_000_000,
        )
    events.schedule_standing(START)


@pytest.fixture
def world(db: None) -> None:
    build_world()


@pytest.fixture
def services(world: None) -> Api:
    return Api("services")


@pytest.fixture
def shop(world: None) -> Api:
    return Api("shop")


@pytest.fixture
def acme(world: None) -> Api:
    return Api("acme")


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    """The world behind a real server on a port of its own."""
    build_world()
    with running_server() as running:
        yield running


class running_server:  # noqa: N801 (a context manager, used like a function)
    """A server in a thread, for the time of a `with` block."""

    def __enter__(self) -> Server:
        self._server = Server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self._server

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


Connect = Callable[..., xmlrpc.client.ServerProxy]


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    """Python's own XML-RPC client, with any key."""
    proxies: list[xmlrpc.client.ServerProxy] = []

    def connect(user: str = "services", password: str | None = None) -> xmlrpc.client.ServerProxy:
        password = f"{user}-demo-key" if password is None else password
        proxy = xmlrpc.client.ServerProxy(
            f"http://{user}:{password}@127.0.0.1:{server.server_address[1]}/v1", allow_none=True
        )
        proxies.append(proxy)
        return proxy

    yield connect
    for proxy in proxies:
        proxy("close")()


def machine_row(name: str) -> Machine:
    return Machine.objects.get(name=name)
