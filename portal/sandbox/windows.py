"""When a group's next maintenance window is (mt_02). Pure: no database, no clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_window(now: datetime, *, start: int, end: int, timezone: str, leadtime: int) -> tuple[datetime, datetime]:
    """The first whole window that begins `leadtime` hours from `now` or later; UTC.

    `start` and `end` are hours of the day in `timezone`; a window may cross midnight, and lasts a
    whole day where both are the same. A clock change may make it longer or shorter; one that leaves
    nothing of it skips that day.
    """
    zone = ZoneInfo(timezone)
    earliest = now + timedelta(hours=leadtime)
    day = earliest.astimezone(zone).date() - timedelta(days=1)
    while True:
        starts, ends = window_on(day, start=start, end=end, zone=zone)
        if starts >= earliest and ends > starts:
            return starts, ends
        day += timedelta(days=1)


def window_on(day: date, *, start: int, end: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The window that begins on a local day, in UTC."""
    last = day if end > start else day + timedelta(days=1)
    return _instant(day, start, zone), _instant(last, end, zone)


def _instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
