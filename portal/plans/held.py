"""A plan in somebody's hands: its row is held until the transaction's end, what was done is on record, and pages learn
of it.

Whoever holds several rows takes them in this order, so that no two wait for each other: the plan, the customer
(`tell`), changes, the trail's head (`on_record`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.accounts.audit import trail
from portal.accounts.models import Customer
from portal.inventory import news
from portal.plans.errors import NotOpen
from portal.plans.models import Plan, State


@contextmanager
def held(plan: Plan, *states: State) -> Iterator[Plan]:
    """The plan as it is now, in a transaction that nobody else is in at the same time.

    Raises NotOpen where it is in none of these states (any more). What was done counts as somebody's touch.
    """
    with transaction.atomic():
        now = Plan.objects.select_for_update(of=("self",), no_key=True).select_related("customer").get(pk=plan.pk)
        if states and now.state not in states:
            raise NotOpen(now.state)
        yield now
        Plan.objects.filter(pk=plan.pk).update(touched=timezone.now())


def revise(plan: Plan) -> None:
    """What it would do is another: a new revision, of which nothing has been approved."""
    Plan.objects.filter(pk=plan.pk).update(revision=F("revision") + 1, obstacle="")
    plan.revision += 1


def on_record(plan: Plan, what: str, **details: Any) -> None:
    """What was done is on record, together with what it does, and pages learn of it."""
    tell(plan.customer)
    trail.record(f"plan.{what}", customer=plan.customer, target=f"plan {plan.number}", **details)


def tell(customer: Customer) -> None:
    """Open plans of the customer are not what they were: pages that show them are not either."""
    Customer.objects.filter(pk=customer.pk).update(plans_version=F("plans_version") + 1)
    news.tell_after_commit([news.of_customer(customer.pk)])
