"""How much of a month has passed, and from when on its end is told by that: by hours of Berlin, whatever clocks do."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.billing.usage import months
from portal.resources.times import BERLIN, midnight, next_month, parse_day

HOUR = timedelta(hours=1)
MONTHS = ["2026-11-01", "2027-01-01", "2028-02-01", "2026-02-01", "2027-03-01", "2026-10-01"]  # leap years, both nights
DAYS = [  # with how many hours each has
    *((datetime(2028, 2, 29, tzinfo=BERLIN), 24), (datetime(2027, 2, 28, tzinfo=BERLIN), 24)),
    *((datetime(2027, 3, 28, tzinfo=BERLIN), 23), (datetime(2026, 10, 25, tzinfo=BERLIN), 25)),
]


def hours_of(period: str) -> float:
    day = parse_day(period)
    assert day
    return (midnight(next_month(day)) - midnight(day)) / HOUR


@pytest.mark.parametrize("period", MONTHS)
def test_the_first_day_is_too_early_and_the_second_tells_the_end(period: str) -> None:
    day = parse_day(period)
    assert day
    for minutes in range(5, 48 * 60, 5):
        now = midnight(day) + timedelta(minutes=minutes)
        part = months.elapsed(period, now)
        assert months.running(now) == period
        assert months.is_early(period, now) == (minutes < 24 * 60)
        assert part
        assert minutes / 60 / part == pytest.approx(hours_of(period))  # what is used evenly comes to just that


@pytest.mark.parametrize(("day", "hours"), DAYS)
def test_every_hour_of_an_odd_day_counts_once(day: datetime, hours: int) -> None:
    period = day.date().replace(day=1).isoformat()
    begin = midnight(day.date())
    for hour in range(hours + 1):
        now = begin + hour * HOUR + timedelta(minutes=1)
        part = months.elapsed(months.running(now), now)
        if hour < hours:
            assert now.astimezone(BERLIN).date() == day.date()
            assert part
            passed = (now - midnight(day.date().replace(day=1))) / HOUR
            assert passed / part == pytest.approx(hours_of(period))
            assert not months.is_early(period, now)
    assert now.astimezone(BERLIN).date() > day.date()


def test_of_what_is_no_month_nothing_has_passed() -> None:
    assert months.elapsed("whenever", datetime(2026, 11, 16, tzinfo=UTC)) is None
