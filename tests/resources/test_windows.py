"""When a group's next maintenance window is (mt_02, rg_04, rg_05)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.resources.windows import next_window
from tests.resources.building import NOW, utc

LORD_HOWE = "Australia/Lord_Howe"
NEW_YORK = "America/New_York"


def window(now: datetime, **group: Any) -> tuple[datetime, datetime]:
    found = next_window(group, now)
    assert found.starts.tzinfo is found.ends.tzinfo is UTC
    return found.starts, found.ends


def hours(start: int, end: int, **group: Any) -> dict[str, Any]:
    return {"maintenance_start": start, "maintenance_end": end, "notification_leadtime": 0, **group}


# --- hours and lead time


@pytest.mark.parametrize(
    "group",
    [
        {},
        {"maintenance_start": 22, "maintenance_end": 5, "notification_leadtime": 12, "timezone": "Europe/Berlin"},
        {"maintenance_start": None, "maintenance_end": None, "notification_leadtime": None, "timezone": None},
        {"maintenance_start": "22", "maintenance_end": True, "notification_leadtime": 1.5, "timezone": "Mars/Base"},
        {"maintenance_start": -1, "maintenance_end": 24, "notification_leadtime": -1},
        {"maintenance_start": 24, "maintenance_end": -1, "notification_leadtime": 8761},
        {"maintenance_end": False, "notification_leadtime": True},
    ],
)
def test_rg_04_what_is_missing_or_unusable_is_the_platforms_default(group: dict[str, Any]) -> None:
    """22:00 to 5:00 in Berlin, 12 hours ahead: at 11:00 tonight is too near."""
    assert window(utc("2026-11-24 09:00"), **group) == (utc("2026-11-24 21:00"), utc("2026-11-25 04:00"))
    assert window(utc("2026-11-24 09:01"), **group) == (utc("2026-11-25 21:00"), utc("2026-11-26 04:00"))


@pytest.mark.parametrize(
    ("leadtime", "starts"),
    [(0, "2026-11-24 21:00"), (11, "2026-11-24 21:00"), (12, "2026-11-25 21:00"), (8760, "2027-11-24 21:00")],
)
def test_mt_02_it_begins_no_earlier_than_the_lead_time_from_now(leadtime: int, starts: str) -> None:
    assert window(NOW, notification_leadtime=leadtime)[0] == utc(starts)


def test_mt_02_a_window_that_is_open_or_opens_within_the_lead_time_is_not_the_next() -> None:
    """Its end may lie after the lead time: it is the beginning that counts."""
    in_the_window = utc("2026-11-24 23:00")
    assert window(in_the_window, **hours(22, 5))[0] == utc("2026-11-25 21:00")
    before_it = utc("2026-11-24 20:00")
    assert window(before_it, notification_leadtime=3)[0] == utc("2026-11-25 21:00")
    assert window(before_it, notification_leadtime=1)[0] == utc("2026-11-24 21:00")


def test_mt_02_the_very_moment_at_which_a_window_opens_is_early_enough() -> None:
    opens = utc("2026-11-24 21:00")
    assert window(opens, **hours(22, 5))[0] == opens
    assert window(opens + timedelta(microseconds=1), **hours(22, 5))[0] == opens + timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end", "starts", "ends"),
    [
        (13, 17, "2026-11-24 12:00", "2026-11-24 16:00"),
        (0, 23, "2026-11-24 23:00", "2026-11-25 22:00"),
        (23, 0, "2026-11-24 22:00", "2026-11-24 23:00"),
        (22, 5, "2026-11-24 21:00", "2026-11-25 04:00"),
        (22, 21, "2026-11-24 21:00", "2026-11-25 20:00"),
        (3, 3, "2026-11-25 02:00", "2026-11-26 02:00"),
        (0, 0, "2026-11-24 23:00", "2026-11-25 23:00"),
    ],
)
def test_rg_05_it_may_cross_midnight_and_lasts_a_day_where_both_hours_are_the_same(
    start: int, end: int, starts: str, ends: str
) -> None:
    assert window(NOW, **hours(start, end)) == (utc(starts), utc(ends))


# --- the group's own time zone


@pytest.mark.parametrize(
    ("timezone", "starts"),
    [
        ("UTC", "2026-11-24 22:00"),
        (NEW_YORK, "2026-11-25 03:00"),
        ("Asia/Kathmandu", "2026-11-24 16:15"),
        ("Pacific/Kiritimati", "2026-11-25 08:00"),
        ("Pacific/Niue", "2026-11-25 09:00"),
    ],
)
def test_mt_02_hours_are_those_of_the_groups_time_zone(timezone: str, starts: str) -> None:
    found = next_window(hours(22, 5, timezone=timezone), NOW)
    assert (found.starts, found.ends) == (utc(starts), utc(starts) + timedelta(hours=7))
    assert found.zone.key == timezone


def test_mt_02_it_is_looked_for_from_the_day_that_it_is_there() -> None:
    """On Niue it is 23:00 on the 23rd; where this computer is, the 25th has begun (conftest)."""
    assert window(NOW, **hours(23, 5, timezone="Pacific/Niue"))[0] == NOW


# --- nights in which the clock changes


@pytest.mark.parametrize(
    ("zone", "now", "between", "starts", "ends"),
    [
        # Berlin, 28 March 2027: 2:00 becomes 3:00. Six hours for seven.
        ("Europe/Berlin", "2027-03-27 12:00", (22, 5), "2027-03-27 21:00", "2027-03-28 03:00"),
        ("Europe/Berlin", "2027-03-28 00:00", (2, 5), "2027-03-28 01:00", "2027-03-28 03:00"),
        ("Europe/Berlin", "2027-03-27 12:00", (1, 2), "2027-03-28 00:00", "2027-03-28 01:00"),
        # 31 October 2027: 3:00 becomes 2:00. Eight hours for seven; from 2 to 3 it is two hours.
        ("Europe/Berlin", "2027-10-30 12:00", (22, 5), "2027-10-30 20:00", "2027-10-31 04:00"),
        ("Europe/Berlin", "2027-10-30 12:00", (2, 3), "2027-10-31 00:00", "2027-10-31 02:00"),
        # New York, 14 March and 7 November 2027.
        (NEW_YORK, "2027-03-13 12:00", (22, 5), "2027-03-14 03:00", "2027-03-14 09:00"),
        (NEW_YORK, "2027-11-06 12:00", (22, 5), "2027-11-07 02:00", "2027-11-07 10:00"),
        # Lord Howe changes by half an hour, 4 April and 3 October 2027.
        (LORD_HOWE, "2027-04-03 00:00", (1, 3), "2027-04-03 14:00", "2027-04-03 16:30"),
        (LORD_HOWE, "2027-10-02 00:00", (2, 3), "2027-10-02 15:30", "2027-10-02 16:00"),
        # Troll, in Antarctica, by two hours: of 1:00 to 4:00 one is left.
        ("Antarctica/Troll", "2027-03-27 12:00", (1, 4), "2027-03-28 01:00", "2027-03-28 02:00"),
    ],
)
def test_mt_02_it_keeps_to_local_hours_when_the_clock_changes(
    zone: str, now: str, between: tuple[int, int], starts: str, ends: str
) -> None:
    assert window(utc(now), **hours(*between, timezone=zone)) == (utc(starts), utc(ends))


@pytest.mark.parametrize(
    ("zone", "now", "between", "starts", "ends"),
    [
        ("Europe/Berlin", "2027-03-27 12:00", (2, 3), "2027-03-29 00:00", "2027-03-29 01:00"),
        (NEW_YORK, "2027-03-13 12:00", (2, 3), "2027-03-15 06:00", "2027-03-15 07:00"),
        ("Antarctica/Troll", "2027-03-27 12:00", (1, 3), "2027-03-28 23:00", "2027-03-29 01:00"),
        # Samoa left out a whole day, 30 December 2011.
        ("Pacific/Apia", "2011-12-30 09:00", (22, 5), "2011-12-31 08:00", "2011-12-31 15:00"),
    ],
)
def test_mt_02_a_day_on_which_the_clock_leaves_nothing_of_it_is_skipped(
    zone: str, now: str, between: tuple[int, int], starts: str, ends: str
) -> None:
    assert window(utc(now), **hours(*between, timezone=zone)) == (utc(starts), utc(ends))


def test_mt_02_a_clock_that_jumps_to_midnight_opens_the_window_of_the_evening_before() -> None:
    """In Greenland 23:00 is followed by midnight on 27 March 2027: the window of 23:00 opens with the new day."""
    jump = utc("2027-03-28 01:00")
    assert window(jump, **hours(23, 5, timezone="America/Scoresbysund")) == (jump, utc("2027-03-28 06:00"))
