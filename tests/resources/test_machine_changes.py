"""What changing a machine means: its actions, and what saving will bring about."""

from datetime import date
from typing import Any

import pytest

from portal.resources.spec import Button, Context, Effect, Record
from portal.resources.times import zone
from portal.resources.types import VIRTUAL_MACHINE
from portal.resources.types.machine_changes import (
    heeded_roles,
    keep_buttons,
    machine_effects,
    power_buttons,
    set_power,
    what_runs,
)
from portal.resources.types.virtualmachine import is_machine_name, next_machine_name
from portal.resources.windows import Window
from tests.resources.building import NOW, around, group, machine, maintenance, utc
from tests.resources.wording import is_text

BERLIN = zone("Europe/Berlin")
TOMORROW_NIGHT = Window(utc("2026-11-25 21:00"), utc("2026-11-26 04:00"), BERLIN)
SHOP = group().values


def effects(wanted: dict[str, Any], context: Context | None = None, **before: Any) -> list[Effect]:
    found = machine_effects(machine(**before), wanted, context or around(group=SHOP))
    assert all(is_text(one.text) for one in found)
    return found


def fe(*found: str) -> dict[str, Any]:
    """Interfaces with these public addresses, and one of each kind that is not public."""
    networks: dict[str, list[str]] = {}
    for address in found:
        networks.setdefault("2001:db8::/64" if ":" in address else "203.0.113.0/24", []).append(address)
    private = {"10.0.16.0/20": ["10.0.16.2"], "2001:db8:1::/64": ["2001:db8:1::2"]}
    return {"fe": {"networks": networks}, "srv": {"networks": private}}


# --- power


def test_vm_13_a_machine_that_is_wanted_on_can_be_switched_off_which_is_asked_first() -> None:
    for online in (True, None):
        (button,) = power_buttons(machine(online=online), NOW)
        assert set_power(machine(), button.params, NOW) == {"online": False}
        assert is_text(button.label)
        assert is_text(button.going)
        assert is_text(button.confirm)
        assert (button.icon, button.level) == ("power", "danger")


def test_vm_13_one_that_is_wanted_off_can_be_switched_on_without_a_question() -> None:
    (button,) = power_buttons(machine(online=False), NOW)
    assert set_power(machine(), button.params, NOW) == {"online": True}
    assert is_text(button.label)
    assert is_text(button.going)
    assert (button.icon, button.confirm, button.level) == ("player-play", "", "")


@pytest.mark.parametrize("params", [{}, {"online": ""}, {"online": "True"}, {"online": "maybe"}, {"off": "true"}])
def test_power_is_set_by_what_a_button_has_and_nothing_else(params: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^online$"):
        set_power(machine(), params, NOW)


# --- keeping


@pytest.mark.parametrize("deletion", [None, {}, {"deadline": "", "stages": []}, "soon"])
def test_vm_20_there_is_nothing_to_keep_where_no_deletion_is_pending(deletion: Any) -> None:
    assert keep_buttons(machine(deletion=deletion), NOW) == ()


def test_vm_20_a_pending_deletion_can_be_cancelled_by_setting_nothing() -> None:
    (keep,) = keep_buttons(machine(deletion={"deadline": "2026-11-30", "stages": ["prepare"]}), NOW)
    assert is_text(keep.label)
    assert keep == Button(label=keep.label, icon="calendar-off", going=keep.going)
    assert is_text(keep.going)
    (action,) = [one for one in VIRTUAL_MACHINE.actions if one.name == "keep"]
    assert action.sets(machine(), {}, NOW) == {}


@pytest.mark.parametrize("stages", [["prepare", "soft"], ["hard"]])
def test_vm_21_after_the_shutdown_that_is_said_to_bring_the_machine_back(stages: list[str]) -> None:
    (keep,) = keep_buttons(machine(deletion={"deadline": "2026-11-30"}), NOW)
    (back,) = keep_buttons(machine(deletion={"deadline": "2026-11-24", "stages": stages}), NOW)
    assert is_text(back.label)
    assert (back.icon, back.label != keep.label) == (keep.icon, True)


@pytest.mark.parametrize("stages", [5, "soft", [["soft"]], {}])
def test_stages_that_are_none_are_no_reason_to_fail(stages: Any) -> None:
    (keep,) = keep_buttons(machine(deletion={"deadline": "2026-11-30"}), NOW)
    assert keep_buttons(machine(deletion={"deadline": "2026-11-30", "stages": stages}), NOW) == (keep,)


# --- effects


def test_vm_05_a_new_machine_is_installed_and_nothing_else_is_said() -> None:
    (effect,) = machine_effects(None, {"cores": 4, "frontend_ips_v4": 1}, around())
    assert is_text(effect.text)
    assert "installed" in effect.text
    assert (effect.args, effect.field, effect.level) == ({}, "", "info")


@pytest.mark.parametrize("wanted", [{}, {"service_description": "db"}, {"cores": 2, "memory": 512, "disk": 20}])
def test_what_stays_as_it_is_has_no_effect(wanted: dict[str, Any]) -> None:
    assert effects(wanted, cores=2, memory=512, disk=20, frontend_ips_v4=1, frontend_ips_v6=1) == []


@pytest.mark.parametrize(
    ("name", "value"), [("cores", 4), ("cores", 1), ("memory", 1024), ("memory", 256), ("disk", 19)]
)
def test_vm_09_vm_10_vm_11_other_cores_or_memory_or_a_smaller_disk_reboot_it_in_the_next_window(
    name: str, value: int
) -> None:
    (effect,) = effects({name: value}, cores=2, memory=512, disk=20)
    assert "Reboot" in effect.text
    assert (effect.args, effect.field, effect.level) == ({"window": TOMORROW_NIGHT}, name, "info")


def test_vm_11_a_disk_grows_while_the_machine_runs() -> None:
    (effect,) = effects({"disk": 21}, disk=20)
    assert "grows while the machine runs" in effect.text
    assert (effect.args, effect.field, effect.level) == ({}, "disk", "info")


def test_each_change_of_hardware_is_said_beside_its_field() -> None:
    assert [one.field for one in effects({"disk": 5, "memory": 512, "cores": 2})] == ["cores", "memory", "disk"]


def test_hardware_that_could_not_be_read_differs_from_any() -> None:
    reboot, growing = effects({"cores": 1, "disk": 1}, cores="two", disk="big")
    assert (reboot.field, growing.field) == ("cores", "disk")
    assert "grows" in growing.text


# --- in which window


def window(*maintenances: Record, group: Any = SHOP, **before: Any) -> Window:
    (effect,) = [one for one in effects({"cores": 4}, around(*maintenances, group=group), **before) if one.field]
    found: Window = effect.args["window"]
    return found


def test_mt_02_the_groups_next_one_where_none_is_planned() -> None:
    early = group(maintenance_start=13, maintenance_end=14, notification_leadtime=0, timezone="UTC").values
    assert window(group=early) == Window(utc("2026-11-24 13:00"), utc("2026-11-24 14:00"), zone("UTC"))
    assert window(group=None) == TOMORROW_NIGHT


def test_mt_03_the_one_that_is_planned_for_the_machine_in_the_groups_time_zone() -> None:
    new_york = group(timezone="America/New_York").values
    planned = maintenance("2026-11-27 21:00", "2026-11-28 04:00")
    assert window(planned) == Window(utc("2026-11-27 21:00"), utc("2026-11-28 04:00"), BERLIN)
    assert window(planned, group=new_york).zone.key == "America/New_York"
    assert window(planned, group=None).zone is BERLIN


def test_mt_03_the_first_of_several_in_whatever_order_they_come() -> None:
    later, sooner = (
        maintenance("2026-11-29 21:00", "2026-11-30 04:00"),
        maintenance("2026-11-27 21:00", "2026-11-28 04:00"),
    )
    assert window(later, sooner) == window(sooner, later) == window(sooner)


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2026-11-23 21:00", "2026-11-24 04:00"),  # over
        ("2026-11-24 09:00", "2026-11-24 12:00"),  # under way
        ("2026-11-24 10:00", "2026-11-24 12:00"),  # begins now
        ("2026-11-25 20:00", ""),  # ends nobody knows when
        ("2026-11-25 20:00", "2026-11-25 20:00"),  # ends as it begins
    ],
)
def test_vm_24_not_one_that_has_begun_is_over_or_cannot_be_read(starts: str, ends: str) -> None:
    assert window(maintenance(starts, ends)) == TOMORROW_NIGHT
    assert window(maintenance(starts, ends), maintenance("2026-11-27 21:00", "2026-11-28 04:00")).starts == utc(
        "2026-11-27 21:00"
    )


def test_vm_20_not_the_one_that_announces_the_deletion_which_saving_cancels() -> None:
    """It begins with the shutdown, and goes with it (vm_19)."""
    announced = maintenance("2026-11-29 23:00", "2026-11-30 00:00")
    assert window(announced, deletion={"deadline": "2026-11-30", "stages": ["prepare"]}) == TOMORROW_NIGHT
    assert window(announced, deletion={"deadline": "2026-12-31", "stages": []}).starts == utc("2026-11-29 23:00")
    assert window(announced).starts == utc("2026-11-29 23:00")


# --- a pending deletion


@pytest.mark.parametrize("wanted", [{"cores": 4}, {"service_description": "still needed"}, {}])
def test_vm_20_saving_anything_cancels_a_pending_deletion_and_that_is_said_first(wanted: dict[str, Any]) -> None:
    first, *others = effects(wanted, deletion={"deadline": "2026-11-30", "stages": []})
    assert "The deletion planned for %(day)s is cancelled." in first.text
    assert (first.args, first.field, first.level) == ({"day": date(2026, 11, 30)}, "", "warning")
    assert len(others) == len({"cores"} & wanted.keys())


def test_vm_20_also_one_whose_day_cannot_be_read() -> None:
    (effect,) = effects({"service_description": "x"}, deletion={"deadline": "soon", "stages": ["prepare"]})
    assert "cancelled" in effect.text
    assert "%(day)s" not in effect.text
    assert effect.level == "warning"


# --- addresses


@pytest.mark.parametrize(("name", "held"), [("frontend_ips_v4", "203.0.113.2"), ("frontend_ips_v6", "2001:db8::2")])
class TestAddresses:
    def test_vm_14_more_than_it_has_allocates_the_difference(self, name: str, held: str) -> None:
        (effect,) = effects({name: 3}, **{name: 1}, interfaces=fe(held))
        assert "%(more)s more will be allocated" in effect.text
        assert (effect.args, effect.field, effect.level) == ({"more": 2}, name, "warning")

    def test_vm_14_none_is_allocated_where_an_earlier_reduction_left_enough(self, name: str, held: str) -> None:
        """It was reduced to none, and keeps the one it had."""
        (effect,) = effects({name: 1}, **{name: 0}, interfaces=fe(held))
        assert "already" in effect.text
        assert (effect.args, effect.field, effect.level) == ({}, name, "info")
        (effect,) = effects({name: 2}, **{name: 0}, interfaces=fe(held))
        assert effect.args == {"more": 1}

    def test_vm_14_what_is_recorded_but_not_listed_yet_is_not_allocated_twice(self, name: str, held: str) -> None:
        (effect,) = effects({name: 3}, **{name: 2}, interfaces=fe())
        assert effect.args == {"more": 1}
        (effect,) = effects({name: 2}, interfaces="none")
        assert effect.args == {"more": 2}

    def test_vm_14_fewer_takes_none_away_and_support_can(self, name: str, held: str) -> None:
        (effect,) = effects({name: 0}, **{name: 1}, interfaces=fe(held))
        assert "no address is removed" in effect.text
        assert "support" in effect.text
        assert (effect.args, effect.field, effect.level) == ({}, name, "warning")

    def test_a_number_that_could_not_be_read_counts_as_none(self, name: str, held: str) -> None:
        (effect,) = effects({name: 1}, **{name: "one"})
        assert effect.args == {"more": 1}
        (effect,) = effects({name: 0}, **{name: "one"})
        assert "no address is removed" in effect.text


def test_vm_14_addresses_of_one_kind_are_no_reason_to_withhold_the_other() -> None:
    found = effects({"frontend_ips_v4": 1, "frontend_ips_v6": 1}, interfaces=fe("2001:db8::2"))
    assert [(one.field, dict(one.args)) for one in found] == [("frontend_ips_v4", {"more": 1}), ("frontend_ips_v6", {})]


# --- names


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ([], "shop00"),
        (["shop00", "shop02"], "shop01"),
        (["shop00", "shop01"], "shop02"),
        (["shop0", "shop1", "other00"], "shop00"),
        ([f"shop{serial:02d}" for serial in range(100)], "shop100"),
    ],
)
def test_vm_01_a_new_machine_is_named_after_its_group_with_the_first_free_number(taken: list[str], name: str) -> None:
    assert next_machine_name("shop", iter(taken)) == name


# --- roles that stay


GENERIC, BACKUP, REDIS = "role::generic", "role::backupclient", "role::redis"


def heeded(
    classes: list[str], before: list[str] | None, *, production: bool = True
) -> tuple[list[str] | None, list[str]]:
    """The roles that are sent, None where none are, and what is said beside them."""
    around_it = around(group=group(production=production).values)
    record = None if before is None else machine(classes=before)
    wanted, said = heeded_roles(record, {"cores": 2, "classes": classes}, around_it)
    assert wanted["cores"] == 2
    assert all(is_text(one.text) and (one.field, one.level) == ("classes", "warning") for one in said)
    return wanted.get("classes"), [one.text.split(" ")[2] for one in said]


def test_vm_06_leaving_out_a_role_that_stays_is_not_asked_for_and_it_is_said() -> None:
    assert heeded([BACKUP, REDIS], [GENERIC, BACKUP, REDIS]) == (None, ["generic"])
    assert heeded([], [GENERIC, BACKUP]) == (None, ["generic", "backupclient"])
    assert heeded([REDIS], [GENERIC, BACKUP]) == ([GENERIC, BACKUP, REDIS], ["generic", "backupclient"])


def test_vm_06_backupclient_may_be_left_out_where_the_group_is_not_production() -> None:
    assert heeded([GENERIC], [GENERIC, BACKUP], production=False) == ([GENERIC], [])
    assert heeded([], [GENERIC, BACKUP], production=False) == ([GENERIC], ["generic"])


def test_vm_06_of_a_new_machine_the_same() -> None:
    assert heeded([REDIS], None) == ([GENERIC, BACKUP, REDIS], ["generic", "backupclient"])
    assert heeded([GENERIC, REDIS], None, production=False) == ([GENERIC, REDIS], [])


def test_vm_06_other_roles_come_and_go_in_the_order_that_they_have() -> None:
    assert heeded([GENERIC, BACKUP], [REDIS, GENERIC, BACKUP]) == ([GENERIC, BACKUP], [])
    assert heeded([GENERIC, BACKUP, REDIS], [REDIS, GENERIC, BACKUP]) == (None, [])


def test_vm_06_what_the_machine_does_not_have_does_not_stay() -> None:
    assert heeded([REDIS], [BACKUP]) == ([BACKUP, REDIS], ["backupclient"])


def test_vm_06_where_the_group_is_not_known_the_machine_says_whether_it_is_production() -> None:
    for production, said in ((True, 2), (False, 1)):
        record = machine(classes=[GENERIC, BACKUP], production=production)
        assert len(heeded_roles(record, {"classes": []}, around())[1]) == said


def test_vm_06_of_a_new_machine_in_a_group_that_is_not_known_one_role_stays() -> None:
    wanted, said = heeded_roles(None, {"classes": []}, around())
    assert wanted["classes"] == [GENERIC]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("wanted", "before"),
    [
        ({"memory": 2048}, {"memory": 1024}),
        ({"frontend_ips_v4": 3}, {"frontend_ips_v4": 1, "interfaces": fe("203.0.113.2")}),
        ({"service_description": "x"}, {"deletion": {"deadline": "2026-11-30"}}),
    ],
    ids=["reboots", "allocates addresses", "cancels a deletion"],
)
def test_what_saving_brings_about_is_said_beside_its_button_in_brief(
    wanted: dict[str, Any], before: dict[str, Any]
) -> None:
    (effect,) = effects(wanted, **before)
    assert is_text(effect.brief)


def test_vm_06_whoever_changes_no_role_is_told_nothing() -> None:
    assert heeded_roles(machine(), {"cores": 2}, around()) == ({"cores": 2}, [])


@pytest.mark.parametrize("name", ["shop0", "shop00", "shop123456"])
def test_vm_01_a_machine_is_named_after_its_group_and_a_number(name: str) -> None:
    assert is_machine_name(name, "shop")


@pytest.mark.parametrize("name", ["shop", "shop1234567", "shop-1", "shop0\n", "shop٣", "example00", "Shop00"])
def test_vm_01_no_other_name_will_do(name: str) -> None:
    assert not is_machine_name(name, "shop")


def window_for(comment: str, **values: Any) -> Any:
    """A maintenance of tonight with one activity."""
    activity = {"comment": comment, "ended": False, **values}
    return maintenance("2026-11-24 21:00", "2026-11-25 04:00", activities=[activity])


@pytest.mark.parametrize(
    ("comment", "runs"),
    [
        ("Change cores from 2 to 4, with a reboot", {"cores": 2}),
        ("Change memory from 512 to 1024 MiB, with a reboot", {"memory": 512}),
        ("Change cores from 2 to 3, with a reboot", {}),  # of an earlier wish
        ("Change cores from 4 to 4, with a reboot", {}),
        ("Change scores from 2 to 4", {}),
        ("Reboot", {}),
        (f"Change cores from {'9' * 5000} to 4", {}),
    ],
)
def test_mt_03_what_an_activity_names_runs_until_its_window(comment: str, runs: dict[str, int]) -> None:
    changed = machine(cores=4, memory=1024)
    assert what_runs(changed, around(window_for(comment))) == runs


def test_mt_04_what_is_done_or_past_waits_for_nothing() -> None:
    changed, comment = machine(cores=4), "Change cores from 2 to 4, with a reboot"
    assert what_runs(changed, around()) == {}
    assert what_runs(changed, around(window_for(comment, ended=True))) == {}
    assert what_runs(changed, around(window_for(comment), now=utc("2026-11-25 05:00"))) == {}
    for activities in (None, ["cores from 2 to 4"], [{"comment": None}]):
        odd = maintenance("2026-11-24 21:00", "2026-11-25 04:00", activities=activities)
        assert what_runs(changed, around(odd)) == {}
