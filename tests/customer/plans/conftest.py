"""Plans on their pages: put together by the forms, or by the cast over the sandbox's demo world; nothing is sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.changes.intent import Intent
from portal.plans.compose import put_in
from portal.plans.models import Entry, Plan
from tests.customer.asking import filled, save, values_of
from tests.customer.conftest import Browse
from tests.customer.visiting import visit

__all__ = ["filled", "values_of", "visit"]

HOME = "/c/10001/"
PLANS = f"{HOME}plans/"
PLAN = f"{PLANS}1/"
TO_PLAN = {"plan": "1"}
OTHER = "example00"  # a machine of a group that is not production

type MakePlan = Callable[..., Plan]


@pytest.fixture
def scope(browse: Browse, scope_of: Callable[..., Scope]) -> Scope:
    """The manager's, in a process that knows nothing yet."""
    return scope_of("manager")


def add(client: Client, path: str, **typed: object) -> Any:
    """The form's button "Add to plan"."""
    return save(client, f"{HOME}{path}", **TO_PLAN, **typed)


def entries() -> list[Entry]:
    return list(Plan.objects.get(number=1).entries.order_by("pk"))


def act(client: Client, verb: str, **typed: object) -> Any:
    """A button of the plan's page, which has been seen as it is now."""
    revision = Plan.objects.get(number=1).revision
    return client.post(f"{PLAN}-/{verb}", {"revision": revision, **typed})


def cores(machine: str, number: int = 7) -> Intent:
    return Intent(type_name="virtualmachine", key=machine, wanted={"cores": number})


@pytest.fixture
def plan(browse: Browse, scope_of: Callable[..., Scope]) -> MakePlan:
    """`plan()`: by the operator, of machines of production; as it is then."""

    def make(*machines: str, by: str = "operator", into: Plan | None = None) -> Plan:
        wanted = [cores(machine) for machine in machines or ("shop00", "shop01")]
        put = put_in(scope_of(by), wanted, into, name="Black Friday")
        return Plan.objects.get(pk=put.pk)

    return make


@pytest.fixture
def approval_required(cast: dict[str, Any]) -> None:
    Customer.objects.filter(number="10001").update(requires_approval=True)


def address(plan: Plan) -> str:
    return f"{PLANS}{plan.number}/"
