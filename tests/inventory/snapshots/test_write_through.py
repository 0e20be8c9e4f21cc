"""What a change has brought about is seen at once, and no slower refresh undoes it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.inventory import reads
from portal.inventory.snapshots.poll import poll
from portal.inventory.snapshots.write_through import patch
from tests.inventory.conftest import add_key, machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"


@pytest.fixture(autouse=True)
def two_machines(platform: Platform, redis_url: str) -> None:
    platform.records["services", VM] = [machine("services00", cores=1), machine("services01", cores=1)]


@contextmanager
def held_up(platform: Platform, asked: Callable[..., object], *arguments: object) -> Iterator[None]:
    """Meanwhile what asks for the machines has had them read, and waits for its answer; afterwards it has come."""
    reached, go_on = threading.Event(), threading.Event()

    def hold(user: str, type_name: str) -> None:
        if type_name == VM and not reached.is_set():
            reached.set()
            assert go_on.wait(10)

    platform.before_answer = hold
    asking = threading.Thread(target=asked, args=arguments)
    asking.start()
    assert reached.wait(10)
    yield
    go_on.set()
    asking.join(10)


@pytest.fixture
def redis_away(settings: Any) -> None:
    settings.CACHE_URL = "redis://127.0.0.1:1/0"


def cores(scope: Scope) -> dict[str, int]:
    return {record.key: record["cores"] for record in reads.listing(scope_of(scope.customer), VM).records}


def test_a_change_is_seen_without_a_query(
    scope: Scope, platform: Platform, api_key: ApiKey, fresh_process: Callable[[], None]
) -> None:
    before = reads.listing(scope, VM)
    patch(api_key, VM, [machine("services00", cores=4), machine("services02", cores=2)], deleted=["services01"])

    assert cores(scope) == {"services00": 4, "services02": 2}
    assert reads.listing(scope, VM).version != before.version
    fresh_process()
    assert cores(scope) == {"services00": 4, "services02": 2}
    assert platform.count(VM) == 1


def test_a_change_of_another_process_is_seen_at_once(
    scope: Scope, api_key: ApiKey, fresh_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cores(scope)["services00"] == 1
    monkeypatch.setattr(
        "portal.inventory.snapshots.current.snapshots.put", lambda *args: None
    )  # what the other one remembers
    patch(api_key, VM, [machine("services00", cores=4)])
    monkeypatch.undo()
    assert cores(scope)["services00"] == 4


@pytest.mark.parametrize("in_another_process", [False, True])
def test_a_refresh_that_began_before_the_change_does_not_undo_it(
    scope: Scope, platform: Platform, api_key: ApiKey, fresh_process: Callable[[], None], in_another_process: bool
) -> None:
    reads.listing(scope, VM)
    parts_loaded = scope_of(scope.customer)
    reads.listing(parts_loaded, VM)
    with held_up(platform, reads.refresh, parts_loaded, VM):
        patch(api_key, VM, [machine("services00", cores=4)], deleted=["services01"])
    if in_another_process:
        fresh_process()

    assert platform.count(VM) == 2
    assert cores(scope) == {"services00": 4}


def test_a_refresh_that_began_after_the_change_counts(scope: Scope, platform: Platform, api_key: ApiKey) -> None:
    reads.listing(scope, VM)
    patch(api_key, VM, [machine("services00", cores=4)], deleted=["services01"])
    assert reads.refresh(scope, VM).by_key["services00"]["cores"] == 1
    assert set(cores(scope)) == {"services00", "services01"}


def test_a_slower_older_refresh_does_not_replace_a_newer_one(
    scope: Scope, platform: Platform, api_key: ApiKey, fresh_process: Callable[[], None]
) -> None:
    reads.listing(scope, VM)
    with held_up(platform, poll, api_key, VM):
        platform.records["services", VM] = [machine("services00", cores=8)]
        poll(api_key, VM)

    assert cores(scope) == {"services00": 8}
    fresh_process()
    assert cores(scope) == {"services00": 8}


def test_a_poll_of_one_machine_that_began_before_the_change_does_not_undo_it(
    scope: Scope, platform: Platform, api_key: ApiKey
) -> None:
    reads.listing(scope, VM)
    with held_up(platform, poll, api_key, VM, {"name": "services00"}):
        patch(api_key, VM, [machine("services00", cores=4)])
    assert cores(scope)["services00"] == 4


def test_a_poll_of_one_machine_is_seen(scope: Scope, platform: Platform, api_key: ApiKey) -> None:
    reads.listing(scope, VM)
    platform.records["services", VM] = [machine("services00", cores=2)]
    assert [record["cores"] for record in poll(api_key, VM, {"name": "services00"})] == [2]
    assert cores(scope) == {"services00": 2, "services01": 1}
    assert poll(api_key, VM, {"name": "services01"}) == []
    assert cores(scope) == {"services00": 2}
    assert platform.count(VM) == 3


def test_a_poll_by_less_than_a_key_concludes_nothing_from_what_is_not_there(
    scope: Scope, platform: Platform, api_key: ApiKey
) -> None:
    granted = {"__type__": "permission", "resource_group": "services", "uid": "ada", "permission": "login"}
    platform.records["services", "permission"] = [granted]
    before = reads.listing(scope, "permission")
    platform.records["services", "permission"] = []
    assert poll(api_key, "permission", {"uid": "ada"}) == []
    assert reads.listing(scope_of(scope.customer), "permission").records == before.records


def test_a_poll_that_brings_nothing_new_keeps_the_version(scope: Scope, api_key: ApiKey) -> None:
    before = reads.listing(scope, VM)
    poll(api_key, VM, {"name": "services00"})
    after = reads.listing(scope, VM)
    assert after.version == before.version
    assert after.index is before.index


def test_a_change_before_anything_was_read_is_kept_for_the_first_reader(
    scope: Scope, platform: Platform, api_key: ApiKey
) -> None:
    patch(api_key, VM, [machine("services09", cores=3)])
    assert "services09" not in cores(scope)  # the query came later and knows better


def test_what_is_deleted_by_one_key_is_gone_for_the_other(scope: Scope, platform: Platform, api_key: ApiKey) -> None:
    platform.keys["example"] = "example-key"
    shared = machine("example00", "example")
    platform.records["services", VM].append(shared)
    platform.records["example", VM] = [shared]
    add_key(api_key.customer, "example", "example-key")
    assert "example00" in cores(scope)

    patch(api_key, VM, [], deleted=["example00"])
    assert "example00" not in cores(scope)
    platform.records["services", VM].remove(shared)
    poll(api_key, VM)  # the tombstone of this key is no longer needed; that of the other is
    assert "example00" not in cores(scope)


def test_records_without_a_key_in_an_answer_are_left_out(scope: Scope, api_key: ApiKey) -> None:
    reads.listing(scope, VM)
    patch(api_key, VM, [{"__type__": VM, "cores": 3}])
    assert set(cores(scope)) == {"services00", "services01"}


@pytest.mark.usefixtures("redis_away")
def test_with_redis_away_a_change_is_seen_in_this_process(scope: Scope, api_key: ApiKey, platform: Platform) -> None:
    assert cores(scope)["services00"] == 1
    patch(api_key, VM, [machine("services00", cores=4)])
    assert cores(scope)["services00"] == 4
    assert platform.count(VM) == 1


@pytest.mark.usefixtures("redis_away")
def test_with_redis_away_a_refresh_that_began_before_the_change_does_not_undo_it(
    scope: Scope, platform: Platform, api_key: ApiKey
) -> None:
    reads.listing(scope, VM)
    platform.records["services", VM] = [machine(f"services0{number}") for number in range(3)]
    with held_up(platform, poll, api_key, VM):
        patch(api_key, VM, [machine("services00", cores=4)], deleted=["services01"])
    assert cores(scope) == {"services00": 4, "services02": 1}


@pytest.mark.usefixtures("redis_away")
def test_with_redis_away_a_slower_older_refresh_does_not_replace_a_newer_one(
    scope: Scope, platform: Platform, api_key: ApiKey
) -> None:
    reads.listing(scope, VM)
    with held_up(platform, poll, api_key, VM):
        platform.records["services", VM] = [machine("services00", cores=8)]
        poll(api_key, VM)
    assert cores(scope) == {"services00": 8}
