"""Listings over a real Redis and a platform that counts: fresh, stale, gone; down, refusing, talking nonsense."""

import time
import xmlrpc.client
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.inventory import reads
from portal.inventory.reads import Source
from portal.inventory.redis_connection import Away
from portal.inventory.snapshots import freshness, single_flight, store
from portal.inventory.snapshots.write_through import patch
from portal.inventory.tasks import refresh
from tests.inventory.conftest import machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"


pytestmark = pytest.mark.usefixtures("twelve_machines")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the portal's own clock."""
    real, moved = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + moved[0])

    def move(seconds: float) -> None:
        moved[0] += seconds

    return move


def land() -> None:
    """Wait for what is being fetched behind."""
    for done in single_flight.under_way():
        assert done.wait(10)


def test_first_view_fetches_all_records_with_one_query(scope: Scope, platform: Platform) -> None:
    listing = reads.listing(scope, VM)

    assert [record.key for record in listing.records] == [f"services{number:02}" for number in range(12)]
    assert listing.source is Source.FRESH
    assert listing.troubles == ()
    assert platform.count(VM) == 1


def test_views_within_the_fresh_time_ask_nothing_more(scope: Scope, platform: Platform, api_key: ApiKey) -> None:
    listings = [reads.listing(scope_of(api_key.customer), VM) for _ in range(100)]

    assert platform.count(VM) == 1
    assert len({id(listing.records) for listing in listings}) == 1
    assert {listing.version for listing in listings} == {listings[0].version}


def test_another_process_takes_it_from_redis(
    scope: Scope, platform: Platform, fresh_process: Callable[[], None]
) -> None:
    first = reads.listing(scope, VM)
    fresh_process()
    second = reads.listing(scope, VM)

    assert platform.count(VM) == 1
    assert second.records == first.records
    assert second.version == first.version
    assert second.as_of == first.as_of


def test_a_page_view_takes_one_database_query(
    api_key: ApiKey, platform: Platform, django_assert_num_queries: Any
) -> None:
    reads.listing(scope_of(api_key.customer), VM)
    scope = scope_of(api_key.customer)
    with django_assert_num_queries(1):
        listing = reads.listing(scope, VM)
        reads.states(scope, listing)
        reads.context(scope, listing.records[0])


def test_stale_is_served_at_once_and_refreshed_behind(
    scope: Scope, platform: Platform, api_key: ApiKey, later: Callable[[float], None]
) -> None:
    reads.listing(scope, VM)
    platform.records["services", VM] = [machine("services99")]
    later(31)

    stale = reads.listing(scope, VM)
    assert stale.source is Source.STALE
    assert len(stale.records) == 12

    wait_for(lambda: platform.count(VM) == 2)  # the broker is away in this test: a thread does it
    land()
    fresh = reads.listing(scope, VM)
    assert [record.key for record in fresh.records] == ["services99"]
    assert fresh.source is Source.FRESH
    assert fresh.version != stale.version


def test_a_refresh_that_brings_nothing_new_keeps_version_and_records(scope: Scope, platform: Platform) -> None:
    first = reads.listing(scope, VM)
    second = reads.refresh(scope, VM)

    assert platform.count(VM) == 2
    assert second.version == first.version
    assert second.index is first.index
    assert first.as_of is not None
    assert second.as_of is not None
    assert second.as_of > first.as_of


def test_a_refresh_keeps_the_objects_of_records_that_have_not_changed(scope: Scope, platform: Platform) -> None:
    first = reads.listing(scope, VM)
    platform.records["services", VM][3]["cores"] = 4
    second = reads.refresh(scope, VM)

    assert second.version != first.version
    assert second.by_key["services03"]["cores"] == 4
    assert second.by_key["services02"] is first.by_key["services02"]


def test_what_nobody_looked_at_for_long_is_fetched_before_it_is_shown(
    scope: Scope, platform: Platform, later: Callable[[float], None]
) -> None:
    reads.listing(scope, VM)
    platform.records["services", VM] = [machine("services99")]
    later(3600)
    listing = reads.listing(scope, VM)
    assert [record.key for record in listing.records] == ["services99"]


def test_platform_down_shows_the_last_known_with_its_age(
    scope: Scope, platform: Platform, later: Callable[[float], None]
) -> None:
    first = reads.listing(scope, VM)
    platform.status = 503
    later(3600)
    listing = reads.listing(scope, VM)

    assert listing.source is Source.OFFLINE
    assert listing.records == first.records
    assert listing.as_of == first.as_of
    assert [(trouble.group, trouble.reason) for trouble in listing.troubles] == [("services", "unreachable")]


def test_the_last_known_is_gone_after_a_day(scope: Scope, platform: Platform, later: Callable[[float], None]) -> None:
    reads.listing(scope, VM)
    platform.status = 503
    later(25 * 3600)
    listing = reads.listing(scope, VM)
    assert listing.source is Source.NEVER
    assert listing.records == ()


def test_a_failure_is_an_answer_for_a_while(scope: Scope, platform: Platform, later: Callable[[float], None]) -> None:
    platform.status = 503
    for _ in range(20):
        listing = reads.listing(scope, VM)
        assert listing.source is Source.NEVER
        assert listing.as_of is None
        assert [trouble.reason for trouble in listing.troubles] == ["unreachable"]
    assert platform.count(VM) == 1

    platform.status = 200
    later(6)
    assert reads.listing(scope, VM).source is Source.FRESH
    assert platform.count(VM) == 2


def test_trouble_says_since_when(scope: Scope, platform: Platform, later: Callable[[float], None]) -> None:
    platform.status = 503
    first = reads.listing(scope, VM).troubles[0]
    later(6)
    second = reads.listing(scope, VM).troubles[0]
    assert platform.count(VM) == 2
    assert second.since == first.since


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"<methodResponse><params><param><value><int>1</int></value></param></params></methodResponse>",
        b"\x00\xff" * 1000,
    ],
)
def test_nonsense_is_a_trouble_and_no_exception(scope: Scope, platform: Platform, body: bytes) -> None:
    platform.body = body
    listing = reads.listing(scope, VM)
    assert listing.source is Source.NEVER
    assert [trouble.reason for trouble in listing.troubles] == ["unreadable"]


def test_a_fault_of_the_platform_is_told_in_its_own_words(scope: Scope, platform: Platform) -> None:
    platform.body = xmlrpc.client.dumps(xmlrpc.client.Fault(1, "no such type")).encode()
    listing = reads.listing(scope, VM)
    assert [(trouble.reason, "no such type" in trouble.text) for trouble in listing.troubles] == [("fault", True)]


def test_a_key_that_cannot_be_opened_is_a_trouble_and_nobody_is_asked(
    scope: Scope, platform: Platform, api_key: ApiKey
) -> None:
    ApiKey.objects.update(sealed=b"x" * 60)
    listing = reads.listing(scope, VM)
    assert [(trouble.reason, trouble.text) for trouble in listing.troubles] == [
        ("refused", "the stored key cannot be used")
    ]
    assert platform.count(VM) == 0


def test_redis_that_goes_away_while_it_is_read_leaves_what_is_known(
    scope: Scope, platform: Platform, api_key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads.listing(scope, VM)
    patch(api_key, VM, [machine("services00", cores=8)])

    def gone(place: object) -> None:
        raise Away

    monkeypatch.setattr(store, "load_overlay", gone)
    assert len(reads.listing(scope_of(scope.customer), VM).records) == 12


def test_a_refused_key_is_written_down_and_its_last_known_is_shown(
    scope: Scope, platform: Platform, api_key: ApiKey, later: Callable[[float], None]
) -> None:
    reads.listing(scope, VM)
    platform.keys["services"] = "another"
    listing = reads.refresh(scope, VM)

    assert listing.source is Source.OFFLINE
    assert len(listing.records) == 12
    assert [trouble.reason for trouble in listing.troubles] == ["refused"]
    api_key.refresh_from_db()
    assert api_key.refused_at is not None


def test_a_key_that_is_accepted_again_is_no_longer_written_down_as_refused(
    scope: Scope, platform: Platform, api_key: ApiKey, later: Callable[[float], None]
) -> None:
    good = platform.keys["services"]
    platform.keys["services"] = "another"
    assert reads.listing(scope, VM).troubles[0].reason == "refused"
    platform.keys["services"] = good
    later(61)
    assert reads.listing(scope_of(api_key.customer), VM).source is Source.FRESH
    api_key.refresh_from_db()
    assert api_key.refused_at is None


def test_a_new_secret_starts_anew(scope: Scope, platform: Platform, api_key: ApiKey) -> None:
    platform.keys["services"] = "new"
    assert reads.listing(scope, VM).source is Source.NEVER
    api_key.set_secret("new")
    api_key.save()
    assert reads.listing(scope_of(api_key.customer), VM).source is Source.FRESH


def test_without_a_key_nothing_is_known(api_key: ApiKey, platform: Platform) -> None:
    customer = api_key.customer
    api_key.delete()
    listing = reads.listing(scope_of(customer), VM)
    assert (listing.source, listing.records, listing.troubles) == (Source.NEVER, (), ())


def test_without_waiting_the_first_view_is_empty_and_the_next_is_not(
    scope: Scope, platform: Platform, api_key: ApiKey
) -> None:
    listing = reads.listing(scope, VM, wait=False)
    assert (listing.source, listing.troubles) == (Source.NEVER, ())
    land()
    assert len(reads.listing(scope, VM, wait=False).records) == 12
    assert platform.count(VM) == 1


def test_records_without_a_key_are_left_out_and_counted(scope: Scope, platform: Platform) -> None:
    platform.records["services", VM] += [{"__type__": VM, "resource_group": "services"}, machine("ok", cores="two")]
    listing = reads.listing(scope, VM)
    assert listing.unreadable == 1
    assert listing.by_key["ok"].problems == {"cores": "str"}
    assert len(listing.records) == 13


def test_the_time_is_the_platforms(scope: Scope, platform: Platform, later: Callable[[float], None]) -> None:
    platform.date = "Tue, 01 Dec 2037 12:00:00 GMT"
    assert abs(reads.listing(scope, VM).platform_now - datetime(2037, 12, 1, 12, tzinfo=UTC)) < timedelta(seconds=5)
    later(20)
    at = datetime(2037, 12, 1, 12, 0, 20, tzinfo=UTC)
    assert abs(reads.listing(scope, VM).platform_now - at) < timedelta(seconds=5)


def test_several_types_come_by_one_look(scope: Scope, platform: Platform) -> None:
    found = reads.listings(scope, (VM, "resourcegroup", "serviceuser"))
    assert {name: len(listing.records) for name, listing in found.items()} == {
        VM: 12,
        "resourcegroup": 1,
        "serviceuser": 0,
    }


def test_one_record(scope: Scope, platform: Platform) -> None:
    found = reads.record(scope, VM, "services03")
    assert found is not None
    assert found.key == "services03"
    assert reads.record(scope, VM, "nothing") is None


def test_a_worker_that_does_not_come_is_not_waited_for(
    scope: Scope, platform: Platform, api_key: ApiKey, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(
        "portal.inventory.snapshots.background_refresh.app.send_task",
        lambda name, args, **options: sent.append((name, args)),
    )
    reads.listing(scope, VM)
    later(31)
    for _ in range(5):
        assert reads.listing(scope, VM).source is Source.STALE
    wait_for(lambda: ("inventory.refresh", (str(api_key.pk), VM)) in sent)
    assert len([one for one in sent if one[1][1] == VM]) == 1  # type: ignore[index]
    assert platform.count(VM) == 1

    later(11)
    reads.listing(scope, VM)
    land()
    assert platform.count(VM) == 2


def test_the_workers_task_fetches_what_is_stale_and_nothing_else(
    api_key: ApiKey, platform: Platform, later: Callable[[float], None]
) -> None:
    refresh(str(api_key.pk), VM)
    refresh(str(api_key.pk), VM)
    assert platform.count(VM) == 1
    later(31)
    refresh(str(api_key.pk), VM)
    assert platform.count(VM) == 2
    key_id = str(api_key.pk)
    api_key.delete()
    refresh(key_id, VM)
    assert platform.count(VM) == 2


def test_a_slow_platform_is_not_waited_for_longer_than_a_person_would(
    scope: Scope, platform: Platform, monkeypatch: pytest.MonkeyPatch, api_key: ApiKey
) -> None:
    monkeypatch.setattr(freshness, "PATIENCE", 0.1)
    platform.before_answer = lambda user, type_name: time.sleep(0.5)
    listing = reads.listing(scope, VM)
    assert (listing.source, listing.troubles) == (Source.NEVER, ())  # being fetched
    land()
    assert reads.listing(scope, VM).source is Source.FRESH


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
