"""The state of machines and groups, from what their records and those around them say."""

from itertools import combinations
from typing import Any

import pytest

from portal.resources.spec import Context
from portal.resources.state_styles import LOOKS, State, Status
from portal.resources.states import group_in_maintenance, group_states, is_open, machine_states
from tests.resources.building import NOW, around, group, iso, machine, maintenance, utc
from tests.resources.wording import is_text

EARLIER, LATER, LATEST = "2026-11-24 09:00", "2026-11-24 12:00", "2026-11-24 15:00"
LEAVING = {"deadline": "2026-11-30", "stages": []}
DELETED = {"deadline": "2026-11-24", "stages": ["prepare", "soft"]}


def states(context: Context | None = None, **values: Any) -> tuple[State, ...]:
    return tuple(status.state for status in machine_states(machine(**values).values, context or around()))


def until(state: State, context: Context | None = None, **values: Any) -> Any:
    found = machine_states(machine(**values).values, context or around())
    (status,) = [status for status in found if status.state is state]
    return status.until


# --- which states fit, and which of them is the state


def test_a_machine_of_which_nothing_is_said_is_ready() -> None:
    assert machine_states(machine().values, around()) == (Status(State.READY),)
    assert machine_states({}, around()) == (Status(State.READY),)


def test_a_state_has_a_word_an_icon_and_a_colour_of_its_own() -> None:
    assert set(LOOKS) == set(State)
    assert all(is_text(look.word) and look.icon and look.colour for look in LOOKS.values())
    assert all(is_text(look.brief) for look in LOOKS.values() if look.brief)
    assert len({look.word for look in LOOKS.values()}) == len({look.icon for look in LOOKS.values()}) == len(State)


CAUSES: dict[State, dict[str, Any]] = {
    State.INSTALLING: {"needs_install": True},
    State.MAINTENANCE: {"maintenances": (maintenance(EARLIER, LATER, active=True),)},
    State.OFF: {"online": False},
    State.WAITING: {"maintenances": (maintenance(LATER, LATEST),)},
}


def test_of_several_states_the_one_that_matters_most_comes_first() -> None:
    assert list(State) == [
        State.SHUTDOWN, State.INSTALLING, State.MAINTENANCE, State.LEAVING, State.OFF, State.WAITING, State.READY,
        State.ACTIVE,
    ]  # fmt: skip


@pytest.mark.parametrize("pair", list(combinations(CAUSES, 2)), ids=lambda pair: "-".join(pair))
@pytest.mark.parametrize("deletion", [State.SHUTDOWN, State.LEAVING, None])
def test_the_first_that_fits_is_the_state_and_the_others_are_notes(
    pair: tuple[State, State], deletion: State | None
) -> None:
    values: dict[str, Any] = {"deletion": {State.SHUTDOWN: DELETED, State.LEAVING: LEAVING, None: {}}[deletion]}
    maintenances = tuple(one for state in pair for one in CAUSES[state].get("maintenances", ()))
    for state in pair:
        values |= {name: value for name, value in CAUSES[state].items() if name != "maintenances"}
    fitting = {*pair, *([deletion] if deletion else [])}
    assert states(around(*maintenances), **values) == tuple(state for state in State if state in fitting)


ANNOUNCEMENT = {"comment": "shop00 is shut down for deletion", "activities": [{"comment": "Shut down for deletion"}]}


@pytest.mark.parametrize("active", [False, True])
def test_the_window_that_announces_a_deletion_is_no_change_that_is_waited_for(active: bool) -> None:
    """Whether the deletion stands or has just been cancelled and the window is not withdrawn yet."""
    announced = around(maintenance(LATER, LATEST, active=active, **ANNOUNCEMENT))
    assert states(announced, deletion=LEAVING) == (State.LEAVING,)
    assert states(announced) == (State.READY,)


def test_a_window_that_announces_a_deletion_and_changes_hardware_is_waited_for() -> None:
    activities = [*ANNOUNCEMENT["activities"], {"comment": "cores: 1 → 2"}]
    assert states(around(maintenance(LATER, LATEST, **ANNOUNCEMENT | {"activities": activities}))) == (State.WAITING,)


# --- installing, power


@pytest.mark.parametrize("value", [False, None, "yes", 1])
def test_vm_05_a_machine_is_installing_while_the_platform_says_so(value: Any) -> None:
    assert states(needs_install=True) == (State.INSTALLING,)
    assert states(needs_install=value) == (State.READY,)


@pytest.mark.parametrize("value", [True, None, "no", 0])
def test_vm_13_a_machine_is_off_when_it_is_wanted_off(value: Any) -> None:
    assert states(online=False) == (State.OFF,)
    assert states(online=value) == (State.READY,)


# --- maintenance


def test_mt_05_a_machine_whose_maintenance_is_under_way_is_in_maintenance_until_it_ends() -> None:
    active = around(maintenance(LATER, LATEST), maintenance(EARLIER, LATER, active=True))
    assert states(active) == (State.MAINTENANCE, State.WAITING)
    assert until(State.MAINTENANCE, active) == utc(LATER)
    assert until(State.MAINTENANCE, around(maintenance(EARLIER, "", active=True))) is None


def test_vm_16_a_machine_that_is_not_servicing_is_in_maintenance_nobody_knows_until_when() -> None:
    assert states(servicing=False) == (State.MAINTENANCE,)
    assert until(State.MAINTENANCE, servicing=False) is None


@pytest.mark.parametrize("why", [{"online": False}, {"deletion": DELETED}])
def test_vm_16_nor_is_one_that_is_shut_down_servicing_and_that_is_no_maintenance(why: dict[str, Any]) -> None:
    assert states(servicing=False, **why) == states(**why)
    assert State.MAINTENANCE not in states(**why)
    under_way = around(maintenance(EARLIER, LATER, active=True))
    assert State.MAINTENANCE in states(under_way, servicing=False, **why)


def test_rg_07_a_machine_whose_group_is_in_maintenance_mode_is_in_maintenance_as_long() -> None:
    context = around(group=group(in_maintenance=True, maintenance_until=iso(LATER)).values)
    assert states(context) == (State.MAINTENANCE,)
    assert until(State.MAINTENANCE, context) == utc(LATER)
    assert states(around(group=group().values)) == (State.READY,)


def test_what_is_nearest_to_the_machine_says_until_when() -> None:
    in_mode = group(in_maintenance=True, maintenance_until=iso(LATEST)).values
    assert until(State.MAINTENANCE, around(maintenance(EARLIER, LATER, active=True), group=in_mode)) == utc(LATER)
    assert until(State.MAINTENANCE, around(group=in_mode), servicing=False) is None


# --- a change that waits


def test_mt_03_a_change_waits_for_the_first_of_the_maintenances_to_come() -> None:
    coming = around(maintenance(LATEST, "2026-11-24 17:00"), maintenance(LATER, "2026-11-24 13:00"))
    assert states(coming) == (State.WAITING,)
    assert until(State.WAITING, coming) == utc(LATER)


def test_a_maintenance_that_says_no_time_of_beginning_still_waits() -> None:
    nameless = maintenance("2026-11-24 12:00", LATEST)
    nameless = type(nameless)(nameless.type, nameless.key, {**nameless.values, "starts": "soon"})
    assert machine_states(machine().values, around(nameless)) == (Status(State.WAITING),)


def test_mt_04_a_maintenance_that_is_over_changes_no_state() -> None:
    assert states(around(maintenance("2026-11-24 07:00", EARLIER))) == (State.READY,)


@pytest.mark.parametrize(
    ("ends", "active", "is_it"),
    [
        ("2026-11-24 10:01", False, True),
        ("2026-11-24 10:00", False, False),
        ("2026-11-24 09:59", False, False),
        ("2026-11-24 09:59", True, True),
        ("", False, False),
        ("", True, True),
    ],
)
def test_mt_01_a_maintenance_is_open_until_its_end_and_while_the_platform_calls_it_active(
    ends: str, active: bool, is_it: bool
) -> None:
    assert is_open(maintenance(EARLIER, ends, active=active), NOW) is is_it


# --- leaving


@pytest.mark.parametrize("stages", [[], ["prepare"]])
def test_vm_18_a_machine_with_a_deadline_is_leaving_at_berlins_midnight(stages: list[str]) -> None:
    deletion = {"deadline": "2026-11-30", "stages": stages}
    assert states(deletion=deletion) == (State.LEAVING,)
    assert until(State.LEAVING, deletion=deletion) == utc("2026-11-29 23:00")


@pytest.mark.parametrize("stages", [["soft"], ["prepare", "soft"], ["prepare", "soft", "hard"], ["hard"]])
def test_vm_19_a_machine_whose_deletion_came_to_soft_is_shut_down_and_gone_three_days_later(stages: list[str]) -> None:
    deletion = {"deadline": "2026-11-24", "stages": stages}
    assert states(deletion=deletion) == (State.SHUTDOWN,)
    assert until(State.SHUTDOWN, deletion=deletion) == utc("2026-11-26 23:00")


@pytest.mark.parametrize(("deadline", "gone"), [("2027-03-26", "2027-03-28 22:00"), ("2027-10-30", "2027-11-01 23:00")])
def test_vm_19_three_days_are_three_days_of_berlin_also_when_the_clock_changes(deadline: str, gone: str) -> None:
    assert until(State.SHUTDOWN, deletion={"deadline": deadline, "stages": ["soft"]}) == utc(gone)


@pytest.mark.parametrize(
    ("deletion", "expected"),
    [
        ({}, (State.READY,)),
        ({"deadline": "", "stages": []}, (State.READY,)),
        ({"deadline": None, "stages": None}, (State.READY,)),
        ({"deadline": "soon"}, (State.READY,)),
        ({"deadline": 20261130, "stages": 5}, (State.READY,)),
        ({"stages": ["prepare"]}, (State.READY,)),
        ({"stages": ["soft"]}, (State.SHUTDOWN,)),
        ({"deadline": "2026-11-30T00:00:00+01:00"}, (State.LEAVING,)),
        ("2026-11-30", (State.READY,)),
    ],
)
def test_a_deletion_that_cannot_be_read_is_told_as_far_as_it_can(deletion: Any, expected: tuple[State, ...]) -> None:
    assert states(deletion=deletion) == expected


def test_a_shut_down_machine_without_a_deadline_is_gone_nobody_knows_when() -> None:
    assert until(State.SHUTDOWN, deletion={"stages": ["soft"]}) is None


# --- groups


@pytest.mark.parametrize(
    ("flag", "time", "is_it"),
    [
        (True, "", True),
        (False, "", False),
        (None, None, False),
        ("yes", "", False),
        (True, iso("2026-11-24 10:01"), True),
        (False, iso("2026-11-24 10:01"), True),
        (True, iso("2026-11-24 10:00"), False),
        (True, iso("2026-11-24 09:00"), False),
        (True, "soon", True),
    ],
)
def test_rg_07_a_group_is_in_maintenance_until_a_time_or_by_its_flag_where_there_is_none(
    flag: Any, time: Any, is_it: bool
) -> None:
    values = group(in_maintenance=flag, maintenance_until=time).values
    assert group_in_maintenance(values, NOW) is is_it
    assert [status.state for status in group_states(values, around())] == [State.MAINTENANCE if is_it else State.ACTIVE]


def test_rg_07_its_state_says_until_when() -> None:
    values = group(in_maintenance=True, maintenance_until="2026-11-24T13:00:00+01:00").values
    assert group_states(values, around()) == (Status(State.MAINTENANCE, utc(LATER)),)
    assert group_states(group(in_maintenance=True).values, around()) == (Status(State.MAINTENANCE),)
    assert group_states(group().values, around()) == (Status(State.ACTIVE),)
