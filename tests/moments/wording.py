"""How people word times, in English and German, by rules of its own: what pages are held against."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
STEPS = [timedelta(minutes=minutes) for minutes in (-60, -30, 30, 60)]  # by which clocks are put back

ENGLISH_MONTHS = "January February March April May June July August September October November December"
GERMAN_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
ENGLISH_SHORT = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
GERMAN_SHORT = "Jan. Feb. März April Mai Juni Juli Aug. Sept. Okt. Nov. Dez."
ENGLISH_DAYS = "Mon Tue Wed Thu Fri Sat Sun"
GERMAN_DAYS = "Mo Di Mi Do Fr Sa So"
ENGLISH_NEAR = {0: "today, ", 1: "tomorrow, "}
GERMAN_NEAR = {0: "heute, ", 1: "morgen, "}


@dataclass(frozen=True)
class Language:
    """One of the portal's languages."""

    code: str
    months: str
    short: str
    days: str
    near: dict[int, str]  # days from today -> word
    after_day: str  # behind the number of a day

    def day(self, day: date, today: date) -> str:
        """30 Nov, with the year where it is not this one."""
        year = f" {day.year}" if day.year != today.year else ""
        return f"{day.day}{self.after_day} {self.short.split()[day.month - 1]}{year}"

    def month(self, first: str) -> str:
        """November 2026, of 2026-11-01."""
        year, month, _day = first.split("-")
        return f"{self.months.split()[int(month) - 1]} {year}"

    def at(self, moment: datetime, reader: ZoneInfo, now: datetime, place: ZoneInfo | None = None) -> str:
        """Thu 26 Nov, 22:00, by the reader's clock; with that of the place where it shows another time."""
        day, today = wall(moment, reader).date(), wall(now, reader).date()
        return f"{self.days.split()[day.weekday()]} {self.day(day, today)}, {both(moment, reader, place)}"

    def window(self, starts: datetime, ends: datetime, reader: ZoneInfo, now: datetime, place: ZoneInfo) -> str:
        """tomorrow, Fri 27 Nov, 04:00–11:00 (22:00–05:00 New York)."""
        away = wall(starts, reader).toordinal() - wall(now, reader).toordinal()
        there = f" ({span(starts, ends, place)} {city(place)})" if differ(starts, reader, place) else ""
        day = self.at(starts, reader, now).partition(",")[0]
        return f"{self.near.get(away, '')}{day}, {span(starts, ends, reader)}{there}"


ENGLISH = Language("en", ENGLISH_MONTHS, ENGLISH_SHORT, ENGLISH_DAYS, ENGLISH_NEAR, "")
GERMAN = Language("de", GERMAN_MONTHS, GERMAN_SHORT, GERMAN_DAYS, GERMAN_NEAR, ".")
LANGUAGES = (ENGLISH, GERMAN)


def differ(moment: datetime, one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether clocks of the two show different times then."""
    return wall(moment, one) != wall(moment, other)


def city(zone: ZoneInfo) -> str:
    return zone.key.split("/")[1].replace("_", " ")


def span(starts: datetime, ends: datetime, zone: ZoneInfo) -> str:
    return f"{time_of(starts, zone)}–{time_of(ends, zone)}"


def both(moment: datetime, reader: ZoneInfo, place: ZoneInfo | None) -> str:
    """04:00 (22:00 New York)."""
    there = f" ({time_of(moment, place)} {city(place)})" if place and differ(moment, reader, place) else ""
    return f"{time_of(moment, reader)}{there}"


def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What calendar and clock show there, without any zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def time_of(moment: datetime, zone: ZoneInfo) -> str:
    """22:00; where the clock shows that twice in a night, which of them: 02:30 CET."""
    # In UTC no two moments are alike; in a zone Python holds both of a doubled hour for the same.
    return _time_of(moment.astimezone(UTC), zone)


@lru_cache(maxsize=10_000)
def _time_of(moment: datetime, zone: ZoneInfo) -> str:
    shown = wall(moment, zone)
    is_doubled = any(wall(moment + step, zone) == shown for step in STEPS)
    return f"{shown:%H:%M} {moment.astimezone(zone):%Z}" if is_doubled else f"{shown:%H:%M}"


def day_of(text: str) -> date:
    """A day as the platform writes it."""
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """A moment as the platform writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)
