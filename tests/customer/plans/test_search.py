"""Search finds plans by name and number, open or applied: those that the person sees, and what they see of them."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.plans import compose, ended
from portal.plans.models import Plan, State
from tests.customer.conftest import Browse, part, text_of
from tests.customer.plans.conftest import OTHER, PLAN, PLANS, MakePlan

FIND = "/c/10001/find/"


def find(browse: Browse, name: str, text: str) -> list[Any]:
    found: list[Any] = browse(name).get(FIND, {"q": text}).context["search"].hits
    return found


def plans(browse: Browse, name: str, text: str) -> list[str]:
    """Titles of the plans that are found."""
    return [hit.title for hit in find(browse, name, text) if hit.address.startswith(PLANS) and hit.address != PLANS]


@pytest.mark.parametrize("text", ["Black Friday", "friday", "FRI black", "1", "plan 1", "Plan black"])
def test_a_plan_is_found_by_name_and_number(browse: Browse, plan: MakePlan, text: str) -> None:
    plan()
    (hit,) = (hit for hit in find(browse, "viewer", text) if hit.address == PLAN)
    assert (hit.title, hit.note) == ("Black Friday", "Open · 2 changes · Plan 1")


@pytest.mark.parametrize("text", ["", "white", "black white", "2", "plan 11", "plan 2"])
def test_and_by_nothing_else(browse: Browse, plan: MakePlan, text: str) -> None:
    plan()
    assert plans(browse, "viewer", text) == []


def test_one_without_a_name_is_found_by_its_number(browse: Browse, scope_of: Callable[..., Scope]) -> None:
    compose.begin(scope_of("operator"))
    (hit,) = (hit for hit in find(browse, "operator", "plan 1") if hit.address == PLAN)
    assert (hit.title, hit.note) == ("Plan 1", "Open · 0 changes · Plan")


def test_who_is_limited_to_a_group_finds_what_holds_something_of_theirs(browse: Browse, plan: MakePlan) -> None:
    first = plan()
    assert plans(browse, "child", "friday") == []
    plan(OTHER, into=first)
    (hit,) = find(browse, "child", "friday")
    assert (hit.address, hit.note) == (PLAN, "Open · one change · Plan 1")


def test_who_sees_no_changes_finds_none(browse: Browse, plan: MakePlan) -> None:
    plan()
    assert plans(browse, "billing", "friday") == []


def test_nor_does_anybody_find_one_that_is_closed(
    browse: Browse, plan: MakePlan, scope_of: Callable[..., Scope]
) -> None:
    compose.put_away(scope_of("operator"), plan())
    assert plans(browse, "operator", "friday") == []


def applied(plan: Plan) -> Plan:
    Plan.objects.filter(pk=plan.pk).update(state=State.APPLIED)
    return plan


@pytest.mark.parametrize("text", ["Black Friday", "FRI black", "1", "plan 1"])
def test_one_that_is_applied_is_found_and_said_to_be(browse: Browse, plan: MakePlan, text: str) -> None:
    applied(plan())
    (hit,) = (hit for hit in find(browse, "viewer", text) if hit.address == PLAN)
    assert (hit.icon, hit.title, hit.note) == ("circle-check", "Black Friday", "Applied · 2 changes · Plan 1")


def test_open_ones_come_before_those_that_are_applied(
    browse: Browse, plan: MakePlan, scope_of: Callable[..., Scope]
) -> None:
    applied(plan())
    compose.begin(scope_of("operator"), "Friday after")
    compose.describe(scope_of("operator"), applied(compose.begin(scope_of("operator"))), "Friday before", "")
    assert plans(browse, "operator", "friday") == ["Friday after", "Friday before", "Black Friday"]


def test_of_applied_ones_too_each_finds_what_holds_something_of_theirs(browse: Browse, plan: MakePlan) -> None:
    first = applied(plan())
    assert plans(browse, "child", "friday") == []
    assert plans(browse, "billing", "friday") == []
    Plan.objects.filter(pk=first.pk).update(state=State.OPEN)
    applied(plan(OTHER, into=first))
    (hit,) = find(browse, "child", "friday")
    assert (hit.address, hit.note) == (PLAN, "Applied · one change · Plan 1")


def test_of_very_many_that_are_applied_the_newest_are_found_and_any_by_its_number(
    browse: Browse, scope_of: Callable[..., Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended, "MOST", 2)
    for number in range(1, 5):
        compose.describe(scope_of("operator"), applied(compose.begin(scope_of("operator"))), f"Rollout {number}", "")
    assert plans(browse, "operator", "rollout") == ["Rollout 4", "Rollout 3"]
    assert plans(browse, "operator", "plan 1") == ["Rollout 1"]


def test_the_plan_of_that_number_comes_first_others_after_the_records(
    browse: Browse, plan: MakePlan, scope_of: Callable[..., Scope]
) -> None:
    compose.describe(scope_of("operator"), plan(), "Rebuild shop10", "")
    assert find(browse, "operator", "1")[0].title == "Rebuild shop10"
    titles = [hit.title for hit in find(browse, "operator", "shop10")]
    assert (titles[0], titles[-1]) == ("shop10", "Rebuild shop10")
    answer = browse("operator").get(FIND, {"q": "shop10", "go": ""})
    assert answer["Location"] == "/c/10001/virtualmachine/shop10/"


def test_enter_leads_to_the_plan_that_is_meant(browse: Browse, plan: MakePlan) -> None:
    plan()
    assert browse("operator").get(FIND, {"q": "black friday", "go": ""})["Location"] == PLAN


def test_below_the_field_stand_no_more_plans_than_records(browse: Browse, scope_of: Callable[..., Scope]) -> None:
    for number in range(12):
        compose.begin(scope_of("operator"), f"Rollout {number}")
    answer = part(browse("operator"), f"{FIND}?q=rollout")
    assert answer.content.decode().count('class="hit"') == 10
    assert "2 more" in text_of(answer)
