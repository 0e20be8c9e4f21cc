"""Whether what has to go on by itself does, for whoever watches over the portal."""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from portal.changes.models import Change, Heartbeat, State

SWEEPER = "sweeper"
FOLLOWER = "follower"
BEAT_EVERY = timedelta(seconds=5)
ON_THE_WAY = (State.QUEUED, State.SENDING, State.UNKNOWN)


def beat(name: str) -> None:
    """It has just gone on. Beat sent the message and a worker did it: both live. Written every few seconds at most."""
    now = timezone.now()
    if Heartbeat.objects.filter(name=name, at__gt=now - BEAT_EVERY).exists():
        return
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def beats() -> dict[str, datetime]:
    """When each last went on; without those that never did."""
    return dict(Heartbeat.objects.values_list("name", "at"))


def states() -> dict[str, int]:
    """How many changes are in each state."""
    counted = Change.objects.order_by().values_list("state").annotate(count=Count("pk"))
    return dict.fromkeys(State.values, 0) | dict(counted)


def oldest_undone() -> timedelta | None:
    """How long the oldest change has been on its way out (queued, sending, unknown); None where there is none.

    What waits behind a parked one waits for a person, and does not count; neither does how long a part of a plan stood
    by.
    """
    parked = Change.objects.filter(
        customer=OuterRef("customer"), key_group=OuterRef("key_group"), turn__lt=OuterRef("turn"), state=State.PARKED
    )
    on_its_way = Change.objects.filter(~Exists(parked), done_at=None, state__in=ON_THE_WAY)
    since = on_its_way.aggregate(oldest=Min(on_its_way_since()))["oldest"]
    return timezone.now() - since if since else None


def on_its_way_since() -> Greatest:
    """Of a change: when it was asked for, or, of a later part of a plan, when the one before was recorded."""
    before = Change.objects.filter(
        customer=OuterRef("customer"), plan_number=OuterRef("plan_number"), number__lt=OuterRef("number")
    )
    latest = before.filter(recorded_at__isnull=False).order_by("-recorded_at").values("recorded_at")[:1]
    return Greatest("created", Coalesce(Subquery(latest), "created"))
