"""Times in words, in any zone and either language, as somebody there would say them at each moment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from portal.resources.state_styles import State, Status
from portal.resources.windows import Window
from portal.ui.format import badges, dates
from tests.moments.wording import BERLIN, LANGUAGES, NEW_YORK, Language, time_of, wall

ZONES = (BERLIN, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe"))


def around(moment: datetime) -> Iterator[datetime]:
    """Moments of the days before and after."""
    for hours in range(-40, 190):
        yield moment + timedelta(hours=hours, minutes=hours % 2 * 2)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
@pytest.mark.parametrize("reader", ZONES, ids=str)
def test_days_and_times_are_said_by_the_readers_clock_and_that_of_the_place(
    moment: datetime, language: Language, reader: ZoneInfo
) -> None:
    with translation.override(language.code), timezone.override(reader):
        for at in around(moment):
            assert dates.words(at, moment) == language.at(at, reader, moment)
            ends = at + timedelta(hours=3)
            for place in ZONES:
                assert dates.words(at, moment, place) == language.at(at, reader, moment, place)
                assert dates.window_words(Window(at, ends, place), moment) == language.window(
                    at, ends, reader, moment, place
                )


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
def test_a_day_of_another_year_is_said_with_its_year(moment: datetime, language: Language) -> None:
    today = wall(moment, BERLIN).date()
    with translation.override(language.code):
        for days in range(-400, 400):
            day = today + timedelta(days=days)
            assert dates.day_words(day, today) == language.day(day, today)


def test_a_time_alone_is_the_next_one_that_the_clock_there_shows(moment: datetime) -> None:
    for zone in ZONES:
        coming: dict[str, datetime] = {}
        for at in (one for one in around(moment) if one > moment):
            time = time_of(at, zone)
            first = coming.setdefault(time, at)
            with timezone.override(zone):
                said = badges.state_detail(Status(State.MAINTENANCE, at), zone, moment)
            if said == f"until {time}":
                assert at == first


def test_since_when_is_a_time_alone_for_today_only(moment: datetime) -> None:
    for zone in ZONES:
        for at in (one for one in around(moment) if one <= moment):
            with timezone.override(zone):
                said = dates.since(at, moment)
            assert (said == time_of(at, zone)) is (wall(at, zone).date() == wall(moment, zone).date())
            assert said.endswith(time_of(at, zone))
