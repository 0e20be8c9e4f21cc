"""Times in words, in any zone and either language, as somebody there would say them at each moment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from portal.resources.looks import State, Status
from portal.resources.windows import Window
from portal.ui import badges, when
from tests.moments.wording import BERLIN, LANGUAGES, NEW_YORK, Language, time_of, wall

ZONES = (BERLIN, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe"))


def around(moment: datetime) -> Iterator[datetime]:
    """Moments of the days before and after."""
    for hours in range(-40, 190):
        yield moment + timedelta(hours=hours, minutes=hours % 2 * 2)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
def test_days_and_times_are_said_as_people_there_say_them(moment: datetime, language: Language) -> None:
    with translation.override(language.code):
        for zone in ZONES:
            for at in around(moment):
                assert when.words(at, zone, moment) == language.at(at, zone, moment)
                window = Window(at, at + timedelta(hours=3), zone)
                assert when.window_words(window, moment) == language.window(at, at + timedelta(hours=3), zone, moment)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
def test_a_day_of_another_year_is_said_with_its_year(moment: datetime, language: Language) -> None:
    today = wall(moment, BERLIN).date()
    with translation.override(language.code):
        for days in range(-400, 400):
            day = today + timedelta(days=days)
            assert when.day_words(day, today) == language.day(day, today)


def test_a_time_alone_is_the_next_one_that_the_clock_there_shows(moment: datetime) -> None:
    for zone in ZONES:
        coming: dict[str, datetime] = {}
        for at in (one for one in around(moment) if one > moment):
            time = time_of(at, zone)
            first = coming.setdefault(time, at)
            if badges.state_detail(Status(State.MAINTENANCE, at), zone, moment) == f"until {time}":
                assert at == first
