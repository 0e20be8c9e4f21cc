"""Changes that a person has asked for, or support in their place."""

from collections.abc import Iterator

from django.db.models import Q

from portal.accounts.models import User
from portal.accounts.people.personal_data import Kept, register
from portal.changes.models import Change, State

NOT_SENT = (State.DRAFT, State.QUEUED, State.SENDING, State.UNKNOWN, State.CONFLICT, State.PARKED)


def in_their_place(user: User) -> Iterator[str]:
    """Support asked as this person, and may what they may: without them nobody knows what that is."""
    for change in Change.objects.select_related("customer").filter(in_place_of=user, state__in=NOT_SENT):
        yield f"Change {change.number} of {change.customer.number} was requested in their place: cancel it first."


register(
    Kept(
        "changes",
        Change,
        lambda user: Q(author=user) | Q(asked_by=user) | Q(in_place_of=user),
        ("customer__number", "number", "created", "state", "done_at"),
    ),
    goes_on=in_their_place,
)
