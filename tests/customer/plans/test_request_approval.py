"""Where a customer requires approval, what touches production becomes a plan, and forms say so beforehand."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry, Customer
from portal.changes.models import Change, State
from portal.plans import compose
from portal.plans.models import Plan
from tests.customer.asking import save, values_of
from tests.customer.conftest import Browse, part, text_of
from tests.customer.plans.conftest import PLANS

C = "/c/10001/"
FORMS = {
    "edit": f"{C}virtualmachine/shop00/-/edit",
    "delete": f"{C}virtualmachine/shop00/-/delete",
    "action": f"{C}virtualmachine/shop00/-/power",
    "maintenance": f"{C}resourcegroup/shop/-/maintenance",
    "matrix": f"{C}resourcegroup/shop/-/permissions",
    "create": f"{C}virtualmachine/-/new?resource_group=shop",
}
ELSEWHERE = {name: path.replace("shop00", "example00").replace("shop", "example") for name, path in FORMS.items()}
ASKS = "Request approval"


@pytest.mark.usefixtures("approval_required")
@pytest.mark.parametrize("path", FORMS.values(), ids=list(FORMS))
def test_a_form_of_production_requests_approval(browse: Browse, path: str) -> None:
    said = text_of(browse("manager").get(path))
    assert ASKS in said
    assert "it becomes a plan, which is applied once someone else has approved it" in said


@pytest.mark.usefixtures("approval_required")
@pytest.mark.parametrize("path", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_a_form_of_anything_else_does_not(browse: Browse, path: str) -> None:
    assert ASKS not in text_of(browse("manager").get(path))


@pytest.mark.parametrize("path", FORMS.values(), ids=list(FORMS))
def test_nor_where_approval_is_not_required(browse: Browse, path: str) -> None:
    assert ASKS not in text_of(browse("manager").get(path))


@pytest.mark.usefixtures("approval_required")
def test_the_button_follows_the_group_that_is_chosen(browse: Browse) -> None:
    client, path = browse("manager"), f"{C}virtualmachine/-/new"
    opened = client.get(path)
    assert ASKS not in text_of(opened)
    for group, asks in (("shop", True), ("example", False)):
        typed = {**values_of(opened), "resource_group": [group], "preview": ["1"]}
        followed = client.post(path, typed, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        assert (ASKS in text_of(followed)) is asks


@pytest.mark.usefixtures("approval_required")
def test_saving_makes_a_plan_and_sends_nothing(browse: Browse) -> None:
    client = browse("operator")
    answer = save(client, FORMS["edit"], cores=7)
    assert answer.headers["Location"] == f"{PLANS}1/"
    said = text_of(client.get(answer.headers["Location"]))
    assert "must be approved first" in said
    assert "has to be approved by someone else: Maren Manager" in said
    assert Plan.objects.get().entries.get().wanted == {"cores": 7}
    assert not Change.objects.exists()


@pytest.mark.usefixtures("approval_required")
def test_the_plan_is_called_as_the_change_would_be(browse: Browse) -> None:
    client = browse("manager")
    save(client, FORMS["edit"], cores=7)
    save(client, FORMS["delete"], name="shop00")
    save(client, FORMS["matrix"], uids="nina", new=["login", "sudo-srv"])
    names = Plan.objects.order_by("number").values_list("name", flat=True)
    assert list(names) == ["Resize shop00", "Delete shop00", "2 records of shop"]


@pytest.mark.usefixtures("approval_required")
def test_it_is_the_current_plan_only_where_there_is_no_other(browse: Browse, scope_of: Callable[..., Scope]) -> None:
    client, manager = browse("manager"), scope_of("manager")
    save(client, FORMS["edit"], cores=7)
    save(client, FORMS["delete"], name="shop00")
    assert current_of(manager) == "Resize shop00"
    assert Plan.objects.count() == 2
    compose.begin(manager, "Black Friday")
    save(client, FORMS["edit"], cores=5)
    assert current_of(manager) == "Black Friday"


def current_of(scope: Scope) -> str:
    plan = compose.current_plan(scope)
    return plan.title if plan else ""


@pytest.mark.usefixtures("approval_required")
def test_more_than_a_plan_holds_is_refused_and_leaves_none(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "MOST_ENTRIES", 1)
    client = browse("manager")
    answer = save(client, FORMS["matrix"], uids="nina", new=["login", "sudo-srv"])
    assert "The plan would have 2 changes" in text_of(client.get(answer.headers["Location"]))
    assert not Plan.objects.exists()


@pytest.mark.usefixtures("approval_required")
def test_so_does_each_other_button(browse: Browse) -> None:
    client = browse("manager")
    params = dict(client.get(FORMS["action"]).context["step"].buttons[0].params)
    assert client.post(FORMS["action"], params).headers["Location"] == f"{PLANS}1/"
    assert save(client, FORMS["delete"], name="shop00").headers["Location"] == f"{PLANS}2/"
    assert save(client, FORMS["matrix"], uids="nina", new=["login"]).headers["Location"] == f"{PLANS}3/"
    assert not Change.objects.exists()


@pytest.mark.usefixtures("approval_required")
def test_what_does_not_touch_production_is_sent(browse: Browse) -> None:
    save(browse("operator"), ELSEWHERE["edit"], cores=7)
    assert Change.objects.count() == 1
    assert not Plan.objects.exists()


@pytest.mark.parametrize(("state", "decision"), [(State.REJECTED, "retry"), (State.CONFLICT, "overwrite")])
def test_what_was_asked_before_is_not_asked_anew_without_approval(browse: Browse, state: State, decision: str) -> None:
    client, staff = browse("operator"), browse("staff")
    save(client, FORMS["edit"], cores=7)
    Change.objects.update(state=state)
    Customer.objects.filter(number="10001").update(requires_approval=True)
    answer = client.post(f"{C}changes/1/-/{decision}", follow=True)
    assert "has to be approved. Open its form and request approval." in text_of(answer)
    staff.post("/console/changes/", {"action": "retry", "change": [str(Change.objects.get().pk)]})
    assert Change.objects.get().state == state


# --- the rule itself


def rule(client: Any, required: str) -> str:
    return text_of(client.post(f"{C}people/-/approval", {"required": required}, follow=True))


def test_a_manager_sets_the_rule_and_lifts_it_on_record(browse: Browse) -> None:
    client = browse("manager")
    assert "sent without approval by a second person" in text_of(client.get(f"{C}people/"))
    assert "must be approved by a second person" in rule(client, "yes")
    assert Customer.objects.get(number="10001").requires_approval
    assert "Approval by a second person is not required" not in text_of(client.get(f"{C}help/roles/"))
    assert "no longer need approval" in rule(client, "no")
    assert not Customer.objects.get(number="10001").requires_approval
    told = AuditEntry.objects.filter(action="customer.changed").order_by("pk").values_list("before", "after")
    off, on = '{"requires_approval": false}', '{"requires_approval": true}'
    assert list(told) == [(off, on), (on, off)]
    assert "Approval required" in text_of(client.get(f"{C}trail/"))


@pytest.mark.parametrize("name", ["operator", "viewer", "billing", "child"])
def test_nobody_else_does(browse: Browse, name: str) -> None:
    assert browse(name).post(f"{C}people/-/approval", {"required": "yes"}).status_code == 403
    assert not Customer.objects.get(number="10001").requires_approval


def test_a_part_of_a_form_says_so_as_well(browse: Browse, approval_required: None) -> None:
    client = browse("manager")
    followed = part(client, FORMS["edit"])
    assert ASKS in text_of(followed)
