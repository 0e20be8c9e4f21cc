"""Applying: one change for each key, all or nothing, and what is not taken opens the plan again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.changes.models import State as Sent
from portal.plans import applying
from portal.plans.compose import put_in
from portal.plans.errors import Edited, NotOpen, NotReady
from portal.plans.models import Part, State
from tests.plans.conftest import Grow, apply_now, entries, machine, new_group, new_machine, plan_of, run_all, through
from tests.support.services import Sandbox


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
