"""Whoever applies or brings a plan on is killed between any two lines: it is applied once, and says so in the end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.api import Client
from portal.changes import outcome, perform
from portal.changes.models import Change
from portal.plans import applying, compose, tasks
from portal.plans.compose import put_in
from portal.plans.models import Part, Plan, State
from tests.changes.test_crash import Killed, after, before, recover
from tests.plans.conftest import Grow, apply_now, entries, machine, plan_of, run_all, through
from tests.plans.test_parts_under_way import disk, theirs
from tests.support.services import Sandbox

__all__ = ["theirs"]

type When = Callable[[Callable[..., Any]], Callable[..., Any]]

SENDING = [
    pytest.param(applying, "_ready", after, id="looked at"),
    pytest.param(applying, "submit", before, id="before its change is made"),
    pytest.param(applying, "submit", after, id="after its change was made"),
    pytest.param(Part.objects, "create", after, id="after its part was noted"),
    pytest.param(applying, "_set", after, id="after its state was set"),
    pytest.param(applying, "on_record", after, id="on record"),
]
ADVANCING = [
    pytest.param(applying, "_parts", after, id="looked at"),
    pytest.param(applying, "release", before, id="before the next is released"),
    pytest.param(applying, "release", after, id="after the next was released"),
    pytest.param(applying, "_set", before, id="before it is through"),
    pytest.param(applying, "_set", after, id="after it was through"),
]
WORKING = [
    pytest.param(perform, "depart", after, id="departed"),
    pytest.param(Client, "apply", before, id="right before the call"),
    pytest.param(Client, "apply", after, id="right after the answer"),
    pytest.param(outcome, "recorded", after, id="recorded"),
]


def killed(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: When, work: Callable[[], object]) -> None:
    """`work`, whose process is killed there, should it come there."""
    with monkeypatch.context() as patch:
        patch.setattr(where, name, when(getattr(where, name)))
        try:
            work()
        except Killed:
            return


def in_the_end(plan: Plan) -> Plan:
    for _step in range(3):
        through(plan)
        recover()
    return through(plan)


@pytest.mark.parametrize(("where", "name", "when"), SENDING)
def test_who_is_killed_while_applying_has_applied_all_of_it_or_nothing(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Any, monkeypatch: pytest.MonkeyPatch,
    where: Any, name: str, when: When,
) -> None:  # fmt: skip
    plan = plan_of(scope, grow(), theirs)
    killed(monkeypatch, where, name, when, lambda: apply_now(scope, plan))
    plan.refresh_from_db()
    assert (plan.state, plan.attempt, Change.objects.count(), Part.objects.count()) == (State.OPEN, 0, 0, 0)
    apply_now(scope, plan)
    assert in_the_end(plan).state == State.APPLIED
    assert platform.calls("apply") == 2


@pytest.mark.parametrize(("where", "name", "when"), SENDING)
def test_a_worker_killed_while_it_applies_at_its_time_is_followed_by_another(
    scope: Scope, platform: Sandbox, grow: Grow, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: When
) -> None:
    plan = plan_of(scope, grow())
    plan.refresh_from_db()
    applying.apply(scope, plan, revision=plan.revision, not_before=timezone.now() + timedelta(hours=1))
    Plan.objects.update(not_before=timezone.now())
    killed(monkeypatch, where, name, when, tasks.advance_all)
    plan.refresh_from_db()
    assert (plan.state, Change.objects.count()) == (State.SCHEDULED, 0)
    assert in_the_end(plan).state == State.APPLIED
    assert platform.calls("apply") == 1


@pytest.mark.parametrize(("where", "name", "when"), ADVANCING)
def test_a_worker_killed_while_it_brings_a_plan_on_changes_nothing_about_the_end(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Any, monkeypatch: pytest.MonkeyPatch,
    where: Any, name: str, when: When,
) -> None:  # fmt: skip
    ours = grow()
    plan = apply_now(scope, plan_of(scope, ours, theirs))
    for _step in range(3):
        run_all()
        killed(monkeypatch, where, name, when, tasks.advance_all)
    assert in_the_end(plan).state == State.APPLIED
    assert platform.calls("apply") == 2
    assert machine(platform, ours.key)["disk"] == ours.wanted["disk"]
    assert disk(platform, theirs.key) == theirs.wanted["disk"]


@pytest.mark.parametrize(("where", "name", "when"), WORKING)
def test_a_worker_killed_while_it_sends_a_part_changes_nothing_about_the_end(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Any, monkeypatch: pytest.MonkeyPatch,
    where: Any, name: str, when: When,
) -> None:  # fmt: skip
    plan = apply_now(scope, plan_of(scope, grow(), theirs))
    killed(monkeypatch, where, name, when, run_all)
    applying.advance(plan.pk)
    plan.refresh_from_db()
    assert plan.state == State.APPLYING
    assert in_the_end(plan).state == State.APPLIED
    assert platform.calls("apply") == 2
    assert all(entry.change for entry in entries(plan))


@pytest.mark.parametrize("name", ["revise", "on_record", "_write"])
def test_who_is_killed_while_putting_in_has_put_in_all_of_it_or_nothing(
    scope: Scope, grow: Grow, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plan = plan_of(scope, grow(0))
    killed(monkeypatch, compose, name, after, lambda: put_in(scope, [grow(1), grow(2)]))
    plan.refresh_from_db()
    assert (plan.revision, plan.entries.count()) == (1, 1)


def test_a_plan_that_cannot_go_on_holds_up_no_other(scope: Scope, grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = apply_now(scope, compose.put_in(scope, [grow(0)], compose.begin(scope)))
    other = apply_now(scope, compose.put_in(scope, [grow(1)], compose.begin(scope)))
    run_all()
    advance = applying.advance

    def only_the_other(pk: int) -> None:
        if pk == broken.pk:
            raise RuntimeError("broken")
        advance(pk)

    monkeypatch.setattr(applying, "advance", only_the_other)
    tasks.advance_all()
    other.refresh_from_db()
    assert other.state == State.APPLIED
