"""Where a maintenance stands in time, and the order that comes of it."""

from typing import Any

import pytest

from portal.resources.phases import WORDS, Phase
from portal.resources.types.maintenance import standing
from tests.resources.building import NOW, maintenance, utc
from tests.resources.wording import is_text


@pytest.mark.parametrize(
    ("starts", "ends", "values", "phase"),
    [
        ("2026-11-24 21:00", "2026-11-25 04:00", {}, Phase.UPCOMING),
        ("2026-11-24 09:00", "2026-11-24 11:00", {}, Phase.IN_PROGRESS),
        ("2026-11-24 09:00", "2026-11-24 09:30", {}, Phase.PAST),
        ("2026-11-24 09:00", "2026-11-24 09:30", {"active": True}, Phase.IN_PROGRESS),  # the platform knows better
        ("2026-11-24 21:00", "2026-11-25 04:00", {"active": True}, Phase.IN_PROGRESS),  # it began early
        ("2026-11-24 09:00", "2026-11-24 10:00", {}, Phase.PAST),
        ("2026-11-24 10:00", "2026-11-24 11:00", {}, Phase.IN_PROGRESS),
        ("2026-11-25 09:00", "", {}, Phase.UPCOMING),
        ("2026-11-23 09:00", "", {}, Phase.PAST),
    ],
)
def test_mt_01_a_maintenance_goes_on_comes_or_is_past(
    starts: str, ends: str, values: dict[str, Any], phase: Phase
) -> None:
    assert standing(maintenance(starts, ends, **values), NOW).phase is phase


@pytest.mark.parametrize("active", [True, False])
def test_of_what_goes_on_it_counts_when_it_ends(active: bool) -> None:
    found = standing(maintenance("2026-11-24 09:00", "2026-11-24 11:00", active=active), NOW)
    assert found.at == utc("2026-11-24 11:00")


def test_what_goes_on_is_first_then_what_comes_soonest_then_what_is_past_latest_first() -> None:
    days = {
        "long ago": ("2025-11-23 21:00", "2025-11-24 04:00"),
        "yesterday": ("2026-11-23 21:00", "2026-11-24 04:00"),
        "ends later": ("2026-11-24 08:00", "2026-11-24 12:00"),
        "ends sooner": ("2026-11-24 09:00", "2026-11-24 11:00"),
        "tomorrow": ("2026-11-25 21:00", "2026-11-26 04:00"),
        "tonight": ("2026-11-24 21:00", "2026-11-25 04:00"),
    }
    order = sorted(days, key=lambda name: standing(maintenance(*days[name]), NOW).order)
    assert order == ["ends sooner", "ends later", "tonight", "tomorrow", "yesterday", "long ago"]


def test_each_phase_has_words() -> None:
    assert all(is_text(WORDS[phase]) for phase in Phase)
