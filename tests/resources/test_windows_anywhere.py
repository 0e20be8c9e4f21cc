"""The next window in any time zone, at any moment, by any hours: held against the sandbox's own reading (mt_02)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from portal.resources.times import timezones
from portal.resources.windows import Window, next_window
from portal.sandbox import windows as platform

HOUR = timedelta(hours=1)
# Clocks that change by half an hour, by two, at midnight, into midnight, by the moon, or never; odd offsets.
ODD_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/Havana",
    "America/Scoresbysund",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/St_Johns",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "UTC",
)


@dataclass(frozen=True)
class Case:
    """A group, and the earliest moment at which a window may open for it."""

    timezone: str
    start: int
    end: int
    leadtime: int
    earliest: datetime

    @property
    def now(self) -> datetime:
        return self.earliest - self.leadtime * HOUR

    @property
    def foretold(self) -> Window:
        group = {
            "maintenance_start": self.start,
            "maintenance_end": self.end,
            "notification_leadtime": self.leadtime,
            "timezone": self.timezone,
        }
        return next_window(group, self.now)


@cache
def changes(name: str) -> list[datetime]:
    """The days, 2026 to 2028, on which the clock of a zone changes; the first of all where it never does."""
    zone = ZoneInfo(name)
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(3 * 365)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    pairs = zip(days, offsets, offsets[1:], strict=False)
    return [day for day, before, after in pairs if before != after] or days[:1]


any_hour = st.integers(0, 23)
any_moment = st.datetimes(datetime(2010, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))
leadtimes = st.one_of(st.integers(0, 72), st.integers(0, 8760))
anywhere = st.builds(Case, st.sampled_from(sorted(timezones())), any_hour, any_hour, leadtimes, any_moment)


@st.composite
def in_a_night_that_changes(draw: st.DrawFn) -> Case:
    """A short window, of which the change of the clock may leave nothing."""
    timezone = draw(st.sampled_from(ODD_ZONES))
    start = draw(st.integers(-2, 4)) % 24
    end = (start + draw(st.integers(1, 3))) % 24
    earliest = draw(st.sampled_from(changes(timezone))) + draw(st.integers(-36 * 60, 36 * 60)) * timedelta(minutes=1)
    return Case(timezone, start, end, draw(leadtimes), earliest)


cases = st.one_of(in_a_night_that_changes(), anywhere)


@given(cases)
def test_mt_02_the_platform_opens_the_window_that_the_portal_foretells(case: Case) -> None:
    opened = platform.next_window(
        case.now, start=case.start, end=case.end, timezone=case.timezone, leadtime=case.leadtime
    )
    assert (case.foretold.starts, case.foretold.ends) == opened


@given(cases)
def test_mt_02_the_window_is_real_far_enough_away_and_begins_at_the_hour(case: Case) -> None:
    window = case.foretold
    assert case.earliest <= window.starts < window.ends
    opens, just_before = (
        moment.astimezone(ZoneInfo(case.timezone)) for moment in (window.starts, window.starts - HOUR)
    )
    skipped = opens.utcoffset() != just_before.utcoffset()
    assert (opens.hour, opens.minute) == (case.start, 0) or skipped
