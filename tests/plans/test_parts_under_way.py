"""A plan that needs two API keys: the second part goes out when the first is recorded, and the page is told the truth
about what holds, whatever becomes of either.
"""

from collections.abc import Callable

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.changes import decisions
from portal.changes.errors import TooLate
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.changes.models import State as Sent
from portal.plans import applying
from portal.plans.errors import NotOpen, NotReady
from portal.plans.models import Part, Plan, State
from portal.plans.review import Review
from tests.changes.conftest import give_secret, later, run
from tests.plans.conftest import (
    Grow,
    apply_now,
    edit,
    entries,
    machine,
    outside,
    plan_of,
    run_all,
    through,
)
from tests.support.services import Sandbox

ACME = {"user": "acme", "key": "acme-demo-key"}
type ScopeOf = Callable[..., Scope]


@pytest.fixture
def theirs(scope: Scope, platform: Sandbox) -> Intent:
    """The customer has taken over another tree, with its key; a machine of it gets a larger disk."""
    key = ApiKey.objects.get(resource_group="acme")
    key.customer = scope.customer
    key.set_secret("acme-demo-key")
    key.save()
    with platform.proxy(**ACME) as proxy:
        present = next(one for one in proxy.query("virtualmachine") if not one["deletion"]["deadline"])
    return edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 1})


def disk(platform: Sandbox, name: str) -> int:
    with platform.proxy(**ACME) as proxy:
        (record,) = proxy.query("virtualmachine", {"name": name})
    return int(record["disk"])


def parts(plan: Plan) -> list[Change]:
    return [part.change for part in Part.objects.filter(plan=plan, attempt=plan.attempt).order_by("position")]


def states(plan: Plan) -> list[str]:
    plan.refresh_from_db()
    return [change.state for change in parts(plan)]


def advanced(plan: Plan) -> Plan:
    applying.advance(plan.pk)
    plan.refresh_from_db()
    return plan


def test_two_trees_are_two_changes_one_after_the_other(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent
) -> None:
    ours = grow()
    plan = apply_now(scope, plan_of(scope, ours, theirs))
    assert states(plan) == [Sent.QUEUED, Sent.DRAFT]
    assert [key.resource_group for key, _items in Review.of(scope, plan).split.parts] == ["services", "acme"]
    assert advanced(plan).state == State.APPLYING
    run_all()
    assert (platform.calls("apply", "services"), platform.calls("apply", "acme")) == (1, 0)
    assert advanced(plan).state == State.APPLYING
    assert [entry.change is not None for entry in entries(plan)] == [True, False]
    run_all()
    assert advanced(plan).state == State.APPLIED
    assert (platform.calls("apply", "services"), platform.calls("apply", "acme")) == (1, 1)
    assert machine(platform, ours.key)["disk"] == ours.wanted["disk"]
    assert disk(platform, theirs.key) == theirs.wanted["disk"]
    assert all(entry.change for entry in entries(plan))


def test_the_first_refused_keeps_the_second_at_home(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent
) -> None:
    plan = through(apply_now(scope, plan_of(scope, grow(by=10_000), theirs)))
    assert (plan.state, states(plan)) == (State.OPEN, [Sent.REJECTED, Sent.CANCELLED])
    assert [entry.change for entry in entries(plan)] == [None, None]
    assert platform.calls("apply", "acme") == 0


def test_the_second_refused_leaves_the_first_through_and_itself_open(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent
) -> None:
    ours = grow()
    too_large = edit(theirs.key, dict(theirs.before), {"disk": 100_000})
    plan = through(apply_now(scope, plan_of(scope, ours, too_large)))
    assert (plan.state, states(plan)[1]) == (State.OPEN, Sent.REJECTED)
    held, left = entries(plan)
    assert (held.change, left.change) == (parts(plan)[0], None)
    assert machine(platform, ours.key)["disk"] == ours.wanted["disk"]
    left.wanted = dict(theirs.wanted)  # mended
    left.save()
    plan = through(apply_now(scope, plan))
    assert plan.state == State.APPLIED
    assert platform.calls("apply", "services") == 1  # what was through is not sent again
    assert disk(platform, theirs.key) == theirs.wanted["disk"]


def test_a_key_that_is_refused_parks_its_part_and_a_new_one_takes_it_on(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent
) -> None:
    plan = apply_now(scope, plan_of(scope, grow(), theirs))
    give_secret("wrong")
    plan = through(plan)
    assert (plan.state, states(plan)) == (State.APPLYING, [Sent.PARKED, Sent.DRAFT])
    decisions.resume(give_secret("services-demo-key"))
    assert through(plan).state == State.APPLIED


def test_a_key_that_was_removed_meanwhile_parks_the_second_part(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent
) -> None:
    plan = apply_now(scope, plan_of(scope, grow(), theirs))
    ApiKey.objects.filter(resource_group="acme").delete()
    plan = through(plan)
    assert (plan.state, states(plan)[1]) == (State.APPLYING, Sent.PARKED)
    applying.stop(scope, plan)
    assert (states(plan)[1], plan.state) == (Sent.CANCELLED, State.OPEN)
    assert [entry.change is not None for entry in entries(plan)] == [True, False]


def test_stopped_between_the_two_the_first_holds(scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent) -> None:
    plan = apply_now(scope, plan_of(scope, grow(), theirs))
    run_all()
    applying.stop(scope, plan)
    plan = through(plan)
    assert (plan.state, [entry.change is not None for entry in entries(plan)]) == (State.OPEN, [True, False])
    assert platform.calls("apply", "acme") == 0


def test_stopped_while_the_first_is_being_sent_the_second_stays_at_home_and_the_first_is_waited_for(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent
) -> None:
    plan = apply_now(scope, plan_of(scope, grow(), theirs))
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    assert run(parts(plan)[0]).state == Sent.UNKNOWN
    applying.stop(scope, plan)
    assert (states(plan), plan.state) == ([Sent.UNKNOWN, Sent.CANCELLED], State.APPLYING)
    assert advanced(plan).state == State.APPLYING
    later(2)
    plan = through(plan)
    assert (plan.state, [entry.change is not None for entry in entries(plan)]) == (State.OPEN, [True, False])
    assert platform.calls("apply", "acme") == 0
    with pytest.raises(NotOpen):
        applying.stop(scope, plan)


def test_what_is_being_sent_cannot_be_stopped(scope: Scope, grow: Grow) -> None:
    plan = apply_now(scope, plan_of(scope, grow()))
    Change.objects.update(state=Sent.SENDING, lease_holder="worker")
    with pytest.raises(TooLate):
        applying.stop(scope, plan)
    plan.refresh_from_db()
    assert plan.state == State.APPLYING


def test_what_was_perhaps_sent_when_its_key_was_refused_is_not_stopped_before_that_is_known(
    scope: Scope, platform: Sandbox, grow: Grow
) -> None:
    plan = apply_now(scope, plan_of(scope, grow()))
    platform.control(fault={"kind": "drop_after", "method": "apply"})
    run(parts(plan)[0])
    give_secret("wrong")
    later(8)
    assert states(through(plan)) == [Sent.PARKED]
    with pytest.raises(NotReady, match="perhaps_sent"):
        applying.stop(scope, plan)
    decisions.resume(give_secret("services-demo-key"))
    assert through(plan).state == State.APPLIED
    assert platform.calls("apply") == 1


# --- a change of a plan on its own page


def test_the_second_taken_back_by_itself_while_the_first_is_under_way_does_not_open_the_plan(
    scope: Scope, platform: Sandbox, grow: Grow, theirs: Intent
) -> None:
    plan = apply_now(scope, plan_of(scope, grow(), theirs))
    decisions.cancel(scope, parts(plan)[1])
    assert advanced(plan).state == State.APPLYING
    plan = through(plan)
    assert (plan.state, [entry.change is not None for entry in entries(plan)]) == (State.OPEN, [True, False])


def test_a_change_taken_back_by_itself_opens_its_plan(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = apply_now(scope, plan_of(scope, grow()))
    decisions.cancel(scope, parts(plan)[0])
    assert through(plan).state == State.OPEN
    assert platform.calls("apply") == 0
    assert through(apply_now(scope, plan)).state == State.APPLIED


def test_what_was_rejected_is_asked_for_again_by_the_plan_alone(scope: Scope, grow: Grow) -> None:
    plan = through(apply_now(scope, plan_of(scope, grow(by=10_000))))
    with pytest.raises(TooLate):
        decisions.retry(scope, parts(plan)[0])


def test_a_conflict_seen_right_before_sending_opens_the_plan_and_is_not_overwritten_by_itself(
    scope: Scope, platform: Sandbox, grow: Grow
) -> None:
    wanted = grow()
    plan = apply_now(scope, plan_of(scope, wanted))
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "virtualmachine", "name": wanted.key, "disk": wanted.before["disk"] + 7}])
    run_all()
    (change,) = parts(plan)
    assert change.state == Sent.CONFLICT
    with pytest.raises(TooLate):
        decisions.resolve_conflict(scope, change, overwrite=True)
    plan = through(plan)
    assert (plan.state, states(plan)) == (State.OPEN, [Sent.CANCELLED])
    assert machine(platform, wanted.key)["disk"] == wanted.before["disk"] + 7


def test_what_waits_for_its_next_attempt_is_tried_now(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    plan = apply_now(scope, plan_of(scope, grow()))
    platform.control(fault={"kind": "drop_before", "method": "query", "times": 9})
    change = run(parts(plan)[0])
    assert change.state == Sent.QUEUED
    platform.control(reset=True)
    decisions.retry(scope, change)
    assert through(plan).state == State.APPLIED


# --- faults on the way


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "status", "truncate", "garbage"])
def test_an_answer_that_is_lost_is_found_out(scope: Scope, platform: Sandbox, grow: Grow, kind: str) -> None:
    wanted = grow()
    plan = apply_now(scope, plan_of(scope, wanted))
    platform.control(fault={"kind": kind, "method": "apply"} | ({"value": 500} if kind == "status" else {}))
    for _step in range(3):
        plan = through(plan)
        later(8)
    assert through(plan).state == State.APPLIED
    assert machine(platform, wanted.key)["disk"] == wanted.wanted["disk"]
    with platform.proxy() as proxy:
        calls = [entry["args"] for entry in proxy.log(1) if entry["method"] == "apply" and not entry["exception"]]
    assert sum(f'"{wanted.key}"' in args and f'"disk": {wanted.wanted["disk"]}' in args for args in calls) == 1


def test_what_changed_by_somebody_else_is_found_when_it_is_known(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    wanted = grow()
    plan = plan_of(scope, wanted)
    outside(platform, scope, "virtualmachine", name=wanted.key, disk=wanted.before["disk"] + 3)
    assert Review.of(scope, plan).obstacle == "conflict"
