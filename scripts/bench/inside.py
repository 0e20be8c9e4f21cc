"""What is measured inside of a process of the portal: nothing of it can be seen over HTTP.

Each function runs in a process of its own (`world.inside`) and prints JSON.
"""

import cProfile
import gc
import io
import json
import logging
import pstats
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from scripts.bench.processes import memory_of

CUSTOMERS, MACHINES_EACH = 500, 200
MACHINE = "virtualmachine"
FIRST_VIEWS, VIEWS = 8, 20
FORM = "application/x-www-form-urlencoded"
LINES = 25  # of a profile


def decode() -> None:
    """The first look at a snapshot that another process has brought."""
    from portal.inventory.snapshots.current import known

    place = _place()
    started = time.perf_counter()
    snapshot = known([place])[place].snapshot
    seconds = time.perf_counter() - started
    _print(ms=1000 * seconds, records=len(snapshot.records) if snapshot else 0)


def refresh(api: str, machine: str) -> None:
    """A worker's refresh where one machine has changed, and where nothing has, from the API's last byte.

    Also how much memory the process had at most, and how often records were decoded where nothing had changed.
    """
    from portal.api.transport import Transport
    from portal.inventory.snapshots import current, single_flight
    from portal.resources import spec

    place, ends = _place(), []
    received = Transport.post

    def post(self: Any, *arguments: Any, **options: Any) -> Any:
        reply = received(self, *arguments, **options)
        ends.append(time.perf_counter())
        return reply

    def fetch() -> float:
        single_flight.ask(place, _api_key(), current.known([place])[place])
        return time.perf_counter() - ends[-1]

    with mock.patch.object(Transport, "post", post):
        fetch()
        _change(api, machine)
        changed = fetch()
        current.known([place])  # read before it is asked for again, as pages do
        with _counting(current, "decode") as decoded, _counting(spec, "read") as read:
            unchanged = fetch()
    _print(
        seconds=changed,
        unchanged=unchanged,
        again=decoded.call_count + read.call_count,
        MB=memory_of("self", most=True),
    )


def _counting(module: Any, name: str) -> Any:
    return mock.patch.object(module, name, wraps=getattr(module, name))


def _change(api: str, machine: str) -> None:
    """The platform says something else of it."""
    import xmlrpc.client

    key = _api_key()
    address = api.replace("//", f"//{key.resource_group}:{key.resource_group}-demo-key@")
    with xmlrpc.client.ServerProxy(address) as it:
        it.apply([{"__type__": MACHINE, "name": machine, "service_description": f"bench {time.time()}"}])


def _api_key() -> Any:
    from portal.accounts.models import ApiKey

    return ApiKey.objects.get(resource_group="services")


def _place() -> Any:
    from portal.inventory.snapshots.snapshot_key import place_of

    return place_of(_api_key(), MACHINE)


def profile(pages: Sequence[tuple[str, str, Mapping[str, str], str]]) -> None:
    """Where the time of warm pages goes: name, address, headers, and the form that is posted, if any, of each."""
    from django.conf import settings
    from django.test import Client

    from portal.accounts.models import User

    logging.disable(logging.INFO)
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(User.objects.get(email="manager@example.com"), backend=settings.AUTHENTICATION_BACKENDS[0])
    found = {}
    for name, path, headers, form in pages:
        view = partial(client.generic, "POST" if form else "GET", path, form, FORM, headers=headers)
        for _time in range(FIRST_VIEWS):
            view()
        gc.collect()
        found[name] = _profile(view)
    print(json.dumps(found))


def _profile(view: Callable[[], object]) -> str:
    """By what the functions themselves take, in milliseconds for one view."""
    profiler = cProfile.Profile()
    with profiler:
        for _time in range(VIEWS):
            view()
    stats: Any = pstats.Stats(profiler, stream=io.StringIO())
    found = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:LINES]
    lines = [f"{1000 * stats.total_tt / VIEWS:.1f} ms in all, by cProfile (which makes Python slower)"]
    for (file, _line, name), (_primitive, calls, own, below, _callers) in found:
        where = f"{Path(file).parent.name}/{Path(file).name}:{name}" if "/" in file else name
        lines.append(f"{1000 * own / VIEWS:7.2f} own {1000 * below / VIEWS:7.2f} in all {calls // VIEWS:6} × {where}")
    return "\n".join(lines)


def fill() -> None:
    """Puts all machines of many customers into the index of the console's search, as a worker would."""
    from django.core.management import call_command

    from portal.accounts.models import ApiKey
    from portal.console.search import index
    from portal.resources.spec import read
    from portal.resources.types import TYPES

    call_command("seed_demo", customers=CUSTOMERS, verbosity=0)
    began = time.monotonic()
    for position, key in enumerate(ApiKey.objects.order_by("pk")):
        machines = [read(TYPES[MACHINE], _machine(position, number)) for number in range(MACHINES_EACH)]
        index.replace(key, MACHINE, {one.key: one for one in machines})
    _print(seconds=time.monotonic() - began)


def _machine(customer: int, number: int) -> dict[str, object]:
    place = f"{customer % 250}.{customer // 250}.{number}"
    mac = f"02:00:{customer // 256:02x}:{customer % 256:02x}:00:{number:02x}"
    networks = {"10.0.0.0/8": [f"10.{place}"], "2001:db8::/32": [f"2001:db8:{customer:x}::{number:x}"]}
    return {
        "name": f"c{customer}web{number:02d}",
        "resource_group": f"c{customer}",
        "service_description": ("front end", "database", "worker")[number % 3],
        "interfaces": {"srv": {"mac": mac, "networks": networks}},
    }


def _print(**found: float) -> None:
    print(json.dumps(found))
