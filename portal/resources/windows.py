"""Maintenance windows of a resource group: when the next one is (mt_02, rg_05). Pure functions of group and time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.resources.spec import Values
from portal.resources.times import zone


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time (UTC) in which the platform may reboot machines, and the zone it was reckoned in."""

    starts: datetime
    ends: datetime
    zone: ZoneInfo


def next_window(group: Values, now: datetime) -> Window:
    """The first window that begins no earlier than `notification_leadtime` hours from now (mt_02).

    `group` holds the values of a resource group; `now` is the platform's time. A window may cross midnight, and lasts
    a whole day where both hours are the same. Its hours are local ones: a change of the clock makes it longer or
    shorter, and where it leaves nothing of it (2:00 to 3:00 in spring), the platform skips that day.
    """
    tz = zone(group.get("timezone"))
    earliest = now + timedelta(hours=_number(group.get("notification_leadtime"), 12, most=8760))
    day = earliest.astimezone(tz).date() - timedelta(days=1)
    while True:
        window = _window_on(day, group, tz)
        if earliest <= window.starts < window.ends:
            return window
        day += timedelta(days=1)


def _window_on(day: date, group: Values, tz: ZoneInfo) -> Window:
    start_hour = _number(group.get("maintenance_start"), 22, most=23)
    end_hour = _number(group.get("maintenance_end"), 5, most=23)
    closing_day = day if end_hour > start_hour else day + timedelta(days=1)
    opens = datetime.combine(day, time(start_hour), tzinfo=tz)
    closes = datetime.combine(closing_day, time(end_hour), tzinfo=tz)
    return Window(opens.astimezone(UTC), closes.astimezone(UTC), tz)


def _number(value: object, default: int, *, most: int) -> int:
    """A group's setting as a number; the platform's default (rg_04) where the record has none that can be used."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else default
