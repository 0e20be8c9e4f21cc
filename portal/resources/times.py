"""The platform's times: moments with a zone, days that are Europe/Berlin days, keys made from moments."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

BERLIN = ZoneInfo("Europe/Berlin")

# What computers list among the time zones, and is none: their own, and that of a computer nobody has set up.
NO_ZONES = frozenset({"Factory", "localtime"})


def parse_moment(text: str | None) -> datetime | None:
    """An ISO 8601 moment as an aware UTC time; None for none, '' and what cannot be read. No zone: UTC (mt_01)."""
    try:
        moment = datetime.fromisoformat(text or "")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def parse_day(text: str) -> date | None:
    """A day as the platform writes and takes it, YYYY-MM-DD; None for '' and any other text, also other ISO forms.

    None as well for years in which no day can be reckoned with: before 1900 and after 9000.
    """
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if day.isoformat() == text and 1900 <= day.year <= 9000 else None


def moment_to_key(text: str) -> str:
    """`2026-11-24T21:00:00+00:00` → `20261124T210000Z` (api/rules.md); ValueError where it is no moment."""
    moment = parse_moment(text)
    if moment is None:
        raise ValueError(text)
    return _as_key(moment)


def moment_from_key(part: str) -> str:
    """`20261124T210000Z` → `2026-11-24T21:00:00+00:00`; ValueError for anything else, also other spellings of it."""
    moment = parse_moment(part)
    if moment is None or _as_key(moment) != part:
        raise ValueError(part)
    return moment.isoformat()


def _as_key(moment: datetime) -> str:
    plain = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    return f"{plain.replace('-', '').replace(':', '')}Z"


def berlin_today(now: datetime) -> date:
    """The day in Europe/Berlin, by which deletions go (vm_18)."""
    return now.astimezone(BERLIN).date()


def earliest_deadline(now: datetime) -> date:
    """Tomorrow, Europe/Berlin (vm_18)."""
    return berlin_today(now) + timedelta(days=1)


def default_deadline(now: datetime) -> date:
    """The first of the next month, so that the last day of this one still runs (vm_18)."""
    return next_month(berlin_today(now))


def next_month(day: date) -> date:
    """The first day of the month after the one that a day is in."""
    return day.replace(day=monthrange(day.year, day.month)[1]) + timedelta(days=1)


def midnight(day: date, tz: tzinfo = BERLIN) -> datetime:
    """When the day begins; in Europe/Berlin: the `t` of the deletion stages (methods.md)."""
    return datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)


def next_shown(time: datetime, tz: tzinfo, now: datetime) -> datetime:
    """When clocks in that zone show this (a day and time without zone) next: in one night of the year they do so twice.

    What they will not show any more is when they did. A time that they skip is as far into the hour after it.
    """
    readings = [time.replace(tzinfo=tz, fold=fold) for fold in (0, 1)]
    return next((moment for moment in readings if moment > now), readings[0])


@lru_cache(maxsize=64)
def zone(name: str | None) -> ZoneInfo:
    """The zone of that IANA name; Europe/Berlin, the platform's default (rg_04), where there is none such."""
    return ZoneInfo(name) if name in timezones() else BERLIN


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    """All IANA names (rg_09)."""
    return frozenset(available_timezones()) - NO_ZONES
