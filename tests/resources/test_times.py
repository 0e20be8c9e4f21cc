"""Moments with their zone, days of Europe/Berlin, and keys made from moments."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.resources.times import (
    BERLIN,
    berlin_today,
    default_deadline,
    earliest_deadline,
    midnight,
    moment_from_key,
    moment_to_key,
    next_shown,
    parse_day,
    parse_moment,
    timezones,
    zone,
)
from tests.resources.building import utc

moments = st.datetimes(timezones=st.just(UTC))


# --- reading


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T21:00:00+00:00", "2026-11-24 21:00"),
        ("2026-11-24T21:00:00Z", "2026-11-24 21:00"),
        ("2026-11-24T22:00:00+01:00", "2026-11-24 21:00"),
        ("2026-11-24T16:15:00-04:45", "2026-11-24 21:00"),
        ("2026-11-24T21:00:00", "2026-11-24 21:00"),
        ("2026-11-24 21:00", "2026-11-24 21:00"),
    ],
)
def test_mt_01_a_moment_is_read_in_its_zone_and_in_utc_where_it_names_none(text: str, moment: str) -> None:
    found = parse_moment(text)
    assert found == utc(moment)
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01T00:00:00Z",
        "24.11.2026",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        None,
        5,
    ],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert parse_moment(text) is None


def test_a_day_is_read() -> None:
    assert parse_day("2026-11-30") == date(2026, 11, 30)


@pytest.mark.parametrize(
    "text", ["", "2026-11-31", "30.11.2026", "20261130", "2026-W49-1", "2026-11-30T00:00", "٢٠٢٦-١١-٣٠", None, 20261130]
)
def test_vm_18_what_the_platform_would_not_take_as_a_day_is_none(text: str) -> None:
    assert parse_day(text) is None


@pytest.mark.parametrize("text", ["1899-12-31", "9001-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_reckoned_with_is_none(text: str) -> None:
    assert parse_day(text) is None


@pytest.mark.parametrize("text", ["1900-01-01", "9000-12-31"])
def test_a_day_that_can_just_be_reckoned_with_is_read(text: str) -> None:
    assert parse_day(text) == date.fromisoformat(text)


@given(st.dates(date(1900, 1, 1), date(9000, 12, 31)))
def test_every_day_is_read_back_from_how_records_carry_it(day: date) -> None:
    assert parse_day(day.isoformat()) == day


# --- keys


def test_a_moment_in_a_key_is_utc_to_the_second() -> None:
    assert moment_to_key("2026-11-24T22:00:00.9+01:00") == "20261124T210000Z"
    assert moment_from_key("20261124T210000Z") == "2026-11-24T21:00:00+00:00"


@given(moments)
def test_a_key_leads_back_to_the_second_it_was_made_from(moment: datetime) -> None:
    assert parse_moment(moment_from_key(moment_to_key(moment.isoformat()))) == moment.replace(microsecond=0)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-11"])
def test_what_is_no_moment_makes_no_key(text: str) -> None:
    with pytest.raises(ValueError) as error:
        moment_to_key(text)
    assert error.value.args == (text,)


@pytest.mark.parametrize(
    "part",
    [
        "",
        "20261124T210000",
        "20261124210000Z",
        "2026112T21000Z",
        "20261124T210000z",
        "20261324T210000Z",
        "٢٠٢٦1124T210000Z",
    ],
)
def test_a_record_has_one_address_so_no_other_spelling_is_a_key(part: str) -> None:
    with pytest.raises(ValueError) as error:
        moment_from_key(part)
    assert error.value.args == (part,)


@given(st.from_regex(r"\d{7,9}T\d{5,7}Z", fullmatch=True))
def test_what_is_taken_as_a_key_is_spelt_as_we_would(part: str) -> None:
    try:
        moment = moment_from_key(part)
    except ValueError:
        return
    assert moment_to_key(moment) == part


# --- days of Berlin


@pytest.mark.parametrize(
    ("now", "today"),
    [
        ("2026-11-24 22:59", "2026-11-24"),
        ("2026-11-24 23:00", "2026-11-25"),
        ("2026-07-01 21:59", "2026-07-01"),
        ("2026-07-01 22:00", "2026-07-02"),
    ],
)
def test_vm_18_a_day_begins_at_midnight_in_berlin_and_tomorrow_is_the_earliest(now: str, today: str) -> None:
    assert berlin_today(utc(now)) == date.fromisoformat(today)
    assert earliest_deadline(utc(now)) == date.fromisoformat(today) + timedelta(days=1)
    assert midnight(date.fromisoformat(today)) <= utc(now) < midnight(earliest_deadline(utc(now)))


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        ("2026-11-30", "2026-11-29 23:00"),
        ("2026-07-01", "2026-06-30 22:00"),
        ("2027-03-28", "2027-03-27 23:00"),
        ("2027-03-29", "2027-03-28 22:00"),
        ("2027-10-31", "2027-10-30 22:00"),
        ("2027-11-01", "2027-10-31 23:00"),
    ],
)
def test_vm_18_midnight_is_berlins_in_winter_in_summer_and_when_the_clock_changes(day: str, begins: str) -> None:
    found = midnight(date.fromisoformat(day))
    assert found == utc(begins)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        ("2026-11-24 10:00", "2026-12-01"),
        ("2026-11-29 23:01", "2026-12-01"),  # the last day has begun in Berlin: tomorrow
        ("2026-11-30 22:59", "2026-12-01"),
        ("2026-11-30 23:00", "2027-01-01"),  # December has begun in Berlin
        ("2026-12-31 12:00", "2027-01-01"),
        ("2027-02-03 12:00", "2027-03-01"),
        ("2028-02-03 12:00", "2028-03-01"),
        ("2027-01-31 12:00", "2027-02-01"),
    ],
)
def test_vm_18_unless_said_otherwise_a_machine_runs_to_the_end_of_the_months_last_day(now: str, deadline: str) -> None:
    assert default_deadline(utc(now)) == date.fromisoformat(deadline)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_vm_18_the_usual_deadline_can_always_be_had_and_is_the_next_first_of_a_month(now: datetime) -> None:
    deadline = default_deadline(now)
    assert earliest_deadline(now) <= deadline <= earliest_deadline(now) + timedelta(days=30)
    assert deadline.day == 1


# --- zones


def test_rg_04_a_zone_that_does_not_exist_is_the_platforms() -> None:
    assert zone("America/New_York").key == "America/New_York"
    assert zone("Mars/Base") is zone("") is zone(None) is BERLIN
    assert BERLIN.key == "Europe/Berlin"


def test_rg_09_zones_go_by_their_iana_names_not_by_what_a_computer_has_besides() -> None:
    assert {"Europe/Berlin", "America/New_York", "UTC", "Asia/Kathmandu"} <= timezones()
    assert not {"localtime", "Factory", "posixrules", "berlin", ""} & timezones()


# --- what a clock shows


@pytest.mark.parametrize(
    ("shown", "now", "moment"),
    [
        ("2026-11-24 22:00", "2026-11-24 11:00", "2026-11-24 21:00"),
        ("2026-10-25 02:30", "2026-10-24 11:00", "2026-10-25 00:30"),
        ("2026-10-25 02:30", "2026-10-25 00:30", "2026-10-25 01:30"),  # that moment it was, an hour later it is again
        ("2026-10-25 02:30", "2026-10-25 01:31", "2026-10-25 00:30"),  # and will not be any more
        ("2027-03-28 02:30", "2027-03-27 11:00", "2027-03-28 01:30"),  # skipped: half an hour after three
        ("2020-01-01 12:00", "2026-11-24 11:00", "2020-01-01 11:00"),
    ],
)
def test_a_time_without_a_zone_is_when_the_clock_shows_it_next(shown: str, now: str, moment: str) -> None:
    assert next_shown(datetime.fromisoformat(shown), BERLIN, utc(now)).astimezone(UTC) == utc(moment)


@pytest.mark.parametrize("text", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_no_time_is_too_far_away_to_be_read(text: str) -> None:
    shown = datetime.fromisoformat(text)
    assert next_shown(shown, BERLIN, utc("2026-11-24 11:00")).replace(tzinfo=None) == shown
