"""A worker that is killed between any two steps: what was asked for happens once, and the row ends up saying so."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.api import Client
from portal.changes import leases, outcome, perform, reconcile, settle, tasks
from portal.changes.models import Change, State
from portal.changes.submit import submit
from portal.inventory import reads
from tests.changes.conftest import MACHINE, edit, growing, later, machine, new_machine, run, run_all, until_landed
from tests.support.services import Sandbox


class Killed(BaseException):
    """As SIGKILL: nothing is tidied up."""


def before(function: Callable[..., Any]) -> Callable[..., Any]:
    def killed(*args: Any, **kwargs: Any) -> Any:
        raise Killed

    return killed


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    def killed(*args: Any, **kwargs: Any) -> Any:
        function(*args, **kwargs)
        raise Killed

    return killed


STEPS = [
    pytest.param(perform, "take", after, id="taken"),
    pytest.param(perform, "count_attempt", after, id="attempt counted"),
    pytest.param(reconcile, "latest_serial", after, id="log read"),
    pytest.param(perform, "look", after, id="looked"),
    pytest.param(perform, "depart", after, id="departed"),
    pytest.param(Client, "apply", before, id="right before the call"),
    pytest.param(Client, "apply", after, id="right after the answer"),
    pytest.param(outcome, "recorded", after, id="recorded"),
    pytest.param(settle, "_patch", after, id="in the inventory"),
    pytest.param(settle, "conclude", after, id="concluded"),
]


def kill_at(monkeypatch: pytest.MonkeyPatch, change: Change, where: Any, name: str, when: Callable[..., Any]) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(where, name, when(getattr(where, name)))
        with pytest.raises(Killed):
            tasks.perform(str(change.pk))


def recover() -> None:
    """The lease runs out, the call could not land any more, the sweeper comes by."""
    for _ in range(3):
        later(8)
        leases.expire()
        run_all()


@pytest.mark.parametrize(("where", "name", "when"), STEPS)
def test_a_worker_killed_at_any_step_changes_nothing_about_the_end(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: Any
) -> None:
    change, machine_name, disk = growing(scope, platform)
    kill_at(monkeypatch, change, where, name, when)
    recover()
    change.refresh_from_db()
    assert (change.state, change.is_final) == (State.RECORDED, True)
    assert machine(platform, machine_name)["disk"] == disk + 1
    assert platform.calls("apply") == 1


@pytest.mark.parametrize(("where", "name", "when"), STEPS)
def test_a_worker_killed_twice_at_the_same_step_is_no_different(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: Any
) -> None:
    change, machine_name, disk = growing(scope, platform)
    kill_at(monkeypatch, change, where, name, when)
    later(8)
    leases.expire()
    if leases.heads():
        with monkeypatch.context() as patch:
            patch.setattr(where, name, when(getattr(where, name)))
            try:
                tasks.perform(str(change.pk))
            except Killed:
                change.refresh_from_db()
    recover()
    change.refresh_from_db()
    assert (change.state, change.is_final) == (State.RECORDED, True)
    assert machine(platform, machine_name)["disk"] == disk + 1
    assert platform.calls("apply") == 1


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "delay"])
@pytest.mark.parametrize("method", ["log", "query", "apply"])
def test_any_call_that_goes_wrong_at_any_step_changes_nothing_about_the_end(
    scope: Scope, platform: Sandbox, kind: str, method: str
) -> None:
    change, machine_name, disk = growing(scope, platform)
    platform.control(fault={"kind": kind, "method": method} | ({"value": 1.5} if kind == "delay" else {}))
    run_all()
    if (kind, method) == ("delay", "apply"):
        until_landed(platform, machine_name, disk + 1)
    recover()
    change.refresh_from_db()
    assert (change.state, change.is_final) == (State.RECORDED, True)
    assert machine(platform, machine_name)["disk"] == disk + 1
    applied = [
        entry for entry in _log(platform) if f'"disk": {disk + 1}' in entry["args"] and machine_name in entry["args"]
    ]
    assert len(applied) == 1


def test_a_creation_whose_worker_was_killed_is_followed(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = submit(scope, [new_machine("shop78")], "t")
    kill_at(monkeypatch, change, Client, "apply", after)
    recover()
    change.refresh_from_db()
    assert change.state == State.SETTLING


def test_what_was_recorded_when_its_worker_was_killed_still_gets_into_the_inventory(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, name, disk = growing(scope, platform)
    kill_at(monkeypatch, change, outcome, "recorded", after)
    assert shown(scope, name) == disk
    the_lease_runs_out(change)
    run_all()
    assert shown(scope, name) == disk + 1


def test_what_is_concluded_late_is_laid_over_nothing_newer(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, name, disk = growing(scope, platform)
    kill_at(monkeypatch, first, outcome, "recorded", after)
    second = submit(scope, [edit(name, {"disk": disk}, {"disk": disk + 5})], "second")
    assert run(second).state == State.RECORDED
    the_lease_runs_out(first)
    assert run(first).is_final
    assert shown(scope, name) == disk + 5


def shown(scope: Scope, name: str) -> int:
    """The machine's disk as pages show it."""
    found = reads.record(scope, MACHINE, name)
    assert found is not None
    return int(found["disk"])


def the_lease_runs_out(change: Change) -> None:
    Change.objects.filter(pk=change.pk).update(lease_until=change.created)


def _log(platform: Sandbox) -> list[dict[str, Any]]:
    with platform.proxy() as proxy:
        return [entry for entry in proxy.log(1) if entry["method"] == "apply" and not entry["exception"]]
