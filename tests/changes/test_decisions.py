"""What a person may decide about a change: only while it is in a state for it, whatever happens at the same moment."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope
from portal.changes import decisions, leases
from portal.changes.errors import TooLate
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
from portal.inventory import reads
from tests.changes.conftest import (
    MACHINE,
    edit,
    give_secret,
    growing,
    later,
    machine,
    new_machine,
    plain_machine,
    run,
    run_all,
)
from tests.support.services import Sandbox

ALL = ["cancel", "retry", "overwrite", "drop", "replace"]


def decide_so(scope: Scope, change: Change, decision: str) -> None:
    if decision in ("overwrite", "drop"):
        decisions.resolve_conflict(scope, change, overwrite=decision == "overwrite")
    elif decision == "replace":
        decisions.replace(scope, change, [edit(change.items.get().key, {}, {"disk": 500})], "again")
    else:
        getattr(decisions, decision)(scope, change)


@pytest.fixture
def rejected(scope: Scope, platform: Sandbox) -> Change:
    present = plain_machine(platform)
    return run(submit(scope, [edit(present["name"], {"cores": present["cores"]}, {"cores": 99})], "rejected"))


@pytest.fixture
def conflict(scope: Scope, platform: Sandbox) -> Change:
    """Wants 5 GiB more disk, while somebody else has set 3 more."""
    present = plain_machine(platform)
    name, disk = present["name"], present["disk"]
    change = submit(scope, [edit(name, {"disk": disk}, {"disk": disk + 5})], "conflict")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": name, "disk": disk + 3}])
    return run(change)


def test_what_is_taken_back_before_it_is_sent_never_goes_out(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    decisions.cancel(scope, change)
    assert (change.state, change.is_final) == (State.CANCELLED, True)
    run_all()
    assert platform.calls("apply") == 0


def test_what_is_taken_back_while_a_worker_prepares_it_never_goes_out(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, _name, _disk = growing(scope, platform)
    depart = leases.depart

    def cancelled_first(*args: Any) -> bool:
        decisions.cancel(scope, Change.objects.get(pk=change.pk))
        return depart(*args)

    monkeypatch.setattr("portal.changes.perform.depart", cancelled_first)
    assert run(change).state == State.CANCELLED
    assert platform.calls("apply") == 0


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.RECORDED, State.SETTLING, State.DONE])
@pytest.mark.parametrize("decision", ["cancel", "retry", "overwrite", "drop"])
def test_what_may_be_out_cannot_be_decided_any_more(
    scope: Scope, platform: Sandbox, state: State, decision: str
) -> None:
    change, _name, _disk = growing(scope, platform)
    Change.objects.update(state=state)
    with pytest.raises(TooLate) as caught:
        decide_so(scope, change, decision)
    assert caught.value.state == state
    change.refresh_from_db()
    assert (change.state, change.turn, change.done_at) == (state, 1, None)


def test_what_was_perhaps_sent_is_not_taken_back_while_it_is_looked_up(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    Change.objects.update(sent_at=timezone.now())
    assert leases.take(str(change.pk)) is not None
    with pytest.raises(TooLate):
        decisions.cancel(scope, change)


def test_what_keeps_getting_lost_waits_between_attempts_and_can_be_taken_back(scope: Scope, platform: Sandbox) -> None:
    change, name, disk = growing(scope, platform)
    platform.control(fault={"kind": "drop_before", "method": "apply", "times": 2})
    for _ in range(2):
        run_all()
        later(5.5)
    run_all()
    change.refresh_from_db()
    assert (change.state, change.attempts) == (State.QUEUED, 2)
    assert change.next_attempt_at > timezone.now()
    decisions.cancel(scope, change)
    later(60)
    run_all()
    assert machine(platform, name)["disk"] == disk


def test_a_rejected_one_is_put_away(scope: Scope, rejected: Change) -> None:
    decisions.cancel(scope, rejected)
    assert rejected.state == State.CANCELLED


def test_a_rejected_one_is_asked_for_again_as_the_last_in_the_line(
    scope: Scope, platform: Sandbox, rejected: Change
) -> None:
    other, _name, _disk = growing(scope, platform)
    decisions.retry(scope, rejected)
    assert (rejected.state, rejected.turn, rejected.number, rejected.answer) == (State.QUEUED, 3, 1, {})
    assert (rejected.done_at, rejected.sent_at) == (None, None)
    assert leases.heads() == [str(other.pk)]
    run_all()
    rejected.refresh_from_db()
    assert (rejected.state, rejected.attempts) == (State.REJECTED, 2)


def test_what_waits_for_its_next_attempt_goes_out_now(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    platform.stop()
    run(change)
    platform.start()
    later(-3600)  # starting may take longer than the pause before the next attempt
    assert run(change).state == State.QUEUED
    decisions.retry(scope, change)
    assert run(change).state == State.RECORDED
    assert change.turn == 1


def test_a_parked_one_asks_again_with_the_key_that_there_is_now(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    give_secret("wrong")
    assert run(change).state == State.PARKED
    key = give_secret("services-demo-key")
    decisions.retry(scope, change)
    assert (change.state, change.key_generation) == (State.QUEUED, key.generation)
    assert run(change).state == State.RECORDED


def test_a_conflict_can_be_overwritten_knowing_what_is_there(scope: Scope, platform: Sandbox, conflict: Change) -> None:
    name = conflict.items.get().key
    wanted, present = conflict.items.get().wanted["disk"], machine(platform, name)["disk"]
    decisions.resolve_conflict(scope, conflict, overwrite=True)
    assert conflict.items.get().before["disk"] == present
    assert run(conflict).state == State.RECORDED
    assert machine(platform, name)["disk"] == wanted


def test_overwriting_asks_again_when_it_changed_once_more(scope: Scope, platform: Sandbox, conflict: Change) -> None:
    decisions.resolve_conflict(scope, conflict, overwrite=True)
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": conflict.items.get().key, "disk": 400}])
    assert run(conflict).state == State.CONFLICT


def test_a_dropped_conflict_leaves_what_is_there(scope: Scope, platform: Sandbox, conflict: Change) -> None:
    before = machine(platform, conflict.items.get().key)["disk"]
    decisions.resolve_conflict(scope, conflict, overwrite=False)
    assert (conflict.state, conflict.is_final) == (State.CANCELLED, True)
    run_all()
    assert machine(platform, conflict.items.get().key)["disk"] == before


def test_overwriting_a_machine_that_somebody_else_made_sets_what_can_be_set(scope: Scope, platform: Sandbox) -> None:
    change = submit(scope, [new_machine("shop79", memory=512, rbd_pool="rbd.ssd")], "t")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": "shop79", "resource_group": "shop", "location": "rzob"}])
    assert run(change).state == State.CONFLICT
    decisions.resolve_conflict(scope, change, overwrite=True)
    run(change)
    found = machine(platform, "shop79")
    assert (found["memory"], found["rbd_pool"]) == (512, "rbd.hdd")


def test_what_is_gone_cannot_be_overwritten(scope: Scope, platform: Sandbox) -> None:
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "serviceuser", "uid": "s-gone", "resource_group": "shop"}])
    reads.refresh(scope, "serviceuser")
    wanted = Intent(type_name="serviceuser", key="shop/s-gone", wanted={"description": "x"}, before={"description": ""})
    change = submit(scope, [wanted], "t")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "serviceuser", "__action__": "delete", "uid": "s-gone", "resource_group": "shop"}])
    run(change)
    with pytest.raises(TooLate):
        decisions.resolve_conflict(scope, change, overwrite=True)
    assert Change.objects.get().state == State.CONFLICT


def test_a_form_filled_again_takes_the_place_of_a_rejected_one(
    scope: Scope, platform: Sandbox, rejected: Change
) -> None:
    name = rejected.items.get().key
    present = machine(platform, name)
    wanted = edit(name, {"cores": present["cores"]}, {"cores": present["cores"] % 8 + 1})
    new = decisions.replace(scope, rejected, [wanted], "again")
    assert decisions.replace(scope, rejected, [wanted], "again") == new  # a double click
    rejected.refresh_from_db()
    assert (rejected.state, rejected.is_final, new.number) == (State.SUPERSEDED, True, 2)
    assert run(new).state == State.SETTLING


def test_two_people_who_decide_at_once_decide_once(scope: Scope, conflict: Change) -> None:
    mine, theirs = Change.objects.get(), Change.objects.get()
    decisions.resolve_conflict(scope, mine, overwrite=True)
    with pytest.raises(TooLate):
        decisions.resolve_conflict(scope, theirs, overwrite=True)
    assert Change.objects.get().turn == mine.turn


@pytest.mark.parametrize("decision", ALL)
@pytest.mark.parametrize(
    ("name", "customer", "error"),
    [("viewer", "10001", PermissionDenied), ("child", "10001", Http404), ("outsider", "10002", Http404)],
)
def test_who_may_not_or_does_not_see_it_decides_nothing(
    scope: Scope,
    scope_of: Callable[..., Scope],
    rejected: Change,
    decision: str,
    name: str,
    customer: str,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        decide_so(scope_of(name, customer), rejected, decision)
    assert Change.objects.get().state == State.REJECTED


def test_a_parked_change_that_a_newer_one_has_decided_is_superseded(scope: Scope, platform: Sandbox) -> None:
    old, name, disk = growing(scope, platform)
    give_secret("wrong")
    assert run(old).state == State.PARKED
    newer = submit(scope, [edit(name, {"disk": disk}, {"disk": disk + 7})], "newer")
    Change.objects.filter(pk=newer.pk).update(key_group="another")  # as if by a key of a group further down
    give_secret("services-demo-key")
    assert run(newer).state == State.RECORDED
    decisions.resume(newer.api_key)  # type: ignore[arg-type]
    assert run(old).state == State.SUPERSEDED
    assert machine(platform, name)["disk"] == disk + 7


def test_a_parked_change_of_another_field_is_not_superseded(scope: Scope, platform: Sandbox) -> None:
    old, name, disk = growing(scope, platform)
    give_secret("wrong")
    run(old)
    newer = submit(scope, [edit(name, {"service_description": ""}, {"service_description": "new"})], "newer")
    Change.objects.filter(pk=newer.pk).update(key_group="another")
    key = give_secret("services-demo-key")
    run(newer)
    decisions.resume(key)
    assert run(old).state == State.RECORDED
    assert machine(platform, name)["disk"] == disk + 1
