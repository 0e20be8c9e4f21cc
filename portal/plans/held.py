"""A plan in somebody's hands: its row is held until the transaction's end, and pages learn of what was done."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F
from django.utils import timezone

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
        now = Plan.objects.select_for_update(of=("self",)).select_related("customer").get(pk=plan.pk)
        if states and now.state not in states:
            raise NotOpen(now.state)
        yield now
        Plan.objects.filter(pk=plan.pk).update(touched=timezone.now())
        tell(now.customer)


@contextmanager
def edited(plan: Plan) -> Iterator[Plan]:
    """The same for who changes what it would do: another revision, of which nothing has been approved."""
    with held(plan, State.OPEN) as now:
        yield now
        Plan.objects.filter(pk=plan.pk).update(revision=F("revision") + 1, obstacle="")
        now.revision += 1


def tell(customer: Customer) -> None:
    """Open plans of the customer are not what they were: pages that show them are not either."""
    Customer.objects.filter(pk=customer.pk).update(plans_version=F("plans_version") + 1)
    news.tell_after_commit([news.of_customer(customer.pk)])
