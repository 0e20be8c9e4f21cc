"""The platform's times: moments with a zone, days that are Europe/Berlin days, keys made from moments."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

BERLIN = ZoneInfo("Europe/Berlin")

KEY_FORMAT = "%Y%m%dT%H%M%SZ"


def parse_moment(text: str) -> datetime | None:
    """An ISO 8601 moment as an aware UTC time; None for '' and what cannot be read. No zone: UTC (mt_01)."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def parse_day(text: str) -> date | None:
    """An ISO day; None for '' and what cannot be read."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def moment_to_key(text: str) -> str:
    """`2026-11-24T21:00:00+00:00` → `20261124T210000Z` (api/rules.md); ValueError where it is no moment."""
    moment = parse_moment(text)
    if moment is None:
        raise ValueError(text)
    return moment.strftime(KEY_FORMAT)


def moment_from_key(part: str) -> str:
    """`20261124T210000Z` → `2026-11-24T21:00:00+00:00`; ValueError for anything else."""
    return datetime.strptime(part, KEY_FORMAT).replace(tzinfo=UTC).isoformat()


def berlin_today(now: datetime) -> date:
    """The day in Europe/Berlin, by which deletions go (vm_18)."""
    return now.astimezone(BERLIN).date()


def earliest_deadline(now: datetime) -> date:
    """Tomorrow, Europe/Berlin (vm_18)."""
    return berlin_today(now) + timedelta(days=1)


def default_deadline(now: datetime) -> date:
    """End of the current month, on its last day tomorrow (vm_18)."""
    today = berlin_today(now)
    last = today.replace(day=monthrange(today.year, today.month)[1])
    return max(last, earliest_deadline(now))


def midnight(day: date) -> datetime:
    """When the day begins in Europe/Berlin, the `t` of the deletion stages (methods.md)."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)


@lru_cache(maxsize=64)
def zone(name: str | None) -> ZoneInfo:
    """The zone of that IANA name; Europe/Berlin, the platform's default (rg_04), where there is none such."""
    return ZoneInfo(name) if name in timezones() else BERLIN


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    """All IANA names (rg_09)."""
    return frozenset(available_timezones())
