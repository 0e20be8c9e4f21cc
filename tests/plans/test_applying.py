"""Applying: one change for each key, all or nothing, and what is not taken opens the plan again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry, Membership, User
from portal.accounts.roles import Role
from portal.accounts.view_as import Viewing
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.changes.models import State as Sent
from portal.changes.submit import submit
from portal.plans import applying, compose
from portal.plans.compose import put_in
from portal.plans.errors import Edited, NotOpen, NotReady, PlanError
from portal.plans.models import Part, Plan, State
from tests.changes.test_leases import in_threads
from tests.plans.conftest import (
    Grow,
    apply_now,
    entries,
    machine,
    new_group,
    new_machine,
    outside,
    plan_of,
    run_all,
    through,
)
from tests.support.services import Sandbox

type ScopeOf = Callable[..., Scope]


def test_a_plan_is_one_call(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    first, second = grow(0), grow(1)
    plan = plan_of(scope, first, second)
    assert platform.calls("apply") == 0
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED
    assert platform.calls("apply") == 1
    assert machine(platform, first.key)["disk"] == first.wanted["disk"]
    assert machine(platform, second.key)["disk"] == second.wanted["disk"]
    assert [entry.change.number for entry in entries(plan) if entry.change] == [1, 1]


def test_nothing_is_applied_twice(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = plan_of(scope, grow())
    apply_now(scope, plan)
    with pytest.raises(NotOpen):
        apply_now(scope, plan)
    assert Change.objects.count() == 1


def test_what_was_edited_since_is_looked_at_again(scope: Scope, grow: Grow) -> None:
    plan = plan_of(scope, grow(0))
    plan.refresh_from_db()
    seen = plan.revision
    plan_of(scope, grow(1))
    with pytest.raises(Edited):
        applying.apply(scope, plan, revision=seen)


def test_a_project_goes_out_in_the_order_that_it_needs(scope: Scope, platform: Sandbox) -> None:
    plan = plan_of(scope, new_group("sale"))
    plan_of(scope, new_machine("sale00", "sale"))
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED
    assert machine(platform, "sale00")["resource_group"] == "sale"
    assert platform.calls("apply") == 1


def test_a_fault_opens_the_plan_again_as_it_was(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    good, bad = grow(0), grow(1, by=10_000)
    plan = plan_of(scope, good, bad)
    before = [(entry.key, entry.wanted) for entry in entries(plan)]
    apply_now(scope, plan)
    assert through(plan).state == State.OPEN
    assert [(entry.key, entry.wanted) for entry in entries(plan)] == before
    part = Part.objects.get(plan=plan)
    assert part.change.state == Sent.REJECTED
    assert (part.change.answer["field"], part.entries[part.change.answer["item"]]) == ("disk", entries(plan)[1].pk)
    assert machine(platform, good.key)["disk"] == good.before["disk"]
    put_in(scope, [grow(1)])
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED


def test_stopping_takes_back_what_was_not_sent(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = plan_of(scope, grow())
    apply_now(scope, plan)
    applying.stop(scope, plan)
    plan.refresh_from_db()
    assert plan.state == State.OPEN
    run_all()
    assert platform.calls("apply") == 0


def test_a_plan_is_applied_not_before_its_time(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = plan_of(scope, grow())
    plan.refresh_from_db()
    applying.apply(scope, plan, revision=plan.revision, not_before=timezone.now() + timedelta(hours=1))
    assert through(plan).state == State.SCHEDULED
    type(plan).objects.update(not_before=timezone.now())
    assert through(plan).state == State.APPLIED


def test_an_empty_plan_is_not_applied(scope: Scope, grow: Grow) -> None:
    wanted = grow()
    plan = plan_of(scope, wanted)
    plan.entries.all().delete()
    with pytest.raises(NotReady) as raised:
        apply_now(scope, plan)
    assert raised.value.reason == "empty"


def test_a_thousand_entries_are_one_call(scope: Scope, platform: Sandbox, settings: Any) -> None:
    settings.API_TIMEOUTS = {"connect_timeout": 5.0, "read_timeout": 30.0, "deadline": 40.0}
    keys = [f"shop/user{n:04}/login" for n in range(1000)]
    plan = plan_of(scope, *(Intent(type_name="permission", key=key, creates=True) for key in keys))
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED
    assert platform.calls("apply") == 1
    with platform.proxy() as proxy:
        assert len([one for one in proxy.query("permission") if one["uid"].startswith("user")]) == 1000


# --- at its time


def scheduled(scope: Scope, *wanted: Intent) -> Plan:
    """A plan whose time comes in an hour."""
    plan = plan_of(scope, *wanted)
    plan.refresh_from_db()
    return applying.apply(scope, plan, revision=plan.revision, not_before=timezone.now() + timedelta(hours=1))


def at_its_time(plan: Plan) -> Plan:
    Plan.objects.filter(pk=plan.pk).update(not_before=timezone.now())
    return through(plan)


@pytest.mark.parametrize(
    ("lose", "obstacle"),
    [
        (lambda member: member.update(role=Role.VIEWER), "forbidden"),
        (lambda member: member.delete(), "forbidden"),
        (lambda member: User.objects.filter(pk__in=member.values("user")).update(is_active=False), "forbidden"),
        (lambda member: member.update(group="example"), "hidden"),
    ],
    ids=["role lowered", "removed", "deactivated", "limited to another group"],
)
def test_who_lost_the_right_before_its_time_opens_it_with_the_reason(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox, grow: Grow, lose: Callable[[Any], object], obstacle: str
) -> None:
    plan = scheduled(scope_of("operator"), grow())
    lose(Membership.objects.filter(user__email="operator@example.com"))
    plan = at_its_time(plan)
    assert (plan.state, plan.obstacle, plan.not_before) == (State.OPEN, obstacle, None)
    assert AuditEntry.objects.filter(action="plan.not_sent", target=f"plan {plan.number}").count() == 1
    assert platform.calls("apply") == 0
    put_in(scope, [grow(1)], plan)
    plan.refresh_from_db()
    assert plan.obstacle == ""


def test_what_came_into_its_way_before_its_time_opens_it_with_the_reason(
    scope: Scope, platform: Sandbox, grow: Grow
) -> None:
    wanted = grow()
    plan = scheduled(scope, wanted)
    outside(platform, scope, "virtualmachine", name=wanted.key, disk=wanted.before["disk"] + 7)
    plan = at_its_time(plan)
    assert (plan.state, plan.obstacle) == (State.OPEN, "conflict")


def test_what_waits_for_its_time_is_not_edited_and_can_be_stopped(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = scheduled(scope, grow())
    with pytest.raises(NotOpen):
        put_in(scope, [grow(1)], plan)
    with pytest.raises(NotOpen):
        apply_now(scope, plan)
    applying.stop(scope, plan)
    plan = through(plan)
    assert (plan.state, plan.not_before) == (State.OPEN, None)
    assert platform.calls("apply") == 0
    put_in(scope, [grow(1)], plan)


def test_staff_who_applied_it_for_somebody_may_at_its_time_what_that_person_may(
    scope: Scope, cast: dict[str, User], platform: Sandbox, grow: Grow
) -> None:
    member = Membership.objects.select_related("user", "customer").get(user=cast["operator"])
    staff = Scope(scope.customer, cast["staff"], Role.OPERATOR, "", (), Viewing(member, writes=True))
    first, second = scheduled(staff, grow(0)), put_in(staff, [grow(1)], compose.begin(staff))
    second.refresh_from_db()
    applying.apply(staff, second, revision=second.revision, not_before=timezone.now() + timedelta(hours=1))
    assert at_its_time(first).state == State.APPLIED
    Membership.objects.filter(pk=member.pk).delete()
    second = at_its_time(second)
    assert (second.state, second.obstacle) == (State.OPEN, "forbidden")


# --- two at once


def at_once(*work: Callable[[], object]) -> list[object]:
    """What came of each: its answer, or the name of what it raised."""

    def attempt(number: int) -> object:
        try:
            return work[number]()
        except PlanError as error:
            return type(error).__name__

    return in_threads(attempt, count=len(work))


def test_two_who_press_apply_at_once_apply_it_once(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox, grow: Grow
) -> None:
    operator, plan = scope_of("operator"), plan_of(scope, grow())
    plan.refresh_from_db()
    seen = plan.revision
    came = at_once(*(lambda who=who: applying.apply(who, plan, revision=seen) for who in [scope, operator] * 3))
    assert sorted(map(str, came)).count("NotOpen") == 5
    assert Change.objects.count() == 1
    assert through(plan).state == State.APPLIED
    assert platform.calls("apply") == 1


def test_applied_in_one_tab_while_edited_in_another_what_was_seen_is_applied(
    scope: Scope, platform: Sandbox, grow: Grow
) -> None:
    first, second = grow(0), grow(1)
    plan = plan_of(scope, first)
    plan.refresh_from_db()
    came = at_once(
        lambda: applying.apply(scope, plan, revision=plan.revision),
        lambda: put_in(scope, [second], plan),
    )
    refused = [one for one in came if isinstance(one, str)]
    assert refused in (["Edited"], ["NotOpen"])  # whoever came second
    plan = through(plan)
    assert plan.state == (State.OPEN if refused == ["Edited"] else State.APPLIED)
    assert platform.calls("apply") == (0 if refused == ["Edited"] else 1)
    assert plan.entries.count() == (2 if refused == ["Edited"] else 1)


def test_workers_at_once_take_one_step_each(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = apply_now(scope, plan_of(scope, grow()))
    run_all()
    at_once(*(lambda: applying.advance(plan.pk),) * 4)
    plan.refresh_from_db()
    assert plan.state == State.APPLIED


def test_no_form_of_somebody_passes_for_a_part_of_a_plan(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = plan_of(scope, grow(0))
    submit(scope, [grow(1)], f"plan-{plan.pk}-1-0")
    apply_now(scope, plan)
    assert [part.change.plan_number for part in Part.objects.all()] == [plan.number]
    assert through(plan).state == State.APPLIED
    assert platform.calls("apply") == 2
