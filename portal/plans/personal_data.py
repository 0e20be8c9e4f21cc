"""A person's plans, and what they have said about any."""

from collections.abc import Iterator

from django.db.models import Q

from portal.accounts.models import User
from portal.accounts.people.personal_data import Kept, register
from portal.plans.models import OVER, Entry, Plan, Remark


def in_their_place(user: User) -> Iterator[str]:
    """As of changes: what is applied in somebody's place is applied by their rights."""
    for plan in Plan.objects.select_related("customer").filter(in_place_of=user).exclude(state__in=OVER):
        yield f"Plan {plan.number} of {plan.customer.number} was applied in their place: stop it first."


register(
    Kept(
        "plans",
        Plan,
        lambda user: Q(author=user) | Q(applied_by=user) | Q(in_place_of=user),
        ("customer__number", "number", "name", "created", "state", "applied_at"),
    ),
    Kept(
        "entries_of_plans",
        Entry,
        lambda user: Q(author=user),
        ("plan__customer__number", "plan__number", "type_name", "key", "added"),
    ),
    Kept(
        "remarks_on_plans",
        Remark,
        lambda user: Q(author=user) | Q(in_place_of=user) | Q(to=user),
        ("plan__customer__number", "plan__number", "at", "kind", "text"),
    ),
    goes_on=in_their_place,
)
