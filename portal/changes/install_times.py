"""How long installations took, to say how long one usually takes: an estimate, and called one."""

from collections.abc import Iterable
from datetime import timedelta
from statistics import median

from django.utils import timezone

from portal.changes.models import InstallTime, Item
from portal.inventory.timed_value import TimedValue

LATEST = 20
SEEN_WITHIN = timedelta(seconds=60)  # of being ready; an end that nobody saw is no measure


def _usual() -> timedelta | None:
    latest = list(InstallTime.objects.order_by("-seen_at").values_list("seconds", flat=True)[:LATEST])
    return timedelta(seconds=median(latest)) if latest else None


usual = TimedValue(_usual, seconds=60)
"""The median of the latest installations; None where nothing is known."""


def note(item: Item, since_last: timedelta | None) -> None:
    """A machine that we created was seen ready just now, `since_last` after it was looked at before."""
    recorded_at = item.change.recorded_at
    if item.creates and recorded_at is not None and since_last is not None and since_last <= SEEN_WITHIN:
        InstallTime.objects.create(seconds=(timezone.now() - recorded_at).total_seconds())
        usual.forget()


def seed(seconds: Iterable[float]) -> None:
    """Durations known from elsewhere, such as an older system."""
    InstallTime.objects.bulk_create(InstallTime(seconds=duration) for duration in seconds)
    usual.forget()
