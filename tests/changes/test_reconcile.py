"""Answers that get lost: whatever happened on the platform, the row ends up saying just that."""

from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.changes import reconcile
from portal.changes.decisions import resume
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
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
    until_landed,
)
from tests.support.services import Sandbox

LANDING = 5.5  # seconds; of a call whose deadline is 4


@pytest.fixture
def grown(scope: Scope, platform: Sandbox) -> tuple[Change, str, int]:
    """A change that grows a disk by one, the machine's name, and the disk as wanted."""
    change, name, disk = growing(scope, platform)
    return change, name, disk + 1


@pytest.mark.parametrize("kind", ["drop_after", "truncate", "garbage", "status"])
def test_an_answer_lost_after_the_commit_is_found_in_the_log(
    grown: tuple[Change, str, int], platform: Sandbox, kind: str
) -> None:
    change, name, disk = grown
    platform.control(fault={"kind": kind, "method": "apply"} | ({"value": 502} if kind == "status" else {}))
    run(change)
    assert (change.state, change.is_final) == (State.UNKNOWN, False)
    later(2)
    run(change)
    assert change.state == State.RECORDED
    assert item_of(change).result["disk"] == disk == machine(platform, name)["disk"]
    assert platform.calls("apply") == 1


def test_a_call_that_never_arrived_is_replayed_after_its_time(
    grown: tuple[Change, str, int], platform: Sandbox
) -> None:
    change, name, disk = grown
    platform.control(fault={"kind": "drop_before", "method": "apply"})
    run(change)
    assert change.state == State.UNKNOWN
    later(1.5)
    run(change)
    assert (change.state, platform.calls("apply")) == (State.UNKNOWN, 1)  # it could still land
    later(LANDING)
    run(change)
    assert change.state == State.QUEUED
    run(change)
    assert change.state == State.RECORDED
    assert machine(platform, name)["disk"] == disk
    assert platform.calls("apply") == 2


def test_a_call_that_lands_late_is_not_replayed(grown: tuple[Change, str, int], platform: Sandbox) -> None:
    change, name, disk = grown
    platform.control(fault={"kind": "delay", "value": 2.5, "method": "apply"})
    run(change)  # gives up after a second
    assert change.state == State.UNKNOWN
    later(1.5)
    run(change)
    assert change.state == State.UNKNOWN
    until_landed(platform, name, disk)
    later(2)
    run(change)
    assert change.state == State.RECORDED
    assert platform.calls("apply") == 1


def test_nothing_else_of_the_customer_goes_out_meanwhile(
    grown: tuple[Change, str, int], scope: Scope, platform: Sandbox
) -> None:
    change, name, disk = grown
    platform.control(fault={"kind": "drop_before", "method": "apply"})
    other = plain_machine(platform, nth=1)
    second = submit(scope, [edit(other["name"], {"disk": other["disk"]}, {"disk": other["disk"] + 1})], "second")
    run(change)
    run(second)
    assert (change.state, second.state) == (State.UNKNOWN, State.QUEUED)
    assert second.attempts == 0
    later(LANDING)
    run_all()
    change.refresh_from_db()
    second.refresh_from_db()
    assert (change.state, second.state) == (State.RECORDED, State.RECORDED)
    with platform.proxy() as proxy:
        order = [entry["args"] for entry in proxy.log() if entry["method"] == "apply"][-2:]
    assert [name in order[0], other["name"] in order[1]] == [True, True]
    assert machine(platform, name)["disk"] == disk


def test_a_call_that_the_platform_turned_down_unheard_is_rejected_in_its_words(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    change = submit(scope, [edit(present["name"], {"cores": present["cores"]}, {"cores": 99})], "t")
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run(change)
    assert change.state == State.UNKNOWN
    later(2)
    run_all()
    change.refresh_from_db()
    assert change.state == State.REJECTED
    assert change.answer["field"] == "cores"


def test_a_lost_creation_is_recorded_and_followed(scope: Scope, platform: Sandbox) -> None:
    change = submit(scope, [new_machine("shop71")], "t")
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run(change)
    later(2)
    run(change)
    assert change.state == State.SETTLING
    assert machine(platform, "shop71")["needs_install"] is True


def test_a_lost_creation_that_did_not_happen_is_made(scope: Scope, platform: Sandbox) -> None:
    change = submit(scope, [new_machine("shop72")], "t")
    platform.control(fault={"kind": "drop_before", "method": "apply"})
    run(change)
    later(LANDING)
    run_all()
    change.refresh_from_db()
    assert change.state == State.SETTLING
    assert machine(platform, "shop72")["name"] == "shop72"


def test_a_value_that_somebody_set_meanwhile_is_not_written_over_by_a_replay(
    grown: tuple[Change, str, int], platform: Sandbox
) -> None:
    change, name, disk = grown
    platform.control(fault={"kind": "drop_before", "method": "apply"})
    run(change)
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": MACHINE, "name": name, "disk": disk + 7}])
    later(LANDING)
    run_all()
    change.refresh_from_db()
    assert change.state == State.CONFLICT
    assert machine(platform, name)["disk"] == disk + 7


@pytest.mark.parametrize("refusals", [1, 2], ids=["before it was sent", "then too"])
def test_without_a_log_the_records_decide(grown: tuple[Change, str, int], platform: Sandbox, refusals: int) -> None:
    change, _name, disk = grown
    platform.control(fault={"kind": "fault", "value": "no log today", "method": "log", "times": refusals})
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run(change)
    assert (change.state, change.log_serial) == (State.UNKNOWN, None)
    later(LANDING)
    run(change)
    assert change.state == State.RECORDED
    assert item_of(change).result["disk"] == disk
    assert platform.calls("apply") == 1


def test_a_log_that_is_gone_meanwhile_leaves_it_to_the_records(
    grown: tuple[Change, str, int], platform: Sandbox
) -> None:
    change, _name, _disk = grown
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run(change)
    assert change.log_serial is not None
    platform.control(fault={"kind": "fault", "value": "no log today", "method": "log"})
    later(LANDING)
    run(change)
    assert change.state == State.RECORDED


def test_without_a_log_a_deletion_has_happened_where_the_record_is_gone(scope: Scope, platform: Sandbox) -> None:
    deletion = Intent(type_name="serviceuser", key="shop/s-shop", action="delete")
    change = submit(scope, [deletion], "t")
    platform.control(fault={"kind": "fault", "value": "no log today", "method": "log"})
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run(change)
    later(LANDING)
    run(change)
    assert change.state == State.RECORDED
    assert platform.calls("apply") == 1


def test_a_key_that_is_refused_while_it_is_found_out_parks_it_and_it_is_not_sent_twice(
    grown: tuple[Change, str, int], platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, name, disk = grown
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run(change)
    give_secret("wrong")
    later(2)
    run(change)
    assert (change.state, change.answer["sent"]) == (State.PARKED, True)
    resume(give_secret("services-demo-key"))
    run(change)
    assert change.state == State.RECORDED
    assert machine(platform, name)["disk"] == disk
    assert platform.calls("apply") == 1


def test_the_platform_away_while_it_is_found_out_leaves_it_open(
    grown: tuple[Change, str, int], platform: Sandbox
) -> None:
    change, _name, _disk = grown
    platform.control(fault={"kind": "drop_before", "method": "apply"})
    run(change)
    platform.stop()
    for _ in range(3):
        later(LANDING * 2)
        run(change)
        assert change.state == State.UNKNOWN
    platform.start()
    later(LANDING * 2)
    run_all()
    change.refresh_from_db()
    assert change.state == State.RECORDED


@pytest.mark.parametrize(
    "entry",
    [{}, {"method": "apply"}, {"method": "apply", "args": "[" * 5000}, {"method": "apply", "args": '"3 bytes"'}],
)
def test_a_log_that_cannot_be_read_says_nothing(entry: dict[str, Any]) -> None:
    assert reconcile._is_ours(entry, [{"__type__": MACHINE}]) is False
