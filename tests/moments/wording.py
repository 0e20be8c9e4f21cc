"""How people word times, in English and German, by rules of its own: what pages are held against."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
STEPS = [timedelta(minutes=minutes) for minutes in (-60, -30, 30, 60)]  # by which clocks are put back
EVENING = "18:00"

ENGLISH_MONTHS = "January February March April May June July August September October November December"
GERMAN_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
ENGLISH_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
GERMAN_DAYS = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"
ENGLISH_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
GERMAN_NEAR = {-1: "gestern", 0: "heute", 1: "morgen"}


@dataclass(frozen=True)
class Language:
    """One of the portal's languages."""

    code: str
    months: str
    days: str
    near: dict[int, str]  # days from today -> word
    tonight: str
    after_day: str  # behind the number of a day
    before_time: str  # between a day and a time

    def day(self, day: date, today: date) -> str:
        """30 November, with the year where it is not this one."""
        year = f" {day.year}" if day.year != today.year else ""
        return f"{day.day}{self.after_day} {self.months.split()[day.month - 1]}{year}"

    def month(self, first: str) -> str:
        """November 2026, of 2026-11-01."""
        year, month, _day = first.split("-")
        return f"{self.months.split()[int(month) - 1]} {year}"

    def near_day(self, moment: datetime, zone: ZoneInfo, now: datetime) -> str:
        """tonight, tomorrow, Friday, 30 November: as somebody in that zone says it now."""
        day, today = wall(moment, zone).date(), wall(now, zone).date()
        away = day.toordinal() - today.toordinal()
        if away == 0 and moment >= now and time_of(moment, zone) >= EVENING:
            return self.tonight
        if away in self.near:
            return self.near[away]
        return self.days.split()[day.weekday()] if 2 <= away <= 6 else self.day(day, today)

    def at(self, moment: datetime, zone: ZoneInfo, now: datetime) -> str:
        """tonight 22:00."""
        return f"{self.near_day(moment, zone, now)}{self.before_time} {time_of(moment, zone)}"

    def window(self, starts: datetime, ends: datetime, zone: ZoneInfo, now: datetime) -> str:
        """tonight 22:00–05:00 (Europe/Berlin)."""
        return f"{self.at(starts, zone, now)}–{time_of(ends, zone)} ({zone.key})"


ENGLISH = Language("en", ENGLISH_MONTHS, ENGLISH_DAYS, ENGLISH_NEAR, "tonight", "", "")
GERMAN = Language("de", GERMAN_MONTHS, GERMAN_DAYS, GERMAN_NEAR, "heute Abend", ".", ",")
LANGUAGES = (ENGLISH, GERMAN)


def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What calendar and clock show there, without any zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def time_of(moment: datetime, zone: ZoneInfo) -> str:
    """22:00; where the clock shows that twice in a night, which of them: 02:30 CET."""
    shown = wall(moment, zone)
    is_doubled = any(wall(moment + step, zone) == shown for step in STEPS)
    return f"{shown:%H:%M} {moment.astimezone(zone):%Z}" if is_doubled else f"{shown:%H:%M}"


def day_of(text: str) -> date:
    """A day as the platform writes it."""
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """A moment as the platform writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)
