"""Plans over their pages: a client asks, the test is the worker. Tests of a module take names of their own."""

from collections.abc import Sequence
from typing import Any

from django.test import Client

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.inventory import reads
from portal.plans.models import Entry, Plan
from portal.resources.types import TYPES
from tests.changes.conftest import plain_machine
from tests.plans.conftest import through
from tests.support.services import Sandbox

PLANS = "/c/10001/plans/"


def page(plan: Plan) -> str:
    return f"{PLANS}{plan.number}/"


def do(client: Client, plan: Plan, verb: str, **typed: Any) -> Any:
    """One of the plan's buttons, as a page has it now."""
    plan.refresh_from_db()
    return client.post(f"{page(plan)}-/{verb}", {"revision": plan.revision, **typed}, follow=True)


def answer(client: Client, plan: Plan, key: str, said: str, field: str = "") -> Any:
    """The button that decides about a conflict, as the page shows it now."""
    told = client.get(page(plan)).context["told"]
    (shown,) = [one.shows(field) for one in told.review.conflicts if one.entry.key == key]
    (entry,) = [one for one in entries(plan) if one.key == key]
    return do(client, plan, "answer", answer=f"{entry.pk}/{said}/{field}/{shown}")


def apply(client: Client, plan: Plan) -> Plan:
    """Pressed, and all that comes of it."""
    do(client, plan, "apply")
    return through(plan)


def undo(client: Client, source: Change | Plan) -> Plan:
    """The plan that the button leads to."""
    place = "changes" if isinstance(source, Change) else "plans"
    answer = client.post(f"/c/10001/{place}/{source.number}/-/undo")
    return Plan.objects.get(number=int(answer.headers["Location"].split("/")[-2]))


def asked(plan: Plan) -> list[tuple[str, str, bool, dict[str, Any]]]:
    """(key, action, creates, wanted) of what a plan asks for."""
    return [(one.key, one.action, one.creates, one.wanted) for one in entries(plan)]


def entries(plan: Plan) -> Sequence[Entry]:
    return plan.entries.filter(change=None).order_by("pk")


def outside(platform: Sandbox, scope: Scope, *records: dict[str, Any]) -> None:
    """Somebody else asks the platform itself, and the portal learns of it."""
    with platform.proxy() as proxy:
        proxy.apply(list(records))
    for name in TYPES:
        if TYPES[name].deletable:
            reads.refresh(scope, name)


def edit_of(platform: Sandbox, group: str = "shop", nth: int = 0, **wanted: Any) -> Intent:
    """An edit of a machine about which nothing is planned, by somebody who saw it as it is."""
    present = plain_machine(platform, group, nth)
    before = {name: present[name] for name in wanted}
    return Intent(type_name="virtualmachine", key=present["name"], wanted=wanted, before=before)


def grown(platform: Sandbox, group: str = "shop", nth: int = 0, by: int = 7) -> Intent:
    """An edit that gives such a machine a larger disk."""
    return edit_of(platform, group, nth, disk=plain_machine(platform, group, nth)["disk"] + by)


def new(type_name: str, key: str, **wanted: Any) -> Intent:
    values = {**TYPES[type_name].key_values(key), **wanted}
    return Intent(type_name=type_name, key=key, wanted=values, creates=True)


def gone(type_name: str, key: str, **wanted: Any) -> Intent:
    return Intent(type_name=type_name, key=key, action="delete", wanted=wanted)
