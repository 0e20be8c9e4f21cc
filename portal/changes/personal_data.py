"""Changes that a person has asked for, or support in their place."""

from django.db.models import Q

from portal.accounts.people.personal_data import Kept, register
from portal.changes.models import Change

register(
    Kept(
        "changes",
        Change,
        lambda user: Q(author=user) | Q(asked_by=user) | Q(in_place_of=user),
        ("customer__number", "number", "created", "state", "done_at"),
    )
)
