"""A change on its way out, against the real sandbox."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.changes import leases, outcome, tasks, timing
from portal.changes.decisions import refused_keys, resolve_conflict, resume, resume_accepted, resume_unreached
from portal.changes.intent import Intent
from portal.changes.models import Change, Item, State
from portal.changes.submit import submit
from portal.inventory import reads
from tests.changes.conftest import (
    MACHINE,
    edit,
    give_secret,
    growing,
    item_of,
    later,
    machine,
    new_machine,
    plain_machine,
    run,
    run_all,
    services_key,
)
from tests.support.services import Sandbox


def test_an_edit_reaches_the_platform_and_the_inventory(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    name, before = present["name"], {"service_description": present["service_description"]}
    change = submit(scope, [edit(name, before, {"service_description": "Shop"})], "t")
    run(change)
    assert (change.state, change.is_final) == (State.RECORDED, True)
    assert change.recorded_at is not None
    assert machine(platform, name)["service_description"] == "Shop"
    assert item_of(change).result["service_description"] == "Shop"
    record = reads.record(scope, MACHINE, name)
    assert record is not None
    assert record["service_description"] == "Shop"


def test_only_what_the_person_changed_is_sent(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    change = submit(scope, [edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 5})], "t")
    run(change)
    with platform.proxy() as proxy:
        sent = [entry for entry in proxy.log() if entry["method"] == "apply"][-1]
    assert f'"disk": {present["disk"] + 5}' in sent["args"]
    assert "cores" not in sent["args"]
    assert "memory" not in sent["args"]


def test_a_group_and_a_machine_in_it_are_one_apply(scope: Scope, platform: Sandbox) -> None:
    group = Intent(type_name="resourcegroup", key="fresh", wanted={"parent": "shop"}, creates=True)
    change = submit(scope, [group, new_machine("fresh00", "fresh")], "t")
    run(change)
    assert change.state == State.SETTLING
    assert machine(platform, "fresh00")["resource_group"] == "fresh"
    assert platform.calls("apply") == 1


def test_granting_several_permissions_is_one_change(scope: Scope, platform: Sandbox) -> None:
    wanted = [
        Intent(type_name="permission", key=f"shop/{uid}/login", wanted={}, creates=True)
        for uid in ("ada", "bob", "cleo", "dora", "emil")
    ]
    change = submit(scope, wanted, "t")
    run(change)
    assert (change.state, change.is_final) == (State.RECORDED, True)
    with platform.proxy() as proxy:
        granted = {(one["uid"], one["permission"]) for one in proxy.query("permission")}
    assert {(uid, "login") for uid in ("ada", "bob", "cleo", "dora", "emil")} <= granted


def test_a_deletion_leaves_the_inventory(scope: Scope, platform: Sandbox) -> None:
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "serviceuser", "uid": "s-gone", "resource_group": "shop"}])
    assert reads.refresh(scope, "serviceuser").by_key["shop/s-gone"]
    change = submit(scope, [Intent(type_name="serviceuser", key="shop/s-gone", action="delete")], "t")
    run(change)
    assert (change.state, change.is_final) == (State.RECORDED, True)
    assert reads.record(scope, "serviceuser", "shop/s-gone") is None


def test_a_fault_is_rejected_with_the_platforms_words_at_its_field(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    change = submit(scope, [edit(present["name"], {"cores": present["cores"]}, {"cores": 99})], "t")
    run(change)
    assert (change.state, change.is_final) == (State.REJECTED, True)
    assert change.answer["kind"] == "fault"
    assert (change.answer["field"], change.answer["item"]) == ("cores", 0)
    assert change.answer["text"].startswith(f"virtualmachine {present['name']}: cores: ")
    assert machine(platform, present["name"])["cores"] == present["cores"]


def test_a_fault_in_one_of_many_names_that_one(scope: Scope, platform: Sandbox) -> None:
    wanted = [
        Intent(type_name="permission", key=f"shop/{uid}/{permission}", wanted={}, creates=True)
        for uid, permission in (("fay", "login"), ("bob", "conquer"))
    ]
    change = submit(scope, wanted, "t")
    run(change)
    assert change.state == State.REJECTED
    assert change.answer["item"] == 1
    with platform.proxy() as proxy:  # all or nothing (api_04)
        assert not [one for one in proxy.query("permission") if one["uid"] == "fay"]


def test_an_unknown_fault_text_is_shown_without_a_field(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    platform.control(fault={"kind": "fault", "value": {"code": 77, "text": "no such luck"}, "method": "apply"})
    change = submit(scope, [edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 1})], "t")
    run(change)
    assert change.answer == {"kind": "fault", "code": 77, "text": "no such luck", "field": "", "item": None}


def test_a_fault_about_the_only_item_is_about_that_one_whatever_it_is_called() -> None:
    """A machine's short name may come back as its full one."""
    text = "virtualmachine shop00.example: disk: no room left"
    items = [Item(position=0, type_name=MACHINE, key="shop00", wanted={"disk": 10})]
    assert outcome.place_of_fault(text, items) == {"field": "disk", "item": 0, "reason": "no room left"}
    assert outcome.place_of_fault(text, [*items, Item(position=1, type_name=MACHINE, key="shop01")])["item"] is None


def test_what_turns_out_not_to_be_sendable_is_rejected(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    Item.objects.update(before={}, wanted={"service_description": "\x01"})  # as an older version let it through
    run(change)
    assert (change.state, change.answer["kind"]) == (State.REJECTED, "unsendable")
    assert platform.calls("apply") == 0


def test_a_key_that_cannot_be_opened_parks_what_goes_out_with_it(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    ApiKey.objects.update(sealed=b"x" * 60, generation=2)
    run(change)
    assert change.state == State.PARKED


def test_a_key_that_is_refused_at_the_last_moment_parks_too(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    platform.control(fault={"kind": "status", "value": 401, "method": "apply"})
    run(change)
    assert (change.state, change.sent_at) == (State.PARKED, None)


def test_a_key_that_lets_a_change_through_is_refused_no_more(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    ApiKey.objects.update(refused_at=timezone.now())
    run(change)
    assert change.state == State.RECORDED
    assert services_key().refused_at is None


def test_what_a_worker_would_not_live_to_hear_of_is_not_sent(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, _name, _disk = growing(scope, platform)
    monkeypatch.setattr(timing, "hard_limit", lambda: 0)
    run(change)
    assert (change.state, change.sent_at) == (State.QUEUED, None)
    assert change.next_attempt_at > timezone.now()
    assert platform.calls("apply") == 0


def test_who_stood_still_between_departure_and_call_sends_nothing(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process that is stopped and goes on when its call is taken for landed: another may have sent it by then."""
    change, name, disk = growing(scope, platform)
    with monkeypatch.context() as patch:
        patch.setattr(timing, "on_its_way", lambda: timedelta(seconds=-1))
        run(change)
    assert (change.state, change.sent_at, change.lease_holder) == (State.QUEUED, None, "")
    assert platform.calls("apply") == 0
    run(change)
    assert (change.state, machine(platform, name)["disk"], platform.calls("apply")) == (State.RECORDED, disk + 1, 1)


def test_who_lost_the_lease_meanwhile_writes_nothing_of_the_answer(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, _name, _disk = growing(scope, platform)
    recorded = outcome.recorded

    def recorded_too_late(*args: Any) -> bool:
        Change.objects.update(lease_holder="another")
        return recorded(*args)

    monkeypatch.setattr(outcome, "recorded", recorded_too_late)
    run(change)
    assert (change.state, change.lease_holder, item_of(change).result) == (State.SENDING, "another", {})


def test_a_platform_that_is_away_is_waited_for(scope: Scope, platform: Sandbox) -> None:
    change, name, disk = growing(scope, platform)
    platform.stop()
    run(change)
    assert (change.state, change.attempts, change.sent_at) == (State.QUEUED, 1, None)
    assert change.answer["kind"] == "unreachable"
    run(change)
    assert change.attempts == 1  # not before its next attempt
    platform.start()
    later(5)
    run(change)
    assert change.state == State.RECORDED
    assert machine(platform, name)["disk"] == disk + 1


def test_what_waits_for_the_platform_goes_on_as_soon_as_it_answers_again(
    scope: Scope, platform: Sandbox, settings: Any
) -> None:
    """Whatever its next attempt was put down for by then: minutes, after some attempts."""
    settings.API_BREAKER = {"failures": 2, "within": 30.0, "open_for": 0.0}
    change, name, disk = growing(scope, platform)
    platform.stop()
    for _ in range(5):
        Change.objects.update(next_attempt_at=timezone.now())
        run(change)
    assert change.next_attempt_at > timezone.now() + timedelta(seconds=30)
    resume_unreached()
    assert run(change).state == State.QUEUED, "nothing is known to have changed"
    platform.start()
    reads.refresh(scope, MACHINE)  # somebody looks at a page
    resume_unreached()
    assert run(change).state == State.RECORDED
    assert machine(platform, name)["disk"] == disk + 1


def test_a_platform_that_goes_away_right_before_sending_was_sent_nothing(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, _name, _disk = growing(scope, platform)
    depart = leases.depart

    def depart_then_stop(*args: Any) -> bool:
        departed = depart(*args)
        platform.stop()
        return departed

    monkeypatch.setattr("portal.changes.perform.depart", depart_then_stop)
    run(change)
    assert (change.state, change.sent_at, change.log_serial) == (State.QUEUED, None, None)


@pytest.mark.parametrize("method", ["log", "query"])
def test_trouble_before_sending_leaves_it_queued(scope: Scope, platform: Sandbox, method: str) -> None:
    change, _name, _disk = growing(scope, platform)
    platform.control(fault={"kind": "garbage", "method": method})
    run(change)
    assert (change.state, change.sent_at) == (State.QUEUED, None)
    assert platform.calls("apply") == 0


def test_waiting_grows_up_to_five_minutes(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    platform.stop()
    waits = []
    for _ in range(9):
        run(change)
        waits.append(round((change.next_attempt_at - timezone.now()).total_seconds()))
        later(400)
    assert waits == [1, 2, 5, 15, 60, 120, 300, 300, 300]


def test_too_many_calls_are_waited_for_without_doubt(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    platform.control(fault={"kind": "status", "value": 429, "method": "query"})
    run(change)
    assert (change.state, change.sent_at) == (State.QUEUED, None)


def test_the_same_field_changed_meanwhile_asks(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    change = submit(scope, [edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 5})], "t")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": present["name"], "disk": present["disk"] + 3}])
    run(change)
    assert (change.state, change.is_final) == (State.CONFLICT, False)
    assert change.answer["items"] == [
        {
            "item": 0,
            "reason": "changed",
            "fields": {
                "disk": {"before": present["disk"], "wanted": present["disk"] + 5, "present": present["disk"] + 3}
            },
        }
    ]
    assert machine(platform, present["name"])["disk"] == present["disk"] + 3


def test_another_field_changed_meanwhile_does_not_matter(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    change = submit(scope, [edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 5})], "t")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": present["name"], "service_description": "by hand"}])
    run(change)
    assert change.state == State.RECORDED
    assert machine(platform, present["name"])["service_description"] == "by hand"


def test_somebody_elses_new_machine_of_that_name_asks(scope: Scope, platform: Sandbox) -> None:
    change = submit(scope, [new_machine("shop77")], "t")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": "shop77", "resource_group": "shop", "location": "rzob", "cores": 3}])
    run(change)
    assert change.state == State.CONFLICT
    assert change.answer["items"][0]["reason"] == "exists"
    assert machine(platform, "shop77")["cores"] == 3


def test_a_machine_that_is_gone_asks(scope: Scope, platform: Sandbox) -> None:
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "serviceuser", "uid": "s-gone", "resource_group": "shop"}])
    reads.refresh(scope, "serviceuser")
    wanted = Intent(type_name="serviceuser", key="shop/s-gone", wanted={"description": "x"}, before={"description": ""})
    change = submit(scope, [wanted], "t")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "serviceuser", "__action__": "delete", "uid": "s-gone", "resource_group": "shop"}])
    run(change)
    assert change.state == State.CONFLICT
    assert change.answer["items"][0]["reason"] == "gone"


def test_ones_own_earlier_change_is_no_conflict(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    name, before = present["name"], {"disk": present["disk"]}
    submit(scope, [edit(name, before, {"disk": present["disk"] + 5})], "one")
    second = submit(scope, [edit(name, before, {"disk": present["disk"] + 9})], "two")
    run_all()
    second.refresh_from_db()
    assert second.state == State.RECORDED
    assert machine(platform, name)["disk"] == present["disk"] + 9


def test_another_persons_earlier_change_asks(scope: Scope, platform: Sandbox, cast: dict) -> None:
    present = plain_machine(platform)
    name, before = present["name"], {"disk": present["disk"]}
    submit(replace(scope, user=cast["operator"]), [edit(name, before, {"disk": present["disk"] + 5})], "one")
    second = submit(scope, [edit(name, before, {"disk": present["disk"] + 9})], "two")
    run_all()
    second.refresh_from_db()
    assert second.state == State.CONFLICT


def test_a_refused_key_parks_what_goes_out_with_it(scope: Scope, platform: Sandbox) -> None:
    change, _name, _disk = growing(scope, platform)
    give_secret("wrong")
    run(change)
    assert (change.state, change.is_final) == (State.PARKED, False)
    assert change.answer["kind"] == "refused"
    assert services_key().refused_at is not None


def test_a_new_secret_sets_what_was_parked_going_in_its_order(scope: Scope, platform: Sandbox) -> None:
    _change, name, disk = growing(scope, platform)
    for number in (2, 3):
        submit(scope, [edit(name, {"disk": disk}, {"disk": disk + number})], f"{number}")
    give_secret("wrong")
    run_all()
    assert [change.state for change in Change.objects.order_by("number")] == ["parked", "queued", "queued"]
    assert resume(give_secret("services-demo-key")) == 3  # the parked one, and what stands behind it
    run_all()
    assert {change.state for change in Change.objects.all()} == {"recorded"}
    assert machine(platform, name)["disk"] == disk + 3
    assert services_key().refused_at is None


def test_what_a_key_was_parked_for_goes_on_once_the_platform_accepts_it_again(scope: Scope, platform: Sandbox) -> None:
    change, name, disk = growing(scope, platform)
    platform.control(fault={"kind": "status", "value": 401, "method": "*", "times": 1})
    assert run(change).state == State.PARKED
    resume_accepted()
    change.refresh_from_db()
    assert change.state == State.PARKED, "the key is still held to be refused"
    ApiKey.objects.update(refused_at=None)  # as a read does that the platform has answered
    resume_accepted()
    run_all()
    change.refresh_from_db()
    assert change.state == State.RECORDED
    assert machine(platform, name)["disk"] > disk


def test_the_platform_is_asked_whether_it_accepts_a_key_again_also_when_nobody_opens_a_page(
    scope: Scope, platform: Sandbox
) -> None:
    change, name, disk = growing(scope, platform)
    platform.control(fault={"kind": "status", "value": 401, "method": "*", "times": 2})
    reads.refresh(scope, MACHINE)
    assert run(change).state == State.PARKED
    (key,) = refused_keys()
    platform.control(fault={"kind": "status", "value": 401, "method": "query", "times": 1})
    tasks.try_key(key)
    assert refused_keys() == [key]
    tasks.try_key(key)
    assert refused_keys() == []
    assert [(trouble.group, trouble.reason) for trouble in reads.listing(scope, MACHINE).troubles] == []
    resume_accepted()
    run_all()
    change.refresh_from_db()
    assert change.state == State.RECORDED
    assert machine(platform, name)["disk"] > disk
    assert services_key().refused_at is None


def test_no_key_is_asked_for_that_nothing_waits_for(scope: Scope, platform: Sandbox) -> None:
    ApiKey.objects.update(refused_at=timezone.now())
    growing(scope, platform)
    assert refused_keys() == []
    tasks.try_key(str(uuid4()))  # taken away meanwhile


def test_a_refusal_of_a_secret_that_was_replaced_meanwhile_parks_nothing(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, _name, _disk = growing(scope, platform)
    give_secret("wrong")
    park = outcome.park

    def park_late(*args: Any) -> None:
        give_secret("services-demo-key")
        park(*args)

    monkeypatch.setattr(outcome, "park", park_late)
    run(change)
    assert change.state == State.QUEUED
    assert services_key().refused_at is None


def test_a_key_that_was_taken_away_parks_until_one_is_given(scope: Scope, platform: Sandbox) -> None:
    change, name, disk = growing(scope, platform)
    services_key().delete()
    run(change)
    assert change.state == State.PARKED
    assert change.answer["kind"] == "no_key"
    key = ApiKey(customer=scope.customer, resource_group="services")
    key.set_secret("services-demo-key")
    key.save()
    resume(key)
    run(change)
    assert change.state == State.RECORDED
    assert machine(platform, name)["disk"] == disk + 1


def test_what_the_platform_made_of_ones_own_earlier_change_is_no_conflict(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    name, before = present["name"], {"classes": present["classes"]}
    submit(scope, [edit(name, before, {"classes": ["role::postgresql"]})], "one")
    second = submit(scope, [edit(name, before, {"classes": ["role::redis"]})], "two")
    run_all()
    second.refresh_from_db()
    assert second.state == State.RECORDED
    assert "role::redis" in machine(platform, name)["classes"]


def test_ones_own_change_that_a_page_does_not_show_yet_is_no_conflict(scope: Scope, platform: Sandbox) -> None:
    first, name, disk = growing(scope, platform)
    run(first)
    second = submit(scope, [edit(name, {"disk": disk}, {"disk": disk + 9})], "two")
    assert run(second).state == State.RECORDED


def test_somebody_elses_change_meanwhile_asks_even_after_ones_own(scope: Scope, platform: Sandbox) -> None:
    first, name, disk = growing(scope, platform)
    run(first)
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": name, "disk": disk + 3}])
    second = submit(scope, [edit(name, {"disk": disk + 1}, {"disk": disk + 9})], "two")
    assert run(second).state == State.CONFLICT


def plan_deletion(platform: Sandbox, name: str, day: str) -> None:
    """As somebody else does it."""
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "__action__": "delete", "name": name, "deadline": day}])


def test_vm_20_an_edit_does_not_cancel_a_deletion_that_nobody_told_the_person_of(
    scope: Scope, platform: Sandbox
) -> None:
    change, name, disk = growing(scope, platform)
    plan_deletion(platform, name, "2031-01-31")
    run(change)
    assert change.state == State.CONFLICT
    assert change.answer["items"][0]["fields"]["deletion"]["present"]["deadline"].startswith("2031-01-31")
    assert machine(platform, name)["deletion"]["deadline"]
    resolve_conflict(scope, change, overwrite=True)
    run(change)
    assert change.state == State.RECORDED
    assert machine(platform, name)["disk"] == disk + 1
    assert not machine(platform, name)["deletion"]["deadline"]


def test_vm_20_an_edit_by_somebody_who_saw_the_deletion_cancels_it(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    plan_deletion(platform, present["name"], "2031-01-31")
    reads.refresh(scope, MACHINE)
    wanted = edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 1})
    change = submit(scope, [wanted], "t")
    assert run(change).state == State.RECORDED
    assert not machine(platform, present["name"])["deletion"]["deadline"]
    assert run(submit(scope, [replace(wanted, wanted={"disk": present["disk"] + 2})], "u")).state == State.RECORDED


def test_vm_20_keeping_a_machine_cancels_whatever_is_planned(scope: Scope, platform: Sandbox) -> None:
    name = plain_machine(platform)["name"]
    change = submit(scope, [edit(name, {}, {})], "t")
    plan_deletion(platform, name, "2031-01-31")
    assert run(change).state == State.RECORDED
    assert not machine(platform, name)["deletion"]["deadline"]
