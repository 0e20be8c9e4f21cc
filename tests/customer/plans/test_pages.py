"""The list of plans, and a plan's page while it is long, was turned down, stands by or is seen in part."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.changes.models import State as Sent
from portal.changes.reads.pending import pending_of
from portal.customer.plans import pages, presenter
from portal.plans import applying
from portal.plans.compose import begin, put_in
from portal.plans.models import Plan, State
from tests.changes.conftest import new_machine, run_all
from tests.customer.conftest import Browse, forget, text_of
from tests.customer.plans.pressing import PLANS, apply, do, edit_of, grown, outside, page
from tests.plans.conftest import through
from tests.support.services import Sandbox

MACHINE = "virtualmachine"
DAY = {"deadline": "2099-01-01"}
UNTRUE = ("no longer exists", "does not exist", "No API key", "Already so", "Remove from plan", "Apply 2 changes")
EDITED = "The plan was edited in the meantime. Nothing was done: please review it again."


def told(browse: Browse, plan: Plan, name: str = "manager", number: int = 1) -> str:
    return text_of(browse(name).get(f"{page(plan)}?page={number}"))


def key_for_each(scope: Scope, *groups: str) -> None:
    """Keys of these groups instead of the customer's one: a plan that touches them is as many changes."""
    ApiKey.objects.filter(resource_group="services").delete()
    for group in groups:
        key = ApiKey(customer=scope.customer, resource_group=group)
        key.set_secret(f"{group}-demo-key")
        key.save()


# --- the list


def test_a_page_beyond_the_last_shows_the_last(browse: Browse, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    for name in ("First", "Second", "Third"):
        begin(scope, name)
    text = text_of(browse("manager").get(f"{PLANS}?page=99"))
    assert "First" in text
    assert "No plans yet" not in text


def test_who_sees_a_part_counts_that_part_with_as_many_queries_for_more_plans(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    theirs = grown(platform, "example")
    client = browse("child")
    taken: list[int] = []
    for nth in range(3):
        put_in(scope, [theirs, grown(platform, nth=nth)], begin(scope))
        client.get(PLANS)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(PLANS)
        taken.append(len(queries))
        assert [row.plan.count for row in response.context["list"].rows] == [1] * (nth + 1)
    assert len(set(taken)) == 1


# --- pages of entries


@pytest.fixture
def two_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presenter, "PER_PAGE", 2)


def test_all_that_was_accepted_is_shown_in_pages(
    browse: Browse, platform: Sandbox, scope: Scope, two_a_page: None
) -> None:
    wanted = [grown(platform, nth=nth) for nth in range(3)]
    plan = apply(browse("manager"), put_in(scope, wanted))
    assert plan.state == State.APPLIED
    for number, expected in ((1, wanted[:2]), (2, wanted[2:])):
        response = browse("manager").get(f"{page(plan)}?page={number}")
        assert [one.entry.key for one in response.context["told"].done] == [one.key for one in expected]


def test_what_is_in_its_way_comes_first_whatever_page_it_stood_on(
    browse: Browse, platform: Sandbox, scope: Scope, two_a_page: None
) -> None:
    wanted = [edit_of(platform, nth=nth, service_description="for the sale") for nth in range(3)]
    plan = put_in(scope, wanted)
    assert wanted[2].key in told(browse, plan, number=2)
    outside(platform, scope, {"__type__": MACHINE, "name": wanted[2].key, "service_description": "while you looked"})
    assert "while you looked" in told(browse, plan)
    assert "while you looked" not in told(browse, plan, number=2)


def test_a_button_leads_back_to_the_page_where_it_was_pressed(
    browse: Browse, platform: Sandbox, scope: Scope, two_a_page: None
) -> None:
    plan = put_in(scope, [grown(platform, nth=nth) for nth in range(4)])
    second = browse("manager").get(f"{page(plan)}?page=2")
    assert f'name="next" value="{page(plan)}?page=2"' in second.content.decode()


# --- what was turned down


def test_the_platform_s_words_stand_at_an_entry_until_that_is_edited(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = apply(browse("manager"), put_in(scope, [edit_of(platform, disk=5_000)]))
    faults = lambda: [one.fault for one in browse("manager").get(page(plan)).context["told"].entries]  # noqa: E731
    assert "must be between" in faults()[0]
    put_in(scope, [grown(platform)], plan)
    assert faults() == [""]


def test_what_a_newer_change_overtook_is_not_called_stopped(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    plan = put_in(scope, [grown(platform)])
    do(browse("manager"), plan, "apply")
    Change.objects.update(state=Sent.SUPERSEDED, answer={"kind": "superseded", "text": ""})
    assert through(plan).state == State.OPEN
    assert "Replaced by a newer change. It was not sent." in told(browse, plan)
    assert "Stopped before it was sent." not in told(browse, plan)


def test_the_summary_is_of_what_is_left(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    key_for_each(scope, "example", "shop")
    plan = put_in(scope, [grown(platform, "example"), grown(platform)])
    do(browse("manager"), plan, "apply")
    run_all()
    assert "2 changed" in told(browse, plan)
    applying.advance(plan.pk)
    assert "1 changed" in told(browse, plan)


# --- at its time


def test_what_stands_in_the_way_of_a_scheduled_plan_is_said_before_its_time(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    wanted = edit_of(platform, service_description="for the sale")
    plan = put_in(scope, [wanted])
    do(browse("manager"), plan, "schedule", at="2099-01-01T12:00")
    assert "As it is now it would not be applied." not in told(browse, plan)
    outside(platform, scope, {"__type__": MACHINE, "name": wanted.key, "service_description": "until then"})
    said = "As it is now it would not be applied. Something has changed since it was added to the plan."
    assert said in told(browse, plan)


def test_the_time_that_was_typed_stays_where_the_plan_cannot_be_scheduled(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    plan = put_in(scope, [grown(platform)])
    answer = browse("manager").post(f"{page(plan)}-/schedule", {"revision": 0, "at": "2099-01-01T12:00"})
    assert answer.status_code == 422
    assert EDITED in text_of(answer)
    assert 'value="2099-01-01T12:00"' in answer.content.decode()


# --- nothing known


@pytest.fixture
def nothing_known(platform: Sandbox, redis_url: str) -> Callable[[], None]:
    """`nothing_known()`: a process that has just begun, an empty Redis, and a platform that does not answer."""

    def begin_anew() -> None:
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()
        forget()
        platform.control(fault={"kind": "drop_before", "method": "*", "times": 1000})

    return begin_anew


def test_where_nothing_is_known_nothing_is_called_gone(
    browse: Browse, platform: Sandbox, scope: Scope, nothing_known: Callable[[], None]
) -> None:
    plan = put_in(scope, [grown(platform), Intent(type_name=MACHINE, key="shop01", action="delete", wanted=DAY)])
    nothing_known()
    text = told(browse, plan)
    assert "Nothing is known of these records at the moment." in text
    assert [said for said in UNTRUE if said in text] == []
    assert "Nothing is known of these records at the moment." in text_of(do(browse("manager"), plan, "apply"))
    assert not Change.objects.exists()


def test_a_scheduled_plan_waits_until_something_is_known(
    browse: Browse, platform: Sandbox, scope: Scope, nothing_known: Callable[[], None]
) -> None:
    plan = put_in(scope, [grown(platform)])
    do(browse("manager"), plan, "schedule", at="2099-01-01T12:00")
    Plan.objects.update(not_before=timezone.now())
    nothing_known()
    applying.advance(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, plan.obstacle) == (State.SCHEDULED, "")


# --- seen in part


def test_who_sees_a_part_reads_nothing_of_what_was_turned_down_outside_of_it(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    theirs, outside_of_it = grown(platform, "example"), edit_of(platform, disk=5_000)
    plan = apply(browse("manager"), put_in(scope, [theirs, outside_of_it]))
    assert plan.state == State.OPEN
    for path in (page(plan), "/c/10001/changes/", "/c/10001/changes/1/", "/c/10001/"):
        assert outside_of_it.key not in text_of(browse("child").get(path)), path
        assert "must be between" not in text_of(browse("child").get(path)), path
    assert "must be between" in told(browse, plan)
    assert "It can be edited and applied again." in told(browse, plan)
    assert "Nothing has been sent yet." not in told(browse, plan)


def test_a_part_that_holds_nothing_of_theirs_is_not_listed(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    key_for_each(scope, "example", "shop")
    plan = apply(browse("manager"), put_in(scope, [grown(platform, "example"), grown(platform)]))
    assert plan.state == State.APPLIED
    assert "Change 2" in told(browse, plan)
    assert "Change 1" in told(browse, plan, "child")
    assert "Change 2" not in told(browse, plan, "child")


def test_of_many_new_ones_only_the_one_that_was_refused_says_why(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    fine, wrong = new_machine("shop90", memory=512), new_machine("shop91", disk=5_000)
    apply(browse("manager"), put_in(scope, [fine, wrong]))
    assert {one.key: one.answer["kind"] for one in pending_of(scope).refused} == {"shop90": "other", "shop91": "fault"}


@pytest.mark.parametrize("verb", ["close", "reopen"])
def test_who_sees_a_part_neither_closes_nor_reopens_it(
    browse: Browse, platform: Sandbox, scope: Scope, cast: dict[str, Any], verb: str
) -> None:
    plan = put_in(scope, [grown(platform, "example"), grown(platform)])
    if verb == "reopen":
        do(browse("manager"), plan, "close")
    before = Plan.objects.get().state
    assert f"-/{verb}" not in browse("child").get(page(plan)).content.decode()
    assert "Only someone who sees all of it can apply" in text_of(do(browse("child"), plan, verb))
    assert Plan.objects.get().state == before
