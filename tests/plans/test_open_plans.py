"""What pages know of open plans: looked up once for each thing that is done, and never older than the page."""

from collections.abc import Callable
from typing import Any

from portal.accounts.access import Scope
from portal.changes.submit import PlanPart, submit
from portal.plans import applying, compose, open_plans
from portal.plans.models import Part
from tests.plans.conftest import Grow, apply_now, entries, plan_of, run_all

type ScopeOf = Callable[..., Scope]


def counts(scope: Scope) -> dict[str, int]:
    return {plan.name: plan.count for plan in open_plans.of(scope).plans}


def test_of_a_customer_without_plans_nothing_is_asked(scope: Scope, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert open_plans.of(scope) == open_plans.NONE


def test_they_are_looked_up_once(scope: Scope, grow: Grow, scope_of: ScopeOf, django_assert_num_queries: Any) -> None:
    plan_of(scope, grow())
    page, other = scope_of("manager"), scope_of("viewer")
    assert counts(page) == {"Black Friday": 1}
    with django_assert_num_queries(0):
        assert counts(page) == counts(other) == {"Black Friday": 1}


def test_a_page_knows_of_all_that_was_done_before_it(scope: Scope, grow: Grow, scope_of: ScopeOf) -> None:
    plan = plan_of(scope, grow(0))
    assert counts(scope_of("manager")) == {"Black Friday": 1}
    plan_of(scope, grow(1))
    assert counts(scope_of("manager")) == {"Black Friday": 2}
    compose.describe(scope, plan, "Cyber Monday", "")
    assert counts(scope_of("manager")) == {"Cyber Monday": 2}
    compose.put_away(scope, plan)
    assert counts(scope_of("manager")) == {}


def test_what_was_done_while_a_page_was_looking_is_not_lost_to_the_next(
    scope: Scope, grow: Grow, scope_of: ScopeOf
) -> None:
    plan_of(scope, grow(0))
    page = scope_of("manager")  # has read the version, and not the plans yet
    plan_of(scope, grow(1))
    assert counts(page) == {"Black Friday": 2}
    plan_of(scope, grow(2))
    assert counts(scope_of("manager")) == {"Black Friday": 3}


def test_what_an_earlier_part_has_brought_about_is_in_the_plan_no_more(
    scope: Scope, grow: Grow, scope_of: ScopeOf
) -> None:
    later = grow(1)
    plan = plan_of(scope, grow(0), later)
    first, second = entries(plan)
    plan = apply_now(scope, plan)
    Part.objects.update(entries=[first.pk])
    change = submit(scope, [later], "second part", of_plan=PlanPart(plan.number, stands_by=True))
    Part.objects.create(plan=plan, attempt=plan.attempt, position=1, change=change, entries=[second.pk])
    assert counts(scope_of("manager")) == {"Black Friday": 2}
    run_all()
    applying.advance(plan.pk)
    assert counts(scope_of("manager")) == {"Black Friday": 1}


def test_the_current_plan_is_each_persons_own(scope: Scope, grow: Grow, scope_of: ScopeOf) -> None:
    plan_of(scope, grow())
    compose.begin(scope_of("operator"), "Rebuild")
    chosen = {name: open_plans.of(scope_of(name)).current for name in ("manager", "operator", "viewer")}
    assert {name: one and one.name for name, one in chosen.items()} == {
        "manager": "Black Friday",
        "operator": "Rebuild",
        "viewer": None,
    }
