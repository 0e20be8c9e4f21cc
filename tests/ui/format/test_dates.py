"""Times in words that depend on no more than pages are kept by."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.ui.format import dates

NOW = datetime(2026, 11, 24, 12, 0, 18, tzinfo=UTC)
ALL_THROUGH = [timedelta(milliseconds=ms) for ms in (0, 1, 499, 500, 999)]


@pytest.mark.parametrize("fraction", ALL_THROUGH, ids=str)
def test_a_countdown_is_the_same_all_through_a_second(fraction: timedelta) -> None:
    ends = NOW + timedelta(hours=1) + fraction
    assert len({dates.countdown(ends, NOW + later) for later in ALL_THROUGH}) == 1
    assert dates.countdown(ends, NOW) != dates.countdown(ends, NOW + timedelta(seconds=1))


def test_a_countdown_that_is_over_says_so() -> None:
    assert 'data-left="0"' in dates.countdown(NOW, NOW + timedelta(milliseconds=300))
    assert 'data-left="0"' in dates.countdown(NOW, NOW + timedelta(hours=3))
