"""The daily summary: at an hour of each person's own choice and clock, one for each customer and day, none when empty.

It takes what was noted until that hour came, once, whenever a worker gets to it: an hour that a change of the clock
leaves out has come with the one after it, and one that it brings twice comes the first time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from portal.notify.models import DigestHour, Mail, Notice
from portal.resources.times import zone


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person for whom something of a customer waits: since when, and the last time that their hour came."""

    user: int
    customer: int
    since: datetime
    came: datetime


def make_due() -> int:
    """Make the digests whose hour has come. How many."""
    return sum(_make(one) for one in _waiting(timezone.now()) if one.since <= one.came)


def last_coming(hour: int, tz: ZoneInfo, now: datetime) -> datetime:
    """The last time until now that clocks in that zone came to that hour; with the day that it was there."""
    today = now.astimezone(tz).date()
    comings = (datetime.combine(day, time(hour), tz) for day in (today, today - timedelta(days=1)))
    return next(coming for coming in comings if coming.timestamp() <= now.timestamp())


def _waiting(now: datetime) -> Iterator[Waiting]:
    rows = Notice.objects.filter(for_digest=True).order_by().values_list("user", "customer", "user__time_zone")
    found = list(rows.annotate(since=Min("occurrence__noted")))
    hours = dict(DigestHour.objects.filter(user__in={row[0] for row in found}).values_list("user", "hour"))
    for user, customer, name, since in found:
        yield Waiting(user, customer, since, last_coming(hours.get(user, DigestHour.USUAL), zone(name), now))


def _make(waiting: Waiting) -> bool:
    """Whether it was ours to make: one worker only, once a day."""
    with transaction.atomic():
        rows = Notice.objects.filter(
            user=waiting.user, customer=waiting.customer, for_digest=True, occurrence__noted__lte=waiting.came
        )
        notices = [one.pk for one in rows.select_for_update(of=("self",), no_key=True)]
        if not notices:
            return False
        mail, is_new = Mail.objects.get_or_create(
            user_id=waiting.user, customer_id=waiting.customer, day=waiting.came.date()
        )
        if is_new:
            Notice.objects.filter(pk__in=notices).update(mail=mail, for_digest=False)
    return is_new
