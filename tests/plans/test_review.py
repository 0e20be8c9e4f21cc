"""A plan beside what is there now: what is in its way, what a person answers, and what is out of their sight."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from portal.accounts.access import Scope
from portal.accounts.models import Membership
from portal.changes.intent import Intent
from portal.inventory import reads
from portal.plans import applying, compose
from portal.plans.answers import OURS, THEIRS, answer
from portal.plans.compose import begin, put_in, take_out
from portal.plans.errors import NotOpen, NotReady
from portal.plans.models import Plan, State
from portal.plans.review import Checked, Review
from portal.plans.visibility import find_plan
from tests.plans.conftest import (
    Grow,
    apply_now,
    edit,
    entries,
    keys,
    machine,
    new_group,
    new_machine,
    outside,
    plain_machine,
    plan_of,
    through,
)
from tests.support.services import Sandbox

type ScopeOf = Callable[..., Scope]
USER, MACHINE, GROUP = "serviceuser", "virtualmachine", "resourcegroup"


def new_user(uid: str, group: str = "shop", description: str = "ours") -> Intent:
    return Intent(type_name=USER, key=f"{group}/{uid}", wanted={"description": description}, creates=True)


def describing(uid: str, before: str, wanted: str) -> Intent:
    return Intent(type_name=USER, key=f"shop/{uid}", wanted={"description": wanted}, before={"description": before})


def only(scope: Scope, plan: Plan) -> Checked:
    (checked,) = Review.of(scope, Plan.objects.get(pk=plan.pk)).checked
    return checked


def obstacle(scope: Scope, plan: Plan) -> str:
    return Review.of(scope, Plan.objects.get(pk=plan.pk)).obstacle


@pytest.fixture
def resized(scope: Scope, platform: Sandbox) -> tuple[Plan, str, int]:
    """A plan that gives a machine two fields, one of which somebody else changed meanwhile; its name and disk."""
    present = plain_machine(platform)
    name, disk = present["name"], present["disk"]
    before = {"disk": disk, "service_description": present["service_description"]}
    plan = plan_of(scope, edit(name, before, {"disk": disk + 5, "service_description": "ours"}))
    outside(platform, scope, MACHINE, name=name, disk=disk + 2)
    return plan, name, disk


# --- what is in its way


def test_what_is_as_it_was_is_in_nobodys_way(scope: Scope, grow: Grow) -> None:
    plan = plan_of(scope, grow())
    assert (only(scope, plan).reason, obstacle(scope, plan)) == ("", "")
    assert only(scope, plan).is_so is False


def test_what_has_changed_meanwhile_shows_three_values(scope: Scope, resized: tuple[Plan, str, int]) -> None:
    plan, _name, disk = resized
    found = only(scope, plan)
    assert found.reason == "changed"
    assert found.fields == {"disk": {"before": disk, "wanted": disk + 5, "present": disk + 2}}
    assert obstacle(scope, plan) == "conflict"
    with pytest.raises(NotReady) as raised:
        apply_now(scope, plan)
    assert raised.value.reason == "conflict"


def test_what_somebody_else_has_made_as_wanted_is_so_and_no_conflict(
    scope: Scope, platform: Sandbox, grow: Grow
) -> None:
    wanted = grow()
    plan = plan_of(scope, wanted)
    outside(platform, scope, MACHINE, name=wanted.key, disk=wanted.wanted["disk"])
    assert (only(scope, plan).reason, only(scope, plan).is_so) == ("", True)


def test_a_deletion_that_was_planned_meanwhile_is_a_conflict(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    wanted = grow()
    plan = plan_of(scope, wanted)
    outside(platform, scope, MACHINE, name=wanted.key, __action__="delete", deadline="2027-01-15")
    found = only(scope, plan)
    assert (found.reason, list(found.fields)) == ("changed", ["deletion"])


def test_what_is_gone_and_what_is_there_already_are_conflicts(scope: Scope, platform: Sandbox) -> None:
    outside(platform, scope, USER, resource_group="shop", uid="s-going", description="a")
    plan = plan_of(scope, describing("s-going", "a", "b"), new_user("s-coming"))
    outside(platform, scope, USER, resource_group="shop", uid="s-going", __action__="delete")
    outside(platform, scope, USER, resource_group="shop", uid="s-coming", description="theirs")
    review = Review.of(scope, plan)
    assert {one.intent.key: one.reason for one in review.conflicts} == {
        "shop/s-going": "gone",
        "shop/s-coming": "exists",
    }


def test_a_deletion_of_what_is_gone_is_so(scope: Scope, platform: Sandbox) -> None:
    outside(platform, scope, USER, resource_group="shop", uid="s-twice", description="a")
    plan = plan_of(scope, Intent(type_name=USER, key="shop/s-twice", action="delete"))
    outside(platform, scope, USER, resource_group="shop", uid="s-twice", __action__="delete")
    assert (only(scope, plan).reason, only(scope, plan).is_so) == ("", True)
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED


def test_a_deletion_of_what_is_gone_with_its_group_is_given_up(scope: Scope, platform: Sandbox) -> None:
    outside(platform, scope, GROUP, name="passing", parent="shop")
    outside(platform, scope, USER, resource_group="passing", uid="s-passing", description="a")
    plan = plan_of(
        scope,
        Intent(type_name=USER, key="passing/s-passing", action="delete"),
        Intent(type_name=GROUP, key="passing", action="delete"),
    )
    outside(platform, scope, GROUP, name="passing", __action__="delete")
    reads.refresh(scope, USER)
    assert [one.reason for one in Review.of(scope, plan).checked] == ["gone", "gone"]
    for entry in entries(plan):
        answer(scope, plan, entry.pk, {"": THEIRS})
    assert obstacle(scope, plan) == "empty"


def test_what_was_taken_out_leaves_contradictions_that_are_explained(scope: Scope) -> None:
    plan = plan_of(scope, new_group("sale"))
    put_in(scope, [new_machine("sale00", "sale")])
    take_out(scope, plan, [entries(plan)[0].pk])
    (found,) = Review.of(scope, plan).contradictions
    assert (found.kind, found.intent.key, found.names) == ("no_group", "sale00", ("sale",))
    assert obstacle(scope, plan) == "contradiction"
    with pytest.raises(NotReady):
        apply_now(scope, plan)


def test_a_group_that_still_holds_machines_is_not_deleted(scope: Scope) -> None:
    plan = plan_of(scope, Intent(type_name=GROUP, key="shop", action="delete"))
    found = {one.kind: one for one in Review.of(scope, plan).contradictions}
    assert set(found) == {"holds"}
    assert "shop00" in found["holds"].names


def test_the_keys_own_group_is_not_moved(scope: Scope) -> None:
    plan = plan_of(scope, Intent(type_name=GROUP, key="services", wanted={"parent": "shop"}, before={"parent": ""}))
    assert {one.kind for one in Review.of(scope, plan).contradictions} == {"circle", "own"}


# --- answers


def test_ours_over_theirs_is_applied(scope: Scope, platform: Sandbox, resized: tuple[Plan, str, int]) -> None:
    plan, name, disk = resized
    answer(scope, plan, entries(plan)[0].pk, {"disk": OURS})
    assert (only(scope, plan).reason, entries(plan)[0].before["disk"]) == ("", disk + 2)
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED
    assert (machine(platform, name)["disk"], machine(platform, name)["service_description"]) == (disk + 5, "ours")


def test_theirs_over_ours_leaves_the_other_fields(
    scope: Scope, platform: Sandbox, resized: tuple[Plan, str, int]
) -> None:
    plan, name, disk = resized
    answer(scope, plan, entries(plan)[0].pk, {"disk": THEIRS})
    assert entries(plan)[0].wanted == {"service_description": "ours"}
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED
    assert (machine(platform, name)["disk"], machine(platform, name)["service_description"]) == (disk + 2, "ours")


def test_an_answer_for_all_fields_is_one_for_each(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    wanted = grow()
    plan = plan_of(scope, wanted)
    outside(platform, scope, MACHINE, name=wanted.key, disk=wanted.before["disk"] + 7)
    answer(scope, plan, entries(plan)[0].pk, {"": THEIRS})
    assert entries(plan) == []  # nothing is left of it


def test_an_answer_for_one_field_leaves_the_other_asked(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    before = {"disk": present["disk"], "cores": present["cores"]}
    plan = plan_of(scope, edit(present["name"], before, {"disk": present["disk"] + 5, "cores": present["cores"] + 2}))
    outside(platform, scope, MACHINE, name=present["name"], disk=present["disk"] + 1, cores=present["cores"] + 1)
    answer(scope, plan, entries(plan)[0].pk, {"disk": OURS})
    assert list(only(scope, plan).fields) == ["cores"]


def test_a_deletion_planned_meanwhile_is_cancelled_by_ours_and_stays_by_theirs(
    scope: Scope, platform: Sandbox, grow: Grow
) -> None:
    first, second = grow(0), grow(1)
    plan = plan_of(scope, first, second)
    for one in (first, second):
        outside(platform, scope, MACHINE, name=one.key, __action__="delete", deadline="2027-01-15")
    answer(scope, plan, entries(plan)[0].pk, {"deletion": OURS})
    answer(scope, plan, entries(plan)[1].pk, {"deletion": THEIRS})
    assert keys(entries(plan)) == [first.key]
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED
    assert machine(platform, first.key)["deletion"]["deadline"] == ""
    assert machine(platform, second.key)["deletion"]["deadline"] == "2027-01-15"


def test_a_deletion_that_is_to_be_cancelled_is_no_conflict_where_it_is_planned_for_another_day_by_now(
    scope: Scope, platform: Sandbox
) -> None:
    name = plain_machine(platform)["name"]
    outside(platform, scope, MACHINE, name=name, __action__="delete", deadline="2027-01-15")
    seen = machine(platform, name)["deletion"]
    plan = plan_of(scope, edit(name, {"deletion": seen}, {}))
    outside(platform, scope, MACHINE, name=name, __action__="delete", deadline="2027-02-15")
    assert (only(scope, plan).reason, entries(plan)[0].wanted) == ("", {})
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED
    assert machine(platform, name)["deletion"]["deadline"] == ""


def test_what_is_gone_can_only_be_given_up(scope: Scope, platform: Sandbox) -> None:
    outside(platform, scope, USER, resource_group="shop", uid="s-gone", description="a")
    plan = plan_of(scope, describing("s-gone", "a", "b"))
    outside(platform, scope, USER, resource_group="shop", uid="s-gone", __action__="delete")
    with pytest.raises(NotReady):
        answer(scope, plan, entries(plan)[0].pk, {"": OURS})
    assert len(entries(plan)) == 1
    answer(scope, plan, entries(plan)[0].pk, {"": THEIRS})
    assert entries(plan) == []


def test_what_is_there_already_is_edited_by_ours(scope: Scope, platform: Sandbox) -> None:
    plan = plan_of(scope, new_user("s-there"), new_user("s-there-too"))
    for uid in ("s-there", "s-there-too"):
        outside(platform, scope, USER, resource_group="shop", uid=uid, description="theirs")
    answer(scope, plan, entries(plan)[1].pk, {"": THEIRS})
    answer(scope, plan, entries(plan)[0].pk, {"": OURS})
    (entry,) = entries(plan)
    assert (entry.creates, entry.wanted, entry.before) == (
        False,
        {"description": "ours"},
        {"description": "theirs"},
    )
    apply_now(scope, plan)
    assert through(plan).state == State.APPLIED


def test_a_machine_that_is_there_already_is_edited_knowing_of_its_deletion(scope: Scope, platform: Sandbox) -> None:
    wanted = new_machine("shop97", disk=30)
    plan = plan_of(scope, wanted)
    outside(platform, scope, MACHINE, name="shop97", resource_group="shop", location="rzob", disk=20)
    outside(platform, scope, MACHINE, name="shop97", __action__="delete", deadline="2027-01-15")
    answer(scope, plan, entries(plan)[0].pk, {"": OURS})
    (entry,) = entries(plan)
    assert (entry.wanted, entry.before["disk"]) == ({"disk": 30}, 20)
    assert entry.before["deletion"]["deadline"] == "2027-01-15"


def test_an_answer_that_comes_twice_or_says_nothing_is_no_edit(scope: Scope, resized: tuple[Plan, str, int]) -> None:
    plan, _name, _disk = resized
    pk = entries(plan)[0].pk
    answer(scope, plan, pk, {"": OURS})
    plan.refresh_from_db()
    revision = plan.revision
    for twice, said in ((pk, {"": THEIRS}), (pk, {"disk": THEIRS}), (pk + 1000, {"": THEIRS})):
        with pytest.raises(NotReady):
            answer(scope, plan, twice, said)
    plan.refresh_from_db()
    assert (plan.revision, len(entries(plan))) == (revision, 1)


def test_who_may_not_change_it_answers_nothing(scope: Scope, scope_of: ScopeOf, resized: tuple[Plan, str, int]) -> None:
    plan, _name, _disk = resized
    pk = entries(plan)[0].pk
    with pytest.raises(PermissionDenied):
        answer(scope_of("viewer"), plan, pk, {"": THEIRS})
    with pytest.raises(NotReady):
        answer(scope_of("child"), plan, pk, {"": THEIRS})  # who does not see that there is a conflict
    assert len(entries(plan)) == 1
    compose.put_away(scope, plan)
    with pytest.raises(NotOpen):
        answer(scope, plan, pk, {"": THEIRS})


# --- out of sight


@pytest.fixture
def mixed(scope: Scope, grow: Grow) -> Plan:
    """A plan with an entry within the group `example` and one outside of it."""
    return plan_of(scope, grow(), grow(group="example"))


def test_a_limited_member_sees_theirs_and_that_there_is_more(scope: Scope, scope_of: ScopeOf, mixed: Plan) -> None:
    child = scope_of("child")
    review = Review.of(child, find_plan(child, mixed.number))
    assert ([entry.group for entry in review.visible], review.hidden) == (["example"], 1)
    assert [one.entry.group for one in review.checked] == ["example"]
    assert [len(items) for _key, items in review.split.parts] == [1]
    whole = Review.of(scope, mixed)
    assert (len(whole.visible), whole.hidden) == (2, 0)


def test_a_limited_member_neither_applies_nor_stops_what_they_do_not_see(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox, mixed: Plan
) -> None:
    child = scope_of("child")
    with pytest.raises(NotReady) as raised:
        apply_now(child, mixed)
    assert raised.value.reason == "hidden"
    apply_now(scope, mixed)
    with pytest.raises(NotReady):
        applying.stop(child, mixed)
    assert through(mixed).state == State.APPLIED


def test_a_plan_of_nothing_that_they_see_is_not_there(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    child, plan = scope_of("child"), plan_of(scope, grow())
    with pytest.raises(Http404):
        find_plan(child, plan.number)
    with pytest.raises(Http404):
        find_plan(scope_of("outsider", "10002"), plan.number)
    with pytest.raises(Http404):
        find_plan(scope, 10**30)
    with pytest.raises(PermissionDenied):
        find_plan(scope_of("billing"), plan.number)
    assert find_plan(child, begin(child).number)


def test_groups_that_the_plan_creates_within_theirs_are_theirs(scope: Scope, scope_of: ScopeOf) -> None:
    plan = plan_of(scope, new_group("example-a", "example"), new_group("sale", "shop"))
    put_in(scope, [new_machine("example-a00", "example-a"), new_machine("sale00", "sale")])
    child = scope_of("child")
    assert keys(Review.of(child, find_plan(child, plan.number)).visible) == ["example-a", "example-a00"]


def test_whose_scope_has_shrunk_sees_no_more_than_that(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    operator = scope_of("operator")
    plan = put_in(operator, [grow(), grow(group="example")])
    Membership.objects.filter(user=operator.user).update(group="example")
    limited = scope_of("operator")
    review = Review.of(limited, find_plan(limited, plan.number))
    assert ([entry.group for entry in review.visible], review.hidden) == (["example"], 1)


def test_what_a_limited_member_put_into_a_group_that_is_taken_out_stays_theirs(scope: Scope, scope_of: ScopeOf) -> None:
    child = scope_of("child")
    plan = put_in(child, [new_group("example-a", "example"), new_machine("example-a00", "example-a")])
    take_out(child, plan, [entries(plan)[0].pk])
    (left,) = Review.of(child, plan).visible
    assert [one.kind for one in Review.of(child, plan).contradictions] == ["no_group"]
    assert take_out(child, plan, [left.pk]) == 1


# --- what it costs


def test_a_review_takes_as_many_queries_for_any_number_of_entries(scope: Scope, scope_of: ScopeOf) -> None:
    def taken(who: Scope, plan: Plan) -> int:
        with CaptureQueriesContext(connection) as asked:
            review = Review.of(who, find_plan(who, plan.number))
            _ = (review.obstacle, review.checked, review.hidden, review.conflicts, review.contradictions, review.split)
        return len(asked)

    def grown(count: int) -> Plan:
        users = [new_user(f"s-x{number}", "example") for number in range(count)]
        groups = [new_group(f"example-n{number}", "example") for number in range(count)]
        there = [_described(name) for name in ("shop", "example", "old")[: 1 + count // 2]]
        return put_in(scope, [*users, *groups, *there], begin(scope))

    plans = [grown(count) for count in (1, 3, 300)]
    for who in (scope, scope_of("child")):
        taken(who, plans[0])  # what a process remembers
        assert len({taken(who, plan) for plan in plans}) == 1


def _described(group: str) -> Intent:
    wanted: dict[str, Any] = {"maintenance_start": 3}
    return Intent(type_name=GROUP, key=group, wanted=wanted, before={"maintenance_start": 22})
