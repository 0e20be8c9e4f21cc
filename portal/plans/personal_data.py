"""A person's plans, and what they have said about any."""

from django.db.models import Q

from portal.accounts.people.personal_data import Kept, register
from portal.plans.models import Entry, Plan, Remark

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
)
