"""Months in words and in order: periods are days such as 2026-10-01."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.formats import date_format

from portal.resources.times import BERLIN, midnight, next_month, parse_day

EARLY = timedelta(days=1)


def label(period: str) -> str:
    """October 2026; the text itself where it is no day."""
    day = parse_day(period)
    return date_format(day, "F Y", use_l10n=False) if day else period


def short(period: str) -> str:
    """Oct 26, for an axis."""
    day = parse_day(period)
    return date_format(day, "M y", use_l10n=False) if day else period[:7]


def elapsed(period: str, now: datetime) -> float | None:
    """How much of the running month has passed, above 0 and up to 1; None for any other month."""
    day = parse_day(period)
    if day is None:
        return None
    begins = midnight(day.replace(day=1))
    ends = midnight(next_month(day))
    if not begins < now < ends:
        return None
    return (now - begins) / (ends - begins)


def percent(part: float) -> int:
    """Of a part that has passed; 100 is for what is over."""
    return int(part * 100)


def is_early(period: str, now: datetime) -> bool:
    """Whether so little of the month has passed that its end cannot be told by it: hours are counted whole."""
    day = parse_day(period)
    return day is not None and now < midnight(day.replace(day=1)) + EARLY


def running(now: datetime) -> str:
    """The period of the month that it is, in Berlin, where the platform's months begin."""
    return now.astimezone(BERLIN).date().replace(day=1).isoformat()


def before(period: str) -> str:
    """The period before that one; '' where it is no day."""
    day = parse_day(period)
    return date.fromordinal(day.replace(day=1).toordinal() - 1).replace(day=1).isoformat() if day else ""


def end(period: str) -> datetime | None:
    """When it is over; None where it is no day."""
    day = parse_day(period)
    return midnight(next_month(day)) if day else None


def last_day(period: str) -> date | None:
    """The day it ends with; None where it is no day."""
    day = parse_day(period)
    return next_month(day) - timedelta(days=1) if day else None


def hours(period: str) -> int:
    """How many it has in Berlin: 745 in an October; 0 where it is no day."""
    day = parse_day(period)
    return (midnight(next_month(day)) - midnight(day.replace(day=1))) // timedelta(hours=1) if day else 0


def days(period: str) -> int:
    """How many it has; 0 where it is no day."""
    day = parse_day(period)
    return (next_month(day) - day.replace(day=1)).days if day else 0


def without_gaps(periods: Sequence[str], most: int) -> list[str]:
    """Periods from the latest to the oldest together with those between them, the latest `most`."""
    found: list[str] = []
    for period in periods:
        while found and period < (missing := before(found[-1])) and len(found) < most:
            found.append(missing)
        if len(found) < most:
            found.append(period)
    return found
