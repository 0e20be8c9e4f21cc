"""One query for any number of misses: of threads, of processes, with Redis and without."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as django_settings

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.inventory import reads
from portal.inventory.listings import merging
from portal.inventory.reads import Listing, Source
from portal.inventory.snapshots import freshness, single_flight
from portal.inventory.snapshots.current import State
from portal.inventory.snapshots.snapshot_key import place_of
from portal.resources.types import TYPES
from tests.inventory.conftest import machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"

OTHER_PROCESS = """
import json, os, sys, threading
from concurrent.futures import ThreadPoolExecutor
import django; django.setup()
from django.conf import settings
from portal.accounts.models import ApiKey
from portal.inventory.snapshots import single_flight
from portal.inventory.snapshots.current import State, known
from portal.inventory.snapshots.snapshot_key import place_of
given = json.loads(sys.argv[1])
settings.API_URL, settings.CACHE_URL = given["api"], given["redis"]
key = ApiKey(id=given["id"], customer_id=given["customer"], resource_group="services", generation=1)
key.sealed = bytes.fromhex(given["sealed"])
place = place_of(key, "virtualmachine")
print("ready", flush=True)
sys.stdin.readline()
events = [single_flight.start(place, key, State(None, None)) for _ in range(20)]
print(all(event.wait(20) for event in events), len(known([place])[place].snapshot.records))
"""


def views_at_once(scope: Scope, count: int) -> list[Listing]:
    """So many people look at the same moment."""
    scopes = [scope_of(scope.customer) for _ in range(count)]
    for one in scopes:
        freshness.keys_of(one.customer)  # threads have no database in this test
    found: list[Listing] = []
    barrier = threading.Barrier(count)

    def look(one: Scope) -> None:
        barrier.wait()
        found.append(reads.listing(one, VM))

    threads = [threading.Thread(target=look, args=(one,)) for one in scopes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def slow(platform: Platform) -> None:
    platform.before_answer = lambda user, type_name: time.sleep(0.3)


def test_200_views_of_an_empty_cache_are_one_query(scope: Scope, platform: Platform, redis_url: str) -> None:
    platform.records["services", VM] = [machine(f"services{number:02}") for number in range(40)]
    slow(platform)
    found = views_at_once(scope, 200)

    assert platform.count(VM) == 1
    assert [len(listing.records) for listing in found] == [40] * 200


def test_200_views_with_redis_away_are_one_query(scope: Scope, platform: Platform) -> None:
    platform.records["services", VM] = [machine("services00")]
    slow(platform)
    found = views_at_once(scope, 200)

    assert platform.count(VM) == 1
    assert [len(listing.records) for listing in found] == [1] * 200


def test_a_failing_flight_is_shared_too(scope: Scope, platform: Platform, redis_url: str) -> None:
    platform.status = 503
    slow(platform)
    found = views_at_once(scope, 50)

    assert platform.count(VM) == 1
    assert {listing.troubles[0].reason for listing in found} == {"unreachable"}


def test_three_processes_ask_once(api_key: ApiKey, platform: Platform, redis_url: str) -> None:
    platform.records["services", VM] = [machine("services00"), machine("services01")]
    slow(platform)
    given = {
        "api": platform.url,
        "redis": redis_url,
        "id": str(api_key.pk),
        "customer": api_key.customer_id,
        "sealed": bytes(api_key.sealed).hex(),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=django_settings.BASE_DIR,
            env=dict(os.environ),
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=30)[0] for process in processes]

    assert outputs == ["True 2\n"] * 3
    assert platform.count(VM) == 1


def test_who_waits_for_another_process_shows_what_that_brings(
    scope: Scope, platform: Platform, redis_url: str, api_key: ApiKey, fresh_process: Callable[[], None]
) -> None:
    place = place_of(api_key, VM)
    assert single_flight._take(place, b"another process")
    waiting = single_flight.start(place, api_key, State(None, None))
    single_flight.ask(place, api_key, State(None, None))
    fresh_process()
    assert waiting.wait(5)
    assert platform.count(VM) == 1
    assert reads.listing(scope, VM).source is Source.FRESH


def test_the_lock_of_a_process_that_died_runs_out(
    scope: Scope, platform: Platform, redis_url: str, api_key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_flight, "LOCKED_FOR", 1)
    assert single_flight._take(place_of(api_key, VM), b"died")
    assert reads.listing(scope, VM).source is Source.FRESH
    assert platform.count(VM) == 1


def test_only_the_holder_releases_the_lock(api_key: ApiKey, redis_url: str, fresh_process: Callable[[], None]) -> None:
    place = place_of(api_key, VM)
    assert single_flight._take(place, b"one")
    single_flight._release(place, b"another")
    assert not single_flight._take(place, b"another")
    single_flight._release(place, b"one")
    assert single_flight._take(place, b"another")


def test_what_nobody_expected_ends_the_flight_with_a_trouble(
    scope: Scope, platform: Platform, redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(single_flight, "keep_answer", broken)
    listing = reads.listing(scope, VM)
    assert [trouble.reason for trouble in listing.troubles] == ["unreadable"]
    assert "a bug" in caplog.text


def test_a_view_that_is_being_made_is_waited_for_and_not_made_again(
    scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def make(by: str) -> Callable[[], dict[str, Any]]:
        return lambda: made.append(by) or {}

    @contextmanager
    def another_is_at_it() -> Iterator[None]:
        monkeypatch.undo()
        merging.remembered("slot", (), TYPES[VM], make("another"))
        yield

    monkeypatch.setattr(merging, "_making", another_is_at_it())
    view = merging.remembered("slot", (), TYPES[VM], make("this one"))
    assert made == ["another"]
    assert view is merging.remembered("slot", (), TYPES[VM], make("nobody"))
