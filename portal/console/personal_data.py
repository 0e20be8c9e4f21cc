"""Visits: that support has seen a customer as this person does, or this person as another."""

from django.db.models import Q

from portal.accounts.people.personal_data import Kept, register
from portal.console.models import Visit

register(
    Kept(
        "visits_by_support",
        Visit,
        lambda user: Q(person=user) | Q(staff=user),
        ("customer__number", "began", "ended", "reason"),
    )
)
