"""A person's plan, put together by the forms; workers are the test itself."""

from typing import Any

from django.test import Client

from portal.plans.models import Entry, Plan
from tests.customer.asking import filled, save, values_of

HOME = "/c/10001/"
PLAN = f"{HOME}plans/1/"
TO_PLAN = {"plan": "1"}


def add(client: Client, path: str, **typed: object) -> Any:
    """The form's button "Add to plan"."""
    return save(client, f"{HOME}{path}", **TO_PLAN, **typed)


def entries() -> list[Entry]:
    return list(Plan.objects.get(number=1).entries.order_by("pk"))


def act(client: Client, verb: str, **typed: object) -> Any:
    """A button of the plan's page, which has been seen as it is now."""
    revision = Plan.objects.get(number=1).revision
    return client.post(f"{PLAN}-/{verb}", {"revision": revision, **typed})


__all__ = ["filled", "values_of"]
