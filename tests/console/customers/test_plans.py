"""A customer's page of the console shows its plans, and leads to them as one of its people sees them."""

from collections.abc import Callable

from django.test import Client

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.plans import compose
from portal.plans.models import Plan, State
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401

PAGE = "/console/c/10001/"
ScopeOf = Callable[..., Scope]


def shown(staff: Client) -> list[str]:
    return [told.title for told, _address in staff.get(PAGE).context["page"].plans]


def test_plans_are_shown_with_number_name_and_state(browse: Browse, scope_of: ScopeOf) -> None:  # noqa: F811
    staff = browse("staff")
    assert "No plans yet" in text_of(staff.get(PAGE))
    wanted = [Intent(type_name="virtualmachine", key=name, wanted={"cores": 7}) for name in ("shop00", "shop01")]
    compose.put_in(scope_of("operator"), wanted, name="Black Friday")
    assert "Open 1: Black Friday 2 changes Olaf Operator" in text_of(staff.get(PAGE))


def test_a_plan_leads_to_itself_as_one_of_the_people_sees_it(browse: Browse, scope_of: ScopeOf) -> None:  # noqa: F811
    compose.begin(scope_of("operator"), "Black Friday")
    staff = browse("staff")
    ((_told, address),) = staff.get(PAGE).context["page"].plans
    assert address.startswith("/console/c/10001/view-as?next=%2Fc%2F10001%2Fplans%2F1%2F")
    assert staff.get(address).status_code == 200


def test_those_that_are_not_over_come_first(browse: Browse, scope_of: ScopeOf) -> None:  # noqa: F811
    for name in ("First", "Second", "Third"):
        compose.begin(scope_of("operator"), name)
    Plan.objects.filter(name="Third").update(state=State.APPLIED)
    assert shown(browse("staff")) == ["Second", "First", "Third"]


def test_another_customers_are_not_shown(browse: Browse, scope_of: ScopeOf) -> None:  # noqa: F811
    compose.begin(scope_of("outsider", "10002"), "Theirs")
    assert shown(browse("staff")) == []
