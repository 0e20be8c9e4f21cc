"""A second pair of eyes on a plan's page: what people say, whose approval counts, and what is missing until then."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry, Membership
from portal.accounts.roles import Role
from portal.changes.models import Change
from portal.inventory.snapshots import single_flight
from portal.plans.models import LONGEST_NOTE, Plan, Remark, State
from tests.console.view_as.test_sessions import take_write, view_as
from tests.customer.conftest import Browse, part, text_of
from tests.customer.plans.conftest import OTHER, MakePlan, address
from tests.customer.test_open_pages import HOST, OpenPage

APPROVE, OBJECT, ASK, COMMENT = "approve", "object", "request", "comment"
LONG = "x" * 100_000


def say(client: Client, plan: Plan, do: str = COMMENT, text: str = "", **more: Any) -> Any:
    """Sends the form of the page as it is now."""
    plan.refresh_from_db()
    return client.post(address(plan), {"do": do, "text": text, "revision": plan.revision, **more})


def apply(client: Client, plan: Plan) -> Any:
    plan.refresh_from_db()
    return client.post(f"{address(plan)}-/apply", {"revision": plan.revision}, follow=True)


def page(client: Client, plan: Plan) -> str:
    return text_of(client.get(address(plan)))


def offers(client: Client, plan: Plan) -> set[str]:
    """What of saying and applying the page has buttons for."""
    html = client.get(address(plan)).content.decode()
    found = {do for do in (APPROVE, OBJECT, ASK, COMMENT) if f'name="do" value="{do}"' in html}
    return found | ({"apply"} if "-/apply" in html else set())


# --- what people say


def test_a_comment_says_who_and_what(browse: Browse, plan: MakePlan) -> None:
    made = plan()
    assert say(browse("viewer"), made, text="Why so <many>?").headers["Location"] == f"{address(made)}#remarks"
    said = page(browse("operator"), made)
    assert "Vera Viewer commented" in said
    assert "Why so &lt;many&gt;?" in said


def test_what_was_said_before_an_edit_is_about_an_earlier_version(browse: Browse, plan: MakePlan) -> None:
    made = plan()
    say(browse("manager"), made, text="Fine so far.")
    assert "about an earlier version" not in page(browse("manager"), made)
    plan("shop02", into=made)
    assert "about an earlier version" in page(browse("manager"), made)


def test_an_open_page_learns_of_what_was_said(browse: Browse, plan: MakePlan) -> None:
    made, client = plan(), browse("operator")
    client.get(address(made))
    for done in single_flight.under_way():
        assert done.wait(60)
    tag = part(client, address(made))["HX-PTag"]
    assert part(client, address(made), **{"HX-PTag": tag}).status_code == 304
    say(browse("manager"), made, text="Wait.")
    assert "Wait." in text_of(part(client, address(made), **{"HX-PTag": tag}))


@pytest.mark.parametrize(
    ("do", "text", "error"),
    [
        (COMMENT, LONG, "The text has 100000 characters; at most 10000 are possible."),
        (APPROVE, LONG, "The text has 100000 characters; at most 10000 are possible."),
        (COMMENT, " \x00 ", "Enter a comment."),
        (OBJECT, "", "Enter what should be changed."),
        (ASK, "Please have a look.", "Select who is to review the plan."),
    ],
)
def test_what_cannot_be_said_stays_in_the_form_with_its_error(
    browse: Browse, plan: MakePlan, do: str, text: str, error: str
) -> None:
    answer = say(browse("manager"), plan(), do, text)
    assert answer.status_code == 422
    assert error in text_of(answer)
    assert text.replace("\x00", "").strip() in answer.content.decode()
    assert not Remark.objects.exists()


def test_the_longest_text_is_kept_whole(browse: Browse, plan: MakePlan) -> None:
    say(browse("manager"), plan(), text="x" * LONGEST_NOTE)
    assert len(Remark.objects.get().text) == LONGEST_NOTE


def test_a_verdict_on_what_was_edited_meanwhile_is_not_given_and_its_text_stays(browse: Browse, plan: MakePlan) -> None:
    made = plan()
    answer = browse("manager").post(address(made), {"do": APPROVE, "text": "All right.", "revision": made.revision - 1})
    assert answer.status_code == 422
    assert "The plan was edited in the meantime." in text_of(answer)
    assert "All right." in answer.content.decode()
    assert not Remark.objects.exists()


def test_nothing_is_said_about_a_plan_that_was_closed_meanwhile_and_the_text_stays(
    browse: Browse, plan: MakePlan
) -> None:
    made = plan()
    Plan.objects.filter(pk=made.pk).update(state=State.CLOSED)
    answer = say(browse("manager"), made, text="Too late?")
    assert answer.status_code == 422
    assert "The plan is now “Closed”" in text_of(answer)
    assert "Too late?" in answer.content.decode()


def test_the_words_that_a_session_s_end_interrupted_stand_in_the_form_again(
    browse: Browse, plan: MakePlan, cast: dict[str, Any]
) -> None:
    made, client = plan(), browse("manager")
    opened = OpenPage(client, address(made))
    Session.objects.all().delete()
    here = {"Referer": f"{HOST}{address(made)}", "Origin": HOST}
    client.post(address(made), {"text": "Half a thought", "portal-page": opened.headers["Portal-Page"]}, headers=here)
    client.force_login(cast["manager"])
    assert "Half a thought" in client.get(address(made)).content.decode()


# --- asking somebody to look


def test_who_is_asked_to_look_sees_it_on_their_overview_until_they_have_said_something(
    browse: Browse, plan: MakePlan, cast: dict[str, Any]
) -> None:
    made, operator, manager = plan(), browse("operator"), browse("manager")
    for client in (manager, operator):
        client.get("/c/10001/virtualmachine/")
    assert say(operator, made, ASK, "Before noon, please.", to=cast["manager"].pk).status_code == 302
    overview = text_of(manager.get("/c/10001/"))
    assert "Review requested: Black Friday" in overview
    assert "Before noon, please." in overview
    assert "Olaf Operator asked Maren Manager to review the plan" in page(operator, made)
    assert "Review requested" not in text_of(operator.get("/c/10001/"))
    say(manager, made, text="Which of these is urgent?")
    assert "Review requested" not in text_of(manager.get("/c/10001/"))
    say(operator, made, ASK, to=cast["manager"].pk)
    assert "Review requested" in text_of(manager.get("/c/10001/"))
    say(manager, made, APPROVE)
    assert "Review requested" not in text_of(manager.get("/c/10001/"))


def test_nobody_is_asked_who_sees_nothing_of_it_or_may_change_nothing(
    browse: Browse, plan: MakePlan, cast: dict[str, Any]
) -> None:
    made, client = plan(), browse("operator")
    for name in ("viewer", "billing", "child", "operator", "outsider"):
        assert say(client, made, ASK, to=cast[name].pk).status_code == 422
    assert say(client, plan(OTHER, into=made), ASK, to=cast["child"].pk).status_code == 302


# --- approving


@pytest.mark.usefixtures("approval_required")
def test_what_touches_production_is_applied_once_someone_else_has_approved_it(browse: Browse, plan: MakePlan) -> None:
    made, operator, manager = plan(), browse("operator"), browse("manager")
    assert offers(operator, made) == {COMMENT, ASK}
    assert "has to be approved by someone else: Maren Manager" in page(operator, made)
    apply(operator, made)
    assert not Change.objects.exists()
    assert say(operator, made, APPROVE, "It is mine.").status_code == 403
    assert offers(manager, made) == {COMMENT, ASK, APPROVE, OBJECT}
    say(manager, made, APPROVE)
    assert "Approved by Maren Manager" in page(operator, made)
    assert not Change.objects.exists()  # approving and applying are two steps
    assert "apply" in offers(operator, made)
    apply(operator, made)
    assert Change.objects.get().plan_number == made.number


@pytest.mark.usefixtures("approval_required")
def test_an_edit_makes_an_approval_stale(browse: Browse, plan: MakePlan) -> None:
    made, operator, manager = plan(), browse("operator"), browse("manager")
    say(manager, made, APPROVE)
    plan("shop02", into=made)
    said = page(operator, made)
    assert "Approved by Maren Manager" in said
    assert "; edited since." in said
    assert "apply" not in offers(operator, made)
    apply(operator, made)
    assert not Change.objects.exists()


@pytest.mark.usefixtures("approval_required")
def test_who_asks_for_changes_takes_an_approval_back(browse: Browse, plan: MakePlan) -> None:
    made, operator, manager = plan(), browse("operator"), browse("manager")
    say(manager, made, APPROVE)
    say(manager, made, OBJECT, "Rather on Monday.")
    assert "Maren Manager asked for changes. The plan cannot be applied before." in page(operator, made)
    assert "apply" not in offers(operator, made)
    say(manager, made, APPROVE, "Now it is Monday.")
    assert "apply" in offers(operator, made)


@pytest.mark.usefixtures("approval_required")
def test_a_sole_manager_approves_their_own_with_a_reason(browse: Browse, plan: MakePlan, cast: dict[str, Any]) -> None:
    Membership.objects.filter(user=cast["operator"]).delete()
    made, manager = plan(by="manager"), browse("manager")
    assert "Maren Manager is the only manager and can approve it with a reason." in page(manager, made)
    assert say(manager, made, APPROVE).status_code == 422
    assert say(manager, made, APPROVE, "Nobody else is there today.").status_code == 302
    entry = AuditEntry.objects.get(action="plan.approved")
    assert json.loads(entry.after) == {"text": "Nobody else is there today."}
    assert "apply" in offers(manager, made)


@pytest.mark.usefixtures("approval_required")
def test_of_two_managers_none_approves_their_own(browse: Browse, plan: MakePlan, cast: dict[str, Any]) -> None:
    Membership.objects.filter(user=cast["operator"], customer__number="10001").update(role=Role.MANAGER)
    made, manager = plan(by="manager"), browse("manager")
    assert APPROVE not in offers(manager, made)
    assert say(manager, made, APPROVE, "I know it is right.").status_code == 403


@pytest.mark.usefixtures("approval_required")
def test_an_approval_counts_only_while_its_author_may_give_it(
    browse: Browse, plan: MakePlan, cast: dict[str, Any]
) -> None:
    made = plan(by="manager")
    say(browse("operator"), made, APPROVE)
    assert "apply" in offers(browse("manager"), made)
    Membership.objects.filter(user=cast["operator"]).update(role=Role.VIEWER)
    assert "apply" not in offers(browse("manager"), made)


@pytest.mark.usefixtures("approval_required")
def test_who_sees_only_a_part_approves_nothing_of_it(browse: Browse, plan: MakePlan) -> None:
    made = plan("shop00", OTHER, by="manager")
    child = browse("child")
    assert APPROVE not in offers(child, made)
    assert say(child, made, APPROVE).status_code == 403
    assert "has to be approved by someone else: Olaf Operator." in page(browse("manager"), made)


@pytest.mark.usefixtures("approval_required")
def test_who_may_only_look_gives_no_verdict(browse: Browse, plan: MakePlan) -> None:
    made, viewer = plan(), browse("viewer")
    assert offers(viewer, made) == {COMMENT}
    for do in (APPROVE, OBJECT, ASK):
        assert say(viewer, made, do, "I would.").status_code in (403, 422)
    assert not Remark.objects.exists()


def test_without_that_rule_a_plan_is_applied_at_once(browse: Browse, plan: MakePlan) -> None:
    assert "apply" in offers(browse("operator"), plan())


@pytest.mark.usefixtures("approval_required")
def test_what_does_not_touch_production_needs_none(browse: Browse, plan: MakePlan) -> None:
    assert "apply" in offers(browse("operator"), plan(OTHER))


# --- support staff


@pytest.mark.usefixtures("approval_required")
def test_staff_never_approve_in_a_person_s_place(browse: Browse, plan: MakePlan) -> None:
    made, staff = plan(), browse("staff")
    view_as(staff, "manager")
    take_write(staff)
    assert not {APPROVE, OBJECT} & offers(staff, made)
    for do in (APPROVE, OBJECT):
        assert say(staff, made, do, "On their behalf.").status_code == 403
    assert not Remark.objects.exists()


def test_what_staff_say_names_both(browse: Browse, plan: MakePlan) -> None:
    made, staff = plan(), browse("staff")
    view_as(staff, "manager")
    assert not offers(staff, made)  # they only look at first
    assert say(staff, made, text="Hello?").status_code == 403
    take_write(staff)
    assert say(staff, made, text="Shall we help?").status_code == 302
    assert "Stella Staff in place of Maren Manager commented" in page(browse("operator"), made)


def test_of_whom_staff_view_as_it_is_they_who_were_asked(browse: Browse, plan: MakePlan, cast: dict[str, Any]) -> None:
    made, staff = plan(), browse("staff")
    browse("manager").get("/c/10001/virtualmachine/")
    say(browse("operator"), made, ASK, to=cast["manager"].pk)
    view_as(staff, "manager")
    assert "Review requested: Black Friday" in text_of(staff.get("/c/10001/"))


def test_a_limited_member_is_told_of_no_plan_that_they_no_longer_see(
    browse: Browse, plan: MakePlan, cast: dict[str, Any], scope_of: Callable[..., Scope]
) -> None:
    made = plan("shop00", OTHER)
    child = browse("child")
    child.get("/c/10001/virtualmachine/")
    say(browse("operator"), made, ASK, to=cast["child"].pk)
    assert "Review requested" in text_of(child.get("/c/10001/"))
    made.entries.filter(key=OTHER).delete()
    assert "Review requested" not in text_of(child.get("/c/10001/"))


@pytest.mark.usefixtures("approval_required")
def test_who_can_approve_is_led_to_the_form_and_nobody_is_offered_to_apply_before(
    browse: Browse, plan: MakePlan
) -> None:
    made = plan()
    manager, operator = (browse(name).get(address(made)).content.decode() for name in ("manager", "operator"))
    assert 'href="#plan-say">Approve…' in manager
    assert "Approve…" not in operator
    assert 'id="plan" data-ready' not in manager + operator
    say(browse("manager"), made, "approve")
    approved = browse("operator").get(address(made)).content.decode()
    assert 'id="plan" data-ready' in approved
    assert "Approve…" not in approved
