"""A large body that another process brought is read beside the pages, which show what was known until now: nobody waits
for it, nobody asks the platform once more, and what a change has brought about is never left out."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.inventory import reads
from portal.inventory.platform.clients import client_for
from portal.inventory.reads import Source
from portal.inventory.snapshots import current, freshness, reading, single_flight, store
from portal.inventory.snapshots.snapshot_key import place_of
from tests.inventory.conftest import machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"


@pytest.fixture(autouse=True)
def any_number_is_large(platform: Platform, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current, "LARGE", 0)
    platform.records["services", VM] = [machine("services00", cores=1)]


@pytest.fixture
def reading_takes_long(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Until it is called, a body that is read is not read to its end."""
    decode, go_on = current.decode, Event()

    def slow(*args: object) -> object:
        assert go_on.wait(10)
        return decode(*args)  # type: ignore[arg-type]

    def finish() -> None:
        go_on.set()
        for thread in reading.under_way():
            thread.join(10)

    monkeypatch.setattr(current, "decode", slow)
    yield finish
    finish()


def elsewhere(api_key: ApiKey, platform: Platform, cores: int) -> None:
    """Another process asks the platform, and keeps what it answers for all."""
    platform.records["services", VM] = [machine("services00", cores=cores)]
    single_flight.keep_answer(place_of(api_key, VM), client_for(api_key))


def cores(scope: Scope) -> int:
    return int(reads.listing(scope_of(scope.customer), VM).by_key["services00"]["cores"])


def test_what_was_known_is_shown_until_the_body_is_read(
    scope: Scope, api_key: ApiKey, platform: Platform, request: pytest.FixtureRequest
) -> None:
    assert cores(scope) == 1
    elsewhere(api_key, platform, 2)
    finish = request.getfixturevalue("reading_takes_long")
    assert [cores(scope) for _ in range(3)] == [1, 1, 1]
    assert len(reading.under_way()) == 1
    finish()
    assert cores(scope) == 2
    assert platform.count(VM) == 2


def test_what_is_old_and_being_read_anew_is_not_asked_for(
    scope: Scope, api_key: ApiKey, platform: Platform, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    cores(scope)
    elsewhere(api_key, platform, 2)
    request.getfixturevalue("reading_takes_long")
    asked: list[str] = []
    monkeypatch.setattr(freshness, "refresh_behind", lambda place, *others: asked.append(place.type_name))
    monkeypatch.setattr(freshness.Part, "age", 31.0)
    assert reads.listing(scope_of(scope.customer), VM).source is Source.STALE
    assert sorted(asked) == ["maintenance", "resourcegroup"]


def test_with_a_change_that_this_process_has_not_seen_the_page_waits(
    scope: Scope, api_key: ApiKey, platform: Platform
) -> None:
    assert cores(scope) == 1
    place = place_of(api_key, VM)
    store.amend(place, {"services00": (store.next_number(place), machine("services00", cores=3))})
    elsewhere(api_key, platform, 3)
    assert cores(scope) == 3


def test_the_same_records_fetched_anew_are_not_read(
    scope: Scope, api_key: ApiKey, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = reads.listing(scope, VM)
    elsewhere(api_key, platform, 1)
    monkeypatch.setattr(store, "load_body", lambda *args: pytest.fail("read"))
    after = reads.listing(scope_of(scope.customer), VM)
    assert after.index is before.index
    assert before.as_of is not None
    assert after.as_of is not None
    assert after.as_of > before.as_of
