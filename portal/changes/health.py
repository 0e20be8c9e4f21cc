"""Whether what has to go on by itself does, for whoever watches over the portal."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef
from django.utils import timezone
from redis.exceptions import OutOfMemoryError

from portal.celery import app
from portal.changes.models import Change, Heartbeat, State
from portal.inventory.redis_connection import connected

SWEEPER = "sweeper"
FOLLOWER = "follower"
TAKES_MESSAGES = "portal:takes-messages"  # written to the broker to see whether it can be
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


class BrokerIsFull(Exception):
    """Its memory is full, and it may forget nothing: it takes no messages."""


def waiting_messages() -> int:
    """How many messages no worker has finished with. Raises inventory.redis_connection.Away and BrokerIsFull."""
    with connected(settings.BROKER_URL) as redis:
        try:
            redis.set(TAKES_MESSAGES, 1, ex=60)
        except OutOfMemoryError:
            raise BrokerIsFull from None
        waiting, taken = redis.llen(app.conf.task_default_queue), redis.hlen("unacked")
        return int(waiting) + int(taken)


def states() -> dict[str, int]:
    """How many changes are in each state."""
    counted = Change.objects.order_by().values_list("state").annotate(count=Count("pk"))
    return dict.fromkeys(State.values, 0) | dict(counted)


def oldest_undone() -> timedelta | None:
    """How long the oldest change has been on its way out (queued, sending, unknown); None where there is none.

    What waits behind a parked one waits for a person, and does not count.
    """
    parked = Change.objects.filter(
        customer=OuterRef("customer"), key_group=OuterRef("key_group"), turn__lt=OuterRef("turn"), state=State.PARKED
    )
    on_its_way = Change.objects.filter(~Exists(parked), done_at=None, state__in=ON_THE_WAY)
    created = on_its_way.aggregate(oldest=Min("created"))["oldest"]
    return timezone.now() - created if created else None
