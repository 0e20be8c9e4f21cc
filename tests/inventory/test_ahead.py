"""What is brought up before somebody comes: a page then has nothing to read, and the platform is not asked."""

import time
from collections.abc import Callable

import pytest
import time_machine

from portal.accounts.access import Scope
from portal.inventory import ahead, reads, spare_memory, visited_customers
from portal.inventory.listings.derived import Index
from portal.inventory.platform.clients import client_for
from portal.inventory.snapshots import current, freshness, one_look, single_flight
from portal.inventory.snapshots.snapshot_key import place_of
from tests.inventory.conftest import group, machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"


@pytest.fixture(autouse=True)
def visited(scope: Scope, platform: Platform, redis_url: str) -> None:
    """Somebody has looked at three machines."""
    visited_customers.forget()
    ahead.forget()
    platform.records["services", VM] = [machine(f"services{number:02}", cores=1) for number in range(3)]
    platform.records["services", "resourcegroup"] = [group("services")]
    visit(scope)


def visit(scope: Scope) -> Index:
    """A request of somebody who looks at the machines."""
    with one_look.looking_once():
        listing = reads.listing(scope_of(scope.customer), VM)
        reads.states(scope, listing)
        return listing.index


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Types of the snapshots that are decoded from now on."""
    decode, found = current.decode, list[str]()

    def noted(resource_type: object, *others: object) -> object:
        found.append(resource_type.name)  # type: ignore[attr-defined]
        return decode(resource_type, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(current, "decode", noted)
    return found


def test_a_process_that_has_just_begun_knows_what_others_were_asked_for(
    scope: Scope, decoded: list[str], fresh_process: Callable[[], None]
) -> None:
    ahead.bring_up_all()  # the process that was visited tells of it
    fresh_process()
    visited_customers.forget()
    decoded.clear()
    ahead.bring_up_all()
    assert VM in decoded
    decoded.clear()
    assert len(visit(scope).records) == 3
    assert decoded == []


def test_what_has_changed_is_read_before_somebody_comes(scope: Scope, platform: Platform, decoded: list[str]) -> None:
    platform.records["services", VM][0] |= {"cores": 4}
    key = freshness.keys_of(scope.customer)[0]
    single_flight.keep_answer(place_of(key, VM), client_for(key))
    ahead.bring_up_all()
    assert VM in decoded
    decoded.clear()
    assert visit(scope).records[0]["cores"] == 4
    assert decoded == []


def test_nothing_is_asked_for_however_old_it_is(scope: Scope, platform: Platform) -> None:
    asked = len(platform.queries)
    with time_machine.travel(time.time() + 100):
        ahead.bring_up_all()
    assert len(platform.queries) == asked
    assert not single_flight.under_way()


def test_for_whom_nobody_came_for_minutes_nothing_is_done(
    scope: Scope, decoded: list[str], fresh_process: Callable[[], None]
) -> None:
    ahead.bring_up_all()
    fresh_process()
    decoded.clear()
    with time_machine.travel(time.time() + visited_customers.LATELY + 1):
        ahead.bring_up_all()
    assert decoded == []


def test_bringing_up_is_no_visit(scope: Scope) -> None:
    for part in (0.4, 0.8, 1.2):
        with time_machine.travel(time.time() + part * visited_customers.LATELY):
            ahead.bring_up_all()
            still = visited_customers.share()
    assert still == []


def test_what_workers_look_at_is_no_visit(scope: Scope) -> None:
    visited_customers.forget()
    reads.listing(scope_of(scope.customer), VM)
    ahead.bring_up_all()
    assert visited_customers.share() == []


def test_memory_is_given_back_after_many_records_were_read_and_only_then(
    scope: Scope, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(spare_memory, "give_back", lambda: given.append(1))
    monkeypatch.setattr(ahead, "LARGE", 3)
    ahead.bring_up_all()
    ahead.bring_up_all()
    assert len(given) == 1
    reads.refresh(scope, VM)
    ahead.bring_up_all()
    assert len(given) == 1
    platform.records["services", VM] = [machine("services00")]
    reads.refresh(scope, VM)
    ahead.bring_up_all()
    assert len(given) == 1
