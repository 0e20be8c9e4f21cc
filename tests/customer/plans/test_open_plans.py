"""What every page says of open plans: at its foot, in lists, on what they concern; to each person their part of it."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.plans import applying, compose
from portal.plans.models import Plan, State
from tests.changes.conftest import edit, new_machine, plain_machine
from tests.customer.conftest import part, text_of
from tests.customer.visiting import Visit, html_of, know_everything, visit
from tests.plans.conftest import new_group
from tests.support.services import Sandbox

__all__ = ["visit"]

PAGES = ("", "virtualmachine/", "virtualmachine/shop10/", "virtualmachine/shop10/-/edit", "people/", "resourcegroup/")
SHOP, EXAMPLE = "shop", "example"  # groups; the cast's child sees the second one

type PutIn = Callable[..., Plan]
type Larger = Callable[..., Intent]


@pytest.fixture
def put_in(visit: Visit, scope_of: Callable[..., Scope]) -> PutIn:
    """`put_in(intent, …)`: into the manager's plan, by default."""
    know_everything(visit)

    def put_in(*wanted: Intent, by: str = "manager", name: str = "Black Friday") -> Plan:
        return compose.put_in(scope_of(by), wanted, name=name)

    return put_in


@pytest.fixture
def larger(platform: Sandbox) -> Larger:
    """A machine of that group gets one core more."""

    def larger(group: str = SHOP, nth: int = 0) -> Intent:
        present = plain_machine(platform, group, nth)
        return edit(present["name"], {"cores": present["cores"]}, {"cores": present["cores"] + 1})

    return larger


def foot(page: Any) -> str:
    """The one line at the foot of a page, '' where there is none."""
    found = re.search(r'(?s)<p id="plan-now"([^>]*)>(.*?)</p>', html_of(page))
    assert found
    words = re.sub(r"<[^>]+>", " ", found[2]).split()
    assert bool(words) is ("hidden" not in found[1])
    return " ".join(words)


def marked(page: Any) -> list[str]:
    """Records of a list that say that they are in a plan."""
    rows: Sequence[str] = re.findall(r'(?s)<tr id="row-([^"]+)".*?</tr>', html_of(page))
    texts = re.findall(r'(?s)<tr id="row-.*?</tr>', html_of(page))
    return [name for name, text in zip(rows, texts, strict=True) if "state-plan" in text]


# --- the foot of pages


@pytest.mark.parametrize("path", PAGES)
def test_every_page_ends_with_the_current_plan(visit: Visit, put_in: PutIn, larger: Larger, path: str) -> None:
    assert foot(visit("manager", path)) == ""
    put_in(larger(nth=0), larger(nth=1))
    page = visit("manager", path)
    assert foot(page) == "Black Friday 2 changes Review"
    assert 'href="/c/10001/plans/1/"' in html_of(page)


def test_a_part_that_is_swapped_in_brings_it_along(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    put_in(larger())
    answer = visit("manager", "virtualmachine/", part=True)
    assert foot(answer) == "Black Friday one change Review"
    assert 'id="plan-now" class="plan-now" hx-swap-oob="true"' in html_of(answer)


def test_a_page_that_asks_on_is_told_of_a_plan(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    tag = visit("manager", "virtualmachine/", part=True).headers["HX-PTag"]
    assert visit("manager", "virtualmachine/", part=True, tag=tag).status_code == 304
    put_in(larger())
    assert foot(visit("manager", "virtualmachine/", part=True, tag=tag)) == "Black Friday one change Review"


def test_it_is_the_persons_own_current_plan(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    put_in(larger(nth=0))
    put_in(larger(nth=1), by="operator", name="Rebuild")
    assert foot(visit("manager", "")) == "Black Friday one change Review"
    assert foot(visit("operator", "")) == "Rebuild one change Review"


@pytest.mark.parametrize("name", ["viewer", "billing"])
def test_who_changes_nothing_has_none(visit: Visit, put_in: PutIn, larger: Larger, name: str) -> None:
    put_in(larger())
    assert foot(visit(name, "")) == ""


def test_it_goes_when_the_plan_is_closed(
    visit: Visit, put_in: PutIn, larger: Larger, scope_of: Callable[..., Scope]
) -> None:
    plan = put_in(larger())
    compose.put_away(scope_of("manager"), plan)
    assert foot(visit("manager", "")) == ""
    assert marked(visit("manager", "virtualmachine/")) == []


def test_a_plan_without_a_name_is_called_by_its_number(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    put_in(larger(), name="")
    assert foot(visit("manager", "")) == "Plan 1 one change Review"


def test_its_menu_leads_to_another_plan_and_back_to_the_page(
    visit: Visit, put_in: PutIn, larger: Larger, scope_of: Callable[..., Scope], signed_in: Any
) -> None:
    put_in(larger())
    compose.begin(scope_of("manager"), "Rebuild")
    page = html_of(visit("manager", "virtualmachine/", q="shop"))
    assert 'action="/c/10001/plans/1/-/choose"' in page
    assert 'action="/c/10001/plans/-/new"' in page
    assert 'name="next" value="/c/10001/virtualmachine/?q=shop"' in page
    answer = signed_in("manager").post("/c/10001/plans/1/-/choose", {"next": "/c/10001/virtualmachine/?q=shop"})
    assert answer.headers["Location"] == "/c/10001/virtualmachine/?q=shop"
    assert foot(visit("manager", "virtualmachine/")) == "Black Friday one change Review"


def test_the_navigation_leads_to_plans_and_says_how_many_are_open(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    put_in(larger())
    items = visit("viewer", "").context["shell"].nav
    assert [(item.url, item.count) for item in items if item.label == "Plans"] == [("/c/10001/plans/", 1)]
    assert not [item for item in visit("billing", "").context["shell"].nav if item.label == "Plans"]


def test_pages_that_are_known_ask_for_nothing_more(
    visit: Visit, put_in: PutIn, larger: Larger, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    put_in(larger())
    for _time in range(2):
        visit("manager", "virtualmachine/")
    with django_assert_max_num_queries(4):
        assert foot(visit("manager", "virtualmachine/"))


# --- what is in a plan says so


def test_a_list_marks_what_is_in_a_plan_to_everybody_who_sees_it(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    wanted = larger()
    put_in(wanted)
    for name in ("manager", "operator", "viewer"):
        page = visit(name, "virtualmachine/")
        assert marked(page) == [wanted.key]
        assert 'href="/c/10001/plans/1/" title="In plan “Black Friday”"' in html_of(page)


def test_a_list_without_states_marks_them_too(visit: Visit, put_in: PutIn) -> None:
    put_in(Intent(type_name="resourcegroup", key=SHOP, wanted={"production": False}, before={"production": True}))
    assert marked(visit("viewer", "resourcegroup/")) == [SHOP]
    assert "In plan “Black Friday”" in html_of(visit("viewer", "resourcegroup/", view="tree"))


def test_its_page_and_its_forms_say_what_the_plan_would_change(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    wanted = larger()
    put_in(wanted)
    before, after = wanted.before["cores"], wanted.wanted["cores"]
    for action in ("", "-/edit", "-/delete"):
        page = visit("operator", f"virtualmachine/{wanted.key}/{action}")
        assert 'In plan: <a href="/c/10001/plans/1/">Black Friday</a>' in html_of(page)
        assert f"Cores {before} becomes {after}" in text_of(page)


def test_the_form_of_the_plans_own_entry_does_not_say_it_again(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    wanted = larger()
    put_in(wanted)
    page = visit("manager", f"virtualmachine/{wanted.key}/-/edit", plan="1")
    assert "In plan: <a" not in html_of(page)


def test_what_is_through_is_marked_no_more(
    visit: Visit, put_in: PutIn, larger: Larger, scope_of: Callable[..., Scope]
) -> None:
    put_in(larger(), larger(nth=1))
    plan = Plan.objects.get()
    first = plan.entries.order_by("pk")[0]
    compose.take_out(scope_of("manager"), plan, [first.pk])
    assert marked(visit("manager", "virtualmachine/")) == [plan.entries.get().key]


# --- what a plan would create


def test_what_a_plan_would_create_is_counted_and_has_no_row(visit: Visit, put_in: PutIn) -> None:
    put_in(new_group("sale"), new_machine("sale00", SHOP), new_machine("sale01", SHOP))
    machines = visit("viewer", "virtualmachine/")
    assert '<a href="/c/10001/plans/1/">2 more in plan “Black Friday”</a>' in html_of(machines)
    assert "sale00" not in html_of(machines)
    for view in ("", "tree"):
        assert "1 more in plan “Black Friday”" in text_of(visit("viewer", "resourcegroup/", view=view))


# --- the overview


def test_the_overview_shows_plans_that_wait(
    visit: Visit, put_in: PutIn, larger: Larger, scope_of: Callable[..., Scope]
) -> None:
    assert "Black Friday" not in text_of(visit("viewer", ""))
    plan = put_in(larger())
    assert "Black Friday 1 change · Open" in text_of(visit("viewer", ""))
    plan.refresh_from_db()
    at = timezone.now() + timedelta(days=2)
    applying.apply(scope_of("manager"), plan, revision=plan.revision, not_before=at)
    page = visit("viewer", "")
    assert "1 change · Scheduled" in text_of(page)
    assert f'<time datetime="{at.isoformat(timespec="seconds")}"' in html_of(page)


def test_a_plan_that_was_not_applied_at_its_time_needs_attention(
    visit: Visit, put_in: PutIn, larger: Larger, scope_of: Callable[..., Scope]
) -> None:
    plan = put_in(larger())
    plan.refresh_from_db()
    at = timezone.now() + timedelta(minutes=5)
    applying.apply(scope_of("manager"), plan, revision=plan.revision, not_before=at)
    Plan.objects.update(not_before=timezone.now(), applied_by=None)
    applying.advance(plan.pk)
    assert Plan.objects.get().state == State.OPEN
    said = text_of(visit("viewer", ""))
    assert "“Black Friday” was not applied at its time" in said
    assert "The person who scheduled it can no longer change all of this." in said


# --- who is limited to a group


def test_who_sees_part_of_the_customer_sees_that_part_of_a_plan(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    inside, outside = larger(EXAMPLE), larger(SHOP)
    put_in(inside, outside, new_machine("sale00", SHOP))
    assert marked(visit("child", "virtualmachine/")) == [inside.key]
    assert "more in plan" not in text_of(visit("child", "virtualmachine/"))
    said = text_of(visit("child", ""))
    assert "Black Friday 1 change · Open" in said
    assert outside.key not in said


def test_they_hear_nothing_of_plans_that_hold_nothing_of_theirs(visit: Visit, put_in: PutIn, larger: Larger) -> None:
    put_in(larger(SHOP))
    assert "Black Friday" not in text_of(visit("child", ""))
    assert [item.count for item in visit("child", "").context["shell"].nav if item.label == "Plans"] == [None]


def test_they_see_their_own_plan_before_it_holds_anything(visit: Visit, put_in: PutIn, scope_of: Any) -> None:
    assert put_in
    compose.begin(scope_of("child"), "Mine")
    assert foot(visit("child", "")) == "Mine 0 changes Review"


def test_nobody_else_hears_of_a_customers_plans(visit: Visit, put_in: PutIn, larger: Larger, signed_in: Any) -> None:
    put_in(larger())
    page = signed_in("outsider").get("/c/10002/")
    assert "Black Friday" not in text_of(page)
    assert part(signed_in("billing"), "/c/10001/").status_code == 200
    assert "Black Friday" not in text_of(visit("billing", ""))
