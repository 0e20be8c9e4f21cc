"""The platform's clock: real time plus an offset in the database. It only moves forward (api of `/control`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from portal.sandbox.models import World

#: Days of the platform (deletions, months) begin at midnight here.
BERLIN = ZoneInfo("Europe/Berlin")
MAX_ADVANCE = timedelta(days=3660)


def now() -> datetime:
    """The platform's present time, UTC."""
    offset = World.objects.values_list("offset", flat=True).first()
    return datetime.now(UTC) + (offset or timedelta())


def set_to(moment: datetime) -> None:
    """Make it `moment` now: only for a new world."""
    World.objects.update(offset=moment - datetime.now(UTC))


def advance(step: timedelta) -> None:
    """Move the clock forward. ValueError for a step back or one of more than ten years."""
    if not timedelta() <= step <= MAX_ADVANCE:
        raise ValueError("the clock moves forward only, ten years at most at a time")
    with world_lock() as world:
        world.offset += step
        world.save(update_fields=["offset"])


def midnight(day: date) -> datetime:
    """The instant at which a Berlin day begins, UTC."""
    return datetime.combine(day, time(), BERLIN).astimezone(UTC)


def berlin_day(moment: datetime) -> date:
    """The Berlin day that an instant falls on."""
    return moment.astimezone(BERLIN).date()


def month_of(moment: datetime) -> date:
    """First day of the Berlin month that an instant falls in."""
    return berlin_day(moment).replace(day=1)


def next_month(month: date) -> date:
    """First day of the month after `month`."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def previous_month(month: date) -> date:
    """First day of the month before `month`."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


@contextmanager
def world_lock() -> Iterator[World]:
    """A transaction that nobody else changes the world beside."""
    with transaction.atomic():
        yield World.objects.select_for_update().get_or_create(pk=1)[0]


@contextmanager
def snapshot() -> Iterator[None]:
    """Reads that all see the same state of the world, without waiting for writers."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # atomic() would take the write lock (transaction_mode IMMEDIATE).
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
