"""Plans over a real sandbox and Redis; workers are the test itself, calling the tasks."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.inventory import reads
from portal.plans import applying
from portal.plans.compose import put_in
from portal.plans.models import Entry, Plan
from tests.changes.conftest import edit, machine, new_machine, plain_machine, platform, run_all, scope
from tests.support.services import Sandbox

__all__ = ["edit", "machine", "new_machine", "plain_machine", "platform", "run_all", "scope"]

type Grow = Callable[..., Intent]


@pytest.fixture
def grow(platform: Sandbox) -> Grow:
    """`grow()`: a machine of `shop` gets a larger disk; `grow(1)` another one."""

    def grow(nth: int = 0, group: str = "shop", by: int = 1) -> Intent:
        present = plain_machine(platform, group, nth)
        return edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + by})

    return grow


def plan_of(scope: Scope, *wanted: Intent, name: str = "Black Friday") -> Plan:
    """A plan of just this."""
    return put_in(scope, wanted, name=name)


def entries(plan: Plan) -> list[Entry]:
    return list(plan.entries.order_by("pk"))


def apply_now(scope: Scope, plan: Plan) -> Plan:
    plan.refresh_from_db()
    return applying.apply(scope, plan, revision=plan.revision)


def through(plan: Plan, most: int = 20) -> Plan:
    """Workers do all that there is to do; the plan as it is then."""
    for _step in range(most):
        steps = run_all()
        for pk in applying.due():
            applying.advance(pk)
        before, _ = plan.state, plan.refresh_from_db()
        if not steps and before == plan.state:
            break
    return plan


def new_group(name: str, parent: str = "shop", **values: Any) -> Intent:
    wanted = {"name": name, "parent": parent, **values}
    return Intent(type_name="resourcegroup", key=name, wanted=wanted, creates=True)


def keys(wanted: Sequence[Entry]) -> list[str]:
    return [entry.key for entry in wanted]


def outside(platform: Sandbox, scope: Scope, type_name: str, **values: Any) -> None:
    """Somebody changes it by the platform's own API, and the portal learns of it."""
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": type_name, **values}])
    reads.refresh(scope, type_name)
