"""Whatever is done with a plan goes on record: who, and with which plan."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership
from portal.plans import applying
from portal.plans.models import Plan
from tests.customer.conftest import Browse
from tests.customer.plans.conftest import PLANS, MakePlan, address
from tests.customer.plans.pressing import answer

PAGES = {  # what is pressed on the plan's page by the manager, and what is on record then
    "plan.described": ("-/describe", {"name": "Cyber Monday", "note": "Later."}),
    "plan.edited": ("-/remove", {}),
    "plan.closed": ("-/close", {}),
    "plan.commented": ("", {"do": "comment", "text": "Hello"}),
    "plan.objected": ("", {"do": "object", "text": "Not today."}),
    "plan.approved": ("", {"do": "approve"}),
    "plan.applied": ("-/apply", {}),
    "plan.scheduled": ("-/schedule", {"at": "2099-01-01T12:00"}),
}


def send(client: Client, plan: Plan, verb: str, **data: Any) -> None:
    plan.refresh_from_db()
    client.post(f"{address(plan)}{verb}", {"revision": plan.revision, **data})


def on_record(action: str) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("actor", "target"))


@pytest.mark.parametrize("action", PAGES)
def test_what_a_person_does_on_a_plan_s_page_is_on_record(browse: Browse, plan: MakePlan, action: str) -> None:
    verb, data = PAGES[action]
    made = plan()
    if action == "plan.edited":
        data = {"entry": str(made.entries.values_list("pk", flat=True)[0])}
    send(browse("manager"), made, verb, **data)
    assert on_record(action)[-1] == ("manager@example.com", "plan 1")


def test_so_is_a_new_plan(browse: Browse) -> None:
    browse("operator").post(f"{PLANS}-/new")
    assert on_record("plan.begun") == [("operator@example.com", "plan 1")]


def test_so_is_choosing_the_plan_that_changes_go_into(browse: Browse, plan: MakePlan) -> None:
    send(browse("operator"), plan(), "-/choose")
    assert on_record("plan.chosen") == [("operator@example.com", "plan 1")]


def test_so_is_asking_for_a_review(browse: Browse, plan: MakePlan, cast: dict[str, Any]) -> None:
    send(browse("operator"), plan(), "", do="request", to=cast["manager"].pk)
    assert on_record("plan.review_requested") == [("operator@example.com", "plan 1")]


def test_so_is_opening_a_plan_that_was_closed(browse: Browse, plan: MakePlan) -> None:
    made, client = plan(), browse("operator")
    send(client, made, "-/close")
    send(client, made, "-/reopen")
    assert on_record("plan.reopened") == [("operator@example.com", "plan 1")]


def test_so_is_stopping_it(browse: Browse, plan: MakePlan) -> None:
    made, client = plan(), browse("operator")
    send(client, made, "-/apply")
    send(client, made, "-/stop")
    assert on_record("plan.stopped") == [("operator@example.com", "plan 1")]


def test_so_is_what_is_decided_about_a_conflict(browse: Browse, plan: MakePlan) -> None:
    made = plan()
    entry = made.entries.get(key="shop00")
    entry.before = {"cores": 99}
    entry.save()
    answer(browse("operator"), made, "shop00", "ours", "cores")
    assert on_record("plan.answered") == [("operator@example.com", "plan 1")]


def test_so_is_what_the_portal_does_not_send_at_its_time(browse: Browse, plan: MakePlan, cast: dict[str, Any]) -> None:
    made = plan()
    send(browse("operator"), made, "-/schedule", at="2099-01-01T12:00")
    Membership.objects.filter(user=cast["operator"]).delete()
    Plan.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    applying.advance(made.pk)
    assert on_record("plan.not_sent") == [("", "plan 1")]
