"""What changing a resource group means: its maintenance mode, and what saving will bring about."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.resources.spec import Effect
from portal.resources.states import group_in_maintenance
from portal.resources.times import parse_moment, zone
from portal.resources.types.group_changes import group_effects, maintenance_buttons, set_maintenance
from portal.resources.windows import Window
from tests.resources.building import NOW, around, group, iso, utc
from tests.resources.wording import is_text

TONIGHT = Window(utc("2026-11-24 21:00"), utc("2026-11-25 04:00"), zone("Europe/Berlin"))


def effects(wanted: dict[str, Any], **before: Any) -> list[Effect]:
    found = group_effects(group(**before), wanted, around())
    assert all(is_text(one.text) for one in found)
    return found


# --- maintenance mode


def test_rg_06_a_group_can_be_put_into_maintenance_mode_for_an_hour() -> None:
    (button,) = maintenance_buttons(group(), NOW)
    assert is_text(button.label)
    assert is_text(button.going)
    assert (button.icon, button.confirm, button.level) == ("tool", "", "")
    assert set_maintenance(group(), button.params, NOW) == {"maintenance_until": "2026-11-24T11:00:00+00:00"}


def test_rg_07_one_that_is_in_it_can_be_taken_out() -> None:
    in_mode = group(in_maintenance=True, maintenance_until=iso("2026-11-24 12:00"))
    (button,) = maintenance_buttons(in_mode, NOW)
    assert is_text(button.label)
    assert is_text(button.going)
    assert (button.icon, button.confirm, button.level) == ("tools-off", "", "")
    assert set_maintenance(in_mode, button.params, NOW) == {"in_maintenance": False, "maintenance_until": ""}


def test_rg_07_a_time_of_ones_own_is_sent_in_utc() -> None:
    params = {"for": "until", "until": "2026-11-24T18:30:00+01:00"}
    assert set_maintenance(group(), params, NOW) == {"maintenance_until": "2026-11-24T17:30:00+00:00"}


@pytest.mark.parametrize(
    "until", ["", "soon", iso("2026-11-24 10:00"), iso("2026-11-24 09:59"), "2026-11-24T10:00:00.9Z"]
)
def test_rg_07_only_a_time_to_come_because_any_other_would_end_it(until: str) -> None:
    with pytest.raises(ValueError, match=r"^until$"):
        set_maintenance(group(), {"for": "until", "until": until}, NOW)


@pytest.mark.parametrize("params", [{}, {"for": ""}, {"for": "ever"}, {"until": iso("2026-11-24 12:00")}])
def test_it_is_set_by_what_a_button_has_and_nothing_else(params: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^for$"):
        set_maintenance(group(), params, NOW)


def test_a_time_of_ones_own_has_to_be_named() -> None:
    with pytest.raises(ValueError, match=r"^until$"):
        set_maintenance(group(), {"for": "until"}, NOW)


@given(
    st.one_of(
        st.sampled_from([{"for": "hour"}, {"for": "nothing"}]),
        st.datetimes(min_value=(NOW + timedelta(seconds=1)).replace(tzinfo=None)).map(
            lambda moment: {"for": "until", "until": moment.isoformat()}
        ),
    ),
    st.booleans(),
)
def test_rg_08_what_is_sent_contradicts_neither_itself_nor_what_was_asked(params: dict[str, str], before: bool) -> None:
    """Nor does it say more when it is sent again (api_07): it names its end, to the second."""
    sent = set_maintenance(group(in_maintenance=before), params, NOW)
    until = parse_moment(sent["maintenance_until"])
    assert group_in_maintenance(group(**sent).values, NOW) is (params["for"] != "nothing")
    assert sent.get("in_maintenance", True) is (until is not None and until > NOW)
    assert until is None or until.microsecond == 0


# --- effects


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"technical_contacts": ["ops@example.com"]},
        {"production": False},
    ],
)
def test_what_moves_nothing_has_no_effect_worth_saying(wanted: dict[str, Any]) -> None:
    assert effects(wanted) == []


@pytest.mark.parametrize(
    ("wanted", "window"),
    [
        ({"maintenance_start": 23}, Window(utc("2026-11-24 22:00"), utc("2026-11-25 04:00"), TONIGHT.zone)),
        ({"maintenance_end": 6}, Window(utc("2026-11-24 21:00"), utc("2026-11-25 05:00"), TONIGHT.zone)),
        ({"notification_leadtime": 12}, Window(utc("2026-11-25 21:00"), utc("2026-11-26 04:00"), TONIGHT.zone)),
        ({"timezone": "UTC"}, Window(utc("2026-11-24 22:00"), utc("2026-11-25 05:00"), zone("UTC"))),
    ],
)
def test_mt_02_other_hours_zone_or_lead_time_move_the_next_window(wanted: dict[str, Any], window: Window) -> None:
    (effect,) = effects(wanted, notification_leadtime=1)
    assert "Next maintenance window" in effect.text
    assert (effect.args, effect.field, effect.level) == ({"window": window}, "", "info")


def test_mt_02_also_of_a_new_group_from_what_it_will_have() -> None:
    (effect,) = group_effects(None, {"notification_leadtime": 0, "production": True, "parent": "services"}, around())
    assert is_text(effect.text)
    assert effect.args == {"window": TONIGHT}


def test_rg_12_what_is_inherited_follows_a_group_to_its_new_place() -> None:
    (effect,) = effects({"parent": "other"})
    assert "from the new parent group" in effect.text
    assert (effect.args, effect.field, effect.level) == ({}, "parent", "warning")


def test_vm_06_a_group_that_becomes_production_has_its_machines_backed_up() -> None:
    (effect,) = effects({"production": True}, production=False)
    assert "backed up" in effect.text
    assert (effect.args, effect.field, effect.level) == ({}, "production", "info")


def test_rg_13_maintenance_mode_says_what_it_does_and_that_it_ends() -> None:
    (effect,) = effects({"maintenance_until": "2026-11-24T12:00:00+00:00"})
    assert "not alerted" in effect.text
    assert (effect.field, effect.level) == ("maintenance_until", "info")
    assert effects({"in_maintenance": False, "maintenance_until": ""}) == []
