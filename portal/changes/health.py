"""Whether what has to go on by itself does, for whoever watches over the portal."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from portal.changes.models import Change, Heartbeat, State

SWEEPER = "sweeper"
FOLLOWER = "follower"


def beat(name: str) -> None:
    """It has just gone on. Beat sent the message and a worker did it: both live."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def beats() -> dict[str, datetime]:
    """When each last went on; without those that never did."""
    return dict(Heartbeat.objects.values_list("name", "at"))


def oldest_undone() -> timedelta | None:
    """How long the oldest change has been on its way out (queued, sending, unknown); None where there is none."""
    on_its_way = Change.objects.filter(done_at=None, state__in=(State.QUEUED, State.SENDING, State.UNKNOWN))
    created = on_its_way.aggregate(oldest=Min("created"))["oldest"]
    return timezone.now() - created if created else None
