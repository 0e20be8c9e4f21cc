"""A person's calendar subscriptions, without their addresses."""

from django.db.models import Q

from portal.accounts.people.personal_data import Kept, register
from portal.schedule.models import Feed

register(
    Kept(
        "calendar_subscriptions",
        Feed,
        lambda user: Q(membership__user=user),
        ("membership__customer__number", "about", "name", "created", "fetched_at"),
    )
)
