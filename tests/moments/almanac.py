"""What a calendar and a clock on the wall say at each of the moments, written down by hand, in Europe/Berlin.

Tests hold pages against this; nothing here is worked out by the portal.
"""

from datetime import datetime
from typing import NamedTuple

from tests.support.moment import read
from tests.support.moments import MOMENTS


class Almanac(NamedTuple):
    """Days as the platform writes them; months are their first days."""

    today: str
    tomorrow: str
    next_month: str
    month: str
    last_month: str
    passed: float  # hours of the month that have passed
    hours: int  # that the month has, one more or less where the clock changes in it


NOVEMBER = ("2026-12-01", "2026-11-01", "2026-10-01")
OCTOBER_25 = ("2026-10-25", "2026-10-26", "2026-11-01", "2026-10-01", "2026-09-01")
MARCH_28 = ("2027-03-28", "2027-03-29", "2027-04-01", "2027-03-01", "2027-02-01")

ALMANAC = {
    "03:30 of a working day": Almanac("2026-11-26", "2026-11-27", *NOVEMBER, 25 * 24 + 3.5, 720),
    "shortly before midnight": Almanac("2026-11-24", "2026-11-25", *NOVEMBER, 24 * 24 - 2 / 60, 720),
    "before the doubled hour": Almanac(*OCTOBER_25, 577.5, 745),
    "in the doubled hour": Almanac(*OCTOBER_25, 578.5, 745),
    "in the doubled hour once more": Almanac(*OCTOBER_25, 579.5, 745),
    "after the doubled hour": Almanac(*OCTOBER_25, 580.5, 745),
    "before the missing hour": Almanac(*MARCH_28, 649.5, 743),
    "in place of the missing hour": Almanac(*MARCH_28, 650, 743),
    "after the missing hour": Almanac(*MARCH_28, 651.5, 743),
    "the last evening of a month": Almanac("2026-11-30", "2026-12-01", *NOVEMBER, 720 - 65 / 60, 720),
    "the first minutes of a month": Almanac(
        "2026-12-01", "2026-12-02", "2027-01-01", "2026-12-01", "2026-11-01", 5 / 60, 744
    ),
    "New Year's Eve": Almanac("2026-12-31", "2027-01-01", "2027-01-01", "2026-12-01", "2026-11-01", 744 - 2 / 60, 744),
    "28 February of a leap year": Almanac(
        "2028-02-28", "2028-02-29", "2028-03-01", "2028-02-01", "2028-01-01", 27 * 24 + 12, 696
    ),
    "29 February": Almanac("2028-02-29", "2028-03-01", "2028-03-01", "2028-02-01", "2028-01-01", 695.5, 696),
    "New York's doubled hour": Almanac("2026-11-01", "2026-11-02", *NOVEMBER, 7.5, 720),
    "before New York's missing hour": Almanac(
        "2027-03-14", "2027-03-15", "2027-04-01", "2027-03-01", "2027-02-01", 13 * 24 + 7.5, 743
    ),
}
_BY_MOMENT = {read(MOMENTS[name]): almanac for name, almanac in ALMANAC.items()}


def almanac_of(moment: datetime) -> Almanac:
    """What the calendar says at that one of the moments."""
    return _BY_MOMENT[moment]
