"""Putting a plan together: who may, what becomes of it, and that nothing is lost by two who do it at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry, Customer
from portal.changes.intent import Intent
from portal.plans import compose, tasks
from portal.plans.compose import begin, choose, current_plan, put_in, take_out
from portal.plans.errors import NotOpen, TooMany
from portal.plans.models import LONGEST_NAME, LONGEST_NOTE, MOST_ENTRIES, UNTOUCHED_FOR, Entry, Plan, State
from tests.changes.test_leases import in_threads
from tests.plans.conftest import Grow, entries, keys, new_group, new_machine
from tests.support.services import Sandbox

type ScopeOf = Callable[..., Scope]


def new_users(count: int, first: int = 0) -> list[Intent]:
    """That many service users that are not there."""
    return [
        Intent(type_name="serviceuser", key=f"shop/s-x{number}", wanted={"description": ""}, creates=True)
        for number in range(first, first + count)
    ]


def grant(group: str = "shop") -> Intent:
    return Intent(type_name="permission", key=f"{group}/zoe/login", creates=True)


# --- what goes in


def test_what_is_put_in_is_kept_and_nothing_is_sent(scope: Scope, platform: Sandbox, grow: Grow) -> None:
    wanted = grow()
    plan = put_in(scope, [wanted], name="Black Friday")
    (entry,) = entries(plan)
    assert (plan.number, plan.name, plan.author, plan.state) == (1, "Black Friday", scope.user, State.OPEN)
    assert (entry.key, entry.group, entry.wanted, entry.author) == (wanted.key, "shop", wanted.wanted, scope.user)
    assert entry.before["disk"] == wanted.before["disk"]
    assert "deletion" in entry.before  # which sending it would cancel (vm_20)
    assert platform.calls("apply") == 0


def test_the_same_record_is_one_entry_at_its_place_and_says_so(scope: Scope, grow: Grow) -> None:
    first, second, again = grow(0), grow(1), grow(0, by=5)
    plan = put_in(scope, [first, second])
    put_in(scope, [again])
    assert keys(entries(plan)) == [first.key, second.key]
    entry = entries(plan)[0]
    assert entry.wanted == again.wanted
    assert entry.said == [{"kind": "replaced", "field": "disk", "was": first.wanted["disk"]}]


def test_the_same_record_twice_at_once_is_one_entry_too(scope: Scope, grow: Grow) -> None:
    plan = put_in(scope, [grow(0), grow(0, by=5), *new_users(1), *new_users(1)])
    assert [(entry.type_name, entry.wanted.get("disk")) for entry in entries(plan)] == [
        ("virtualmachine", grow(0, by=5).wanted["disk"]),
        ("serviceuser", None),
    ]


def test_what_asks_for_nothing_any_more_is_no_entry(scope: Scope, grow: Grow) -> None:
    wanted = grow()
    plan = put_in(scope, [wanted, *new_users(1)])
    back = Intent(type_name=wanted.type_name, key=wanted.key, before=wanted.before, wanted=dict(wanted.before))
    gone = Intent(type_name="permission", key="shop/zoe/login", action="delete")
    put_in(scope, [back, grant()])
    assert keys(entries(plan)) == ["shop/s-x0", "shop/zoe/login"]
    with pytest.raises(Http404):  # it is not there yet
        put_in(scope, [gone])


def test_what_goes_into_a_group_that_the_plan_creates(scope: Scope) -> None:
    plan = put_in(scope, [new_group("sale")])
    put_in(scope, [new_machine("sale00", "sale"), grant("sale")])
    assert [(entry.key, entry.group) for entry in entries(plan)] == [
        ("sale", "shop"),
        ("sale00", "sale"),
        ("sale/zoe/login", "sale"),
    ]
    with pytest.raises(Http404):  # another plan knows nothing of it
        put_in(scope, [new_machine("sale01", "sale")], begin(scope))


def test_every_edit_is_a_revision_on_record(scope: Scope, grow: Grow) -> None:
    plan = put_in(scope, [grow(0)])
    put_in(scope, [grow(1)])
    take_out(scope, plan, [entries(plan)[0].pk])
    plan.refresh_from_db()
    assert plan.revision == 3
    done = AuditEntry.objects.filter(action__startswith="plan.").order_by("sequence")
    assert [entry.action for entry in done] == ["plan.begun", *["plan.edited"] * 3]


def test_pages_learn_of_every_edit(scope: Scope, grow: Grow) -> None:
    def version() -> int:
        return Customer.objects.get(pk=scope.customer.pk).plans_version

    before = version()
    plan = put_in(scope, [grow()])
    assert (after := version()) > before
    take_out(scope, plan, [entries(plan)[0].pk])
    assert version() > after


def test_what_somebody_else_asked_for_before_is_remembered(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    operator = scope_of("operator")
    plan = put_in(operator, [grow()])
    put_in(scope, [grow(by=5)], plan)
    put_in(scope, [grow(by=6)], plan)
    (entry,) = entries(plan)
    assert (entry.author, entry.earlier_authors) == (scope.user, [operator.user.pk])


# --- limits


def test_a_plan_holds_so_many_and_not_one_more(scope: Scope) -> None:
    plan = put_in(scope, new_users(MOST_ENTRIES))
    put_in(scope, new_users(1))  # is in it already
    with pytest.raises(TooMany) as raised:
        put_in(scope, new_users(1, first=MOST_ENTRIES))
    assert raised.value.count == MOST_ENTRIES + 1
    plan.refresh_from_db()
    assert (plan.entries.count(), plan.revision) == (MOST_ENTRIES, 2)


def test_what_does_not_fit_begins_no_plan(scope: Scope) -> None:
    with pytest.raises(TooMany):
        put_in(scope, new_users(5000))
    assert not Plan.objects.exists()


def test_a_thousand_are_as_few_statements_as_can_be(scope: Scope) -> None:
    put_in(scope, new_users(1))
    with CaptureQueriesContext(connection) as few:
        put_in(scope, new_users(1), begin(scope))
    with CaptureQueriesContext(connection) as many:
        plan = put_in(scope, new_users(MOST_ENTRIES), begin(scope))
    assert len(many) <= len(few) + 10
    with CaptureQueriesContext(connection) as again:
        put_in(scope, new_users(MOST_ENTRIES), plan)
    assert len(again) <= len(few) + 10


def test_a_name_and_a_note_of_any_length_are_kept_as_far_as_they_fit(scope: Scope) -> None:
    plan = begin(scope, "n" * 300, "m" * 100_000)
    compose.describe(scope, plan, "n" * 300, "m" * 100_000)
    plan.refresh_from_db()
    assert (len(plan.name), len(plan.note), plan.revision) == (LONGEST_NAME, LONGEST_NOTE, 0)


# --- who may


@pytest.mark.parametrize("name", ["viewer", "billing"])
def test_who_may_not_change_anything_puts_nothing_in(scope: Scope, scope_of: ScopeOf, grow: Grow, name: str) -> None:
    plan = put_in(scope, [grow()])
    other = scope_of(name)
    for attempt in (
        lambda: put_in(other, [grow(1)], plan),
        lambda: take_out(other, plan, [entries(plan)[0].pk]),
        lambda: take_out(other, plan, []),
        lambda: begin(other),
        lambda: choose(other, plan),
        lambda: compose.describe(other, plan, "", ""),
        lambda: compose.put_away(other, plan),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    plan.refresh_from_db()
    assert (plan.revision, plan.name, plan.state) == (1, "", State.OPEN)


def test_an_operator_neither_puts_in_a_right_nor_takes_one_out(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    plan = put_in(scope, [grant()])
    with pytest.raises(PermissionDenied):
        put_in(scope_of("operator"), [grow(), grant("example")], plan)
    with pytest.raises(Http404):  # which they do not see
        take_out(scope_of("operator"), plan, [entries(plan)[0].pk])
    assert keys(entries(plan)) == ["shop/zoe/login"]


def test_a_limited_member_puts_in_and_takes_out_what_is_theirs(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    child, theirs = scope_of("child"), grow(group="example")
    plan = put_in(scope, [grow()])
    put_in(child, [theirs], plan)
    with pytest.raises(Http404):
        put_in(child, [grow(1)], plan)
    outside, own = entries(plan)
    with pytest.raises(Http404):
        take_out(child, plan, [own.pk, outside.pk])
    assert take_out(child, plan, [own.pk]) == 1
    assert keys(entries(plan)) == [outside.key]


def test_forged_ids_touch_nothing_and_make_no_revision(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    outsider = scope_of("outsider", "10002")
    group = Intent(type_name="resourcegroup", key="acme-new", wanted={"parent": "acme"}, creates=True)
    theirs = put_in(outsider, [group])
    plan, other = put_in(scope, [grow(0)]), begin(scope)
    put_in(scope, [grow(1)], other)
    assert take_out(scope, plan, [entries(theirs)[0].pk, entries(other)[0].pk, -1, 10**12]) == 0
    plan.refresh_from_db()
    assert (plan.revision, Entry.objects.count()) == (1, 3)


# --- the current plan


def test_each_person_has_a_plan_that_changes_go_into(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    operator = scope_of("operator")
    mine, theirs = put_in(scope, [grow(0)]), put_in(operator, [grow(1)])
    assert (current_plan(scope), current_plan(operator)) == (mine, theirs)
    choose(scope, theirs)
    put_in(scope, [grow(2)])
    assert (mine.entries.count(), theirs.entries.count()) == (1, 2)


def test_a_plan_that_was_put_away_is_nobodys_current_one_until_it_is_opened_again(scope: Scope, grow: Grow) -> None:
    plan = put_in(scope, [grow(0)])
    compose.put_away(scope, plan)
    assert current_plan(scope) is None
    with pytest.raises(NotOpen):
        put_in(scope, [grow(1)], plan)
    assert put_in(scope, [grow(1)]) != plan
    compose.open_again(scope, plan)
    assert current_plan(scope) == plan
    assert plan.entries.count() == 1
    with pytest.raises(NotOpen):
        compose.open_again(scope, plan)


def test_what_nobody_has_touched_for_a_month_is_put_away_and_nothing_is_lost(scope: Scope, grow: Grow) -> None:
    old, new = put_in(scope, [grow(0)], begin(scope)), put_in(scope, [grow(1)], begin(scope))
    Plan.objects.filter(pk=old.pk).update(touched=timezone.now() - UNTOUCHED_FOR - timedelta(seconds=1))
    Plan.objects.filter(pk=new.pk).update(touched=timezone.now() - UNTOUCHED_FOR + timedelta(minutes=1))
    tasks.put_away()
    assert list(Plan.objects.order_by("pk").values_list("state", flat=True)) == [State.CLOSED, State.OPEN]
    assert old.entries.count() == 1
    assert AuditEntry.objects.filter(action="plan.closed", target="plan 1").count() == 1
    compose.open_again(scope, old)
    tasks.put_away()
    old.refresh_from_db()
    assert old.state == State.OPEN


# --- two at once


def at_once(*work: Callable[[], Any]) -> list[Any]:
    return in_threads(lambda number: work[number](), count=len(work))


def test_people_who_put_something_in_at_once_lose_nothing(scope: Scope, scope_of: ScopeOf, grow: Grow) -> None:
    plan, operator = begin(scope), scope_of("operator")
    wanted = [grow(0), grow(1), grow(2), grow(3), grow(0, by=5), grow(1, by=5)]
    people = [scope, operator] * 3
    at_once(*(lambda one=one, who=who: put_in(who, [one], plan) for one, who in zip(wanted, people, strict=True)))
    assert sorted(keys(entries(plan))) == sorted({one.key for one in wanted})
    plan.refresh_from_db()
    assert plan.revision == len(wanted)


def test_tabs_of_somebody_without_a_plan_begin_one(scope: Scope, grow: Grow) -> None:
    wanted = [grow(number) for number in range(4)]
    at_once(*(lambda one=one: put_in(scope, [one]) for one in wanted))
    (plan,) = Plan.objects.all()
    assert plan.entries.count() == len(wanted)


def test_people_who_begin_at_once_begin_plans_of_different_numbers(scope: Scope, scope_of: ScopeOf) -> None:
    operator = scope_of("operator")
    at_once(*(lambda who=who: begin(who) for who in (scope, operator, scope, operator)))
    assert sorted(Plan.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
