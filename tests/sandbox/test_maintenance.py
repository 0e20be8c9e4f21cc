"""Rules mt_01 … mt_05 and vm_24: maintenance windows, and what happens in them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.sandbox import clock
from portal.sandbox.clock import midnight
from portal.sandbox.models import Event
from portal.sandbox.windows import next_window, window_on
from tests.sandbox.conftest import START, Api, advance, jump_to, running

VM, GROUP = "virtualmachine", "resourcegroup"
#: Tomorrow night, 22:00 to 05:00 in Berlin.
STARTS, ENDS = datetime(2026, 11, 25, 21, tzinfo=UTC), datetime(2026, 11, 26, 4, tzinfo=UTC)


@pytest.fixture
def waiting(services: Api) -> Api:
    """shop00 runs with one core, and is to have four. Its window is tomorrow night: tonight is too near."""
    services.installed("shop00", disk=20)
    services.set("resourcegroup", name="shop", notification_leadtime=24)
    services.set(VM, name="shop00", cores=4)
    return services


def test_mt_01_a_maintenance_record(waiting: Api) -> None:
    assert waiting.query("maintenance") == [
        {
            "__type__": "maintenance",
            "active": False,
            "activities": [
                {
                    "comment": "Change cores from 1 to 4, with a reboot",
                    "duration": 0,
                    "ended": False,
                    "estimated": 300,
                    "reference_id": "vm-4100-cores",
                    "result": "",
                    "starts": "2026-11-25T21:00:00+00:00",
                }
            ],
            "announced": False,
            "comment": "Changes to the virtual hardware of shop00",
            "ends": "2026-11-26T04:00:00+00:00",
            "machine": "shop00",
            "starts": "2026-11-25T21:00:00+00:00",
        }
    ]


def test_mt_01_announced_from_the_lead_time_on_and_active_in_the_window(waiting: Api) -> None:
    seen = []
    for moment in (STARTS - timedelta(hours=24), STARTS, ENDS - timedelta(seconds=5), ENDS):
        jump_to(moment)
        (one,) = waiting.query("maintenance")
        seen.append((one["announced"], one["active"]))
    assert seen == [(True, False), (True, True), (True, True), (True, False)]


def window(now: datetime, **group: Any) -> tuple[datetime, datetime]:
    values: dict[str, Any] = {"start": 22, "end": 5, "timezone": "Europe/Berlin", "leadtime": 12, **group}
    return next_window(now, **values)


def test_mt_02_tonight_if_the_lead_time_allows() -> None:
    assert window(datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) == (
        datetime(2026, 11, 24, 21, tzinfo=UTC), datetime(2026, 11, 25, 4, tzinfo=UTC),
    )  # fmt: skip
    assert window(datetime(2026, 11, 24, 9, 0, 1, tzinfo=UTC))[0] == datetime(2026, 11, 25, 21, tzinfo=UTC)


def test_mt_02_a_window_within_one_day() -> None:
    assert window(START, start=1, end=4, leadtime=0) == (
        datetime(2026, 11, 25, 0, tzinfo=UTC), datetime(2026, 11, 25, 3, tzinfo=UTC),
    )  # fmt: skip


def test_mt_02_the_groups_own_timezone() -> None:
    starts, ends = window(START, timezone="America/New_York", leadtime=0)
    zone = ZoneInfo("America/New_York")
    assert (starts.astimezone(zone).hour, ends.astimezone(zone).hour) == (22, 5)
    assert starts == datetime(2026, 11, 25, 3, tzinfo=UTC)


def test_mt_02_the_same_hour_twice_is_a_whole_day() -> None:
    starts, ends = window(START, start=3, end=3)
    assert ends - starts == timedelta(days=1)


def test_mt_02_the_night_that_loses_an_hour() -> None:
    starts, ends = window_on(date(2027, 3, 27), start=22, end=5, zone=ZoneInfo("Europe/Berlin"))
    assert (starts, ends) == (datetime(2027, 3, 27, 21, tzinfo=UTC), datetime(2027, 3, 28, 3, tzinfo=UTC))


def test_mt_02_the_night_that_gains_an_hour() -> None:
    starts, ends = window_on(date(2027, 10, 30), start=22, end=5, zone=ZoneInfo("Europe/Berlin"))
    assert (starts, ends) == (datetime(2027, 10, 30, 20, tzinfo=UTC), datetime(2027, 10, 31, 4, tzinfo=UTC))


def test_mt_02_hours_that_do_not_exist_on_a_day_skip_it() -> None:
    """2:00 to 3:00 on the morning that has no such hour."""
    starts, ends = window(datetime(2027, 3, 27, 12, tzinfo=UTC), start=2, end=3, leadtime=0)
    assert (starts, ends) == (datetime(2027, 3, 29, 0, tzinfo=UTC), datetime(2027, 3, 29, 1, tzinfo=UTC))


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
@pytest.mark.parametrize(("start", "end"), [(22, 5), (0, 1), (2, 4), (23, 0), (5, 5)])
def test_mt_02_on_every_day_of_a_year_within_the_hours_and_after_the_lead_time(
    timezone: str, start: int, end: int
) -> None:
    zone = ZoneInfo(timezone)
    for day in range(365):
        now = START + timedelta(days=day, hours=day % 24)
        starts, ends = window(now, start=start, end=end, timezone=timezone)
        assert now + timedelta(hours=12) <= starts < ends <= starts + timedelta(hours=25)
        hours = (end - start) % 24 or 24
        assert abs((ends - starts) - timedelta(hours=hours)) <= timedelta(hours=1)
        # A local time that is skipped becomes the one an hour (or half) later.
        assert starts.astimezone(zone).hour in (start, start + 1)


def test_mt_02_a_changed_window_holds_for_what_is_planned_from_then_on(waiting: Api) -> None:
    waiting.set("resourcegroup", name="shop", maintenance_start=1, maintenance_end=3)
    waiting.installed("shop01")
    waiting.set(VM, name="shop01", cores=2)
    assert [(one["machine"], one["starts"]) for one in waiting.query("maintenance")] == [
        ("shop00", "2026-11-25T21:00:00+00:00"),
        ("shop01", "2026-11-26T00:00:00+00:00"),
    ]


def test_mt_03_changes_before_the_window_share_it(waiting: Api) -> None:
    waiting.set(VM, name="shop00", memory=512)
    waiting.set(VM, name="shop00", disk=15)
    (one,) = waiting.query("maintenance")
    assert [activity["reference_id"] for activity in one["activities"]] == [
        "vm-4100-cores", "vm-4100-memory", "vm-4100-disk",
    ]  # fmt: skip


def test_mt_03_changing_the_same_thing_again_changes_its_activity(waiting: Api) -> None:
    waiting.set(VM, name="shop00", cores=6)
    (one,) = waiting.query("maintenance")
    assert [activity["comment"] for activity in one["activities"]] == ["Change cores from 1 to 6, with a reboot"]
    jump_to(ENDS)
    assert running("shop00").cores == 6


def test_mt_03_going_back_to_what_runs_withdraws_it(waiting: Api) -> None:
    waiting.set(VM, name="shop00", memory=512)
    waiting.set(VM, name="shop00", cores=1)
    (one,) = waiting.query("maintenance")
    assert len(one["activities"]) == 1
    waiting.set(VM, name="shop00", memory=256)
    assert waiting.query("maintenance") == []
    assert not Event.objects.filter(kind__startswith="window").exists()


def test_mt_03_a_change_during_the_window_waits_for_the_next(waiting: Api) -> None:
    jump_to(STARTS + timedelta(minutes=5))
    waiting.set(VM, name="shop00", memory=512)
    assert len(waiting.query("maintenance")) == 2
    jump_to(ENDS)
    assert (running("shop00").cores, running("shop00").memory) == (4, 256)
    advance(days=3)
    assert running("shop00").memory == 512


def test_mt_04_nothing_is_in_force_before_the_window_has_passed(waiting: Api) -> None:
    assert waiting.get(VM, name="shop00")["cores"] == 4
    jump_to(ENDS - timedelta(seconds=5))
    assert running("shop00").cores == 1
    assert waiting.get(VM, name="shop00")["last_maintenance_end"] == ""


def test_mt_04_afterwards_it_is_and_activities_say_so(waiting: Api) -> None:
    jump_to(ENDS)
    assert running("shop00").cores == 4
    assert waiting.get(VM, name="shop00")["last_maintenance_end"] == "2026-11-26T04:00:00+00:00"
    (activity,) = waiting.query("maintenance")[0]["activities"]
    assert (activity["ended"], activity["result"], activity["duration"]) == (True, "success", 225)


def test_mt_05_servicing_is_false_during_the_window(waiting: Api) -> None:
    seen = []
    for moment in (STARTS - timedelta(minutes=1), STARTS, ENDS - timedelta(minutes=1), ENDS):
        jump_to(moment)
        seen.append(waiting.get(VM, name="shop00")["servicing"])
    assert seen == [True, False, False, True]


def test_vm_24_a_change_back_while_the_window_is_open_comes_into_force_in_the_next(waiting: Api) -> None:
    jump_to(STARTS + timedelta(minutes=5))
    waiting.set(VM, name="shop00", cores=1)
    assert coming(waiting) == ["Change cores from 4 to 1, with a reboot"]
    jump_to(ENDS)
    assert running("shop00").cores == 4
    assert coming(waiting) == ["Change cores from 4 to 1, with a reboot"]
    advance(days=3)
    assert (running("shop00").cores, coming(waiting)) == (1, [])


def test_vm_24_a_change_to_what_the_open_window_does_needs_no_other(waiting: Api) -> None:
    jump_to(STARTS + timedelta(minutes=5))
    waiting.set(VM, name="shop00", cores=6)
    waiting.set(VM, name="shop00", cores=4)
    assert coming(waiting) == []
    advance(days=3)
    assert running("shop00").cores == 4


@pytest.mark.parametrize("disk", [18, 20, 30])
def test_vm_24_a_disk_grown_while_a_window_that_shrinks_it_is_open_ends_as_it_was_grown(
    waiting: Api, disk: int
) -> None:
    waiting.set(VM, name="shop00", disk=15)
    jump_to(STARTS + timedelta(minutes=5))
    waiting.set(VM, name="shop00", disk=disk)
    jump_to(ENDS)
    assert running("shop00").disk == 15
    advance(minutes=5)
    assert (running("shop00").disk, coming(waiting)) == (disk, [])


def test_vm_24_a_disk_shrunk_further_while_the_window_is_open_waits_for_the_next(waiting: Api) -> None:
    waiting.set(VM, name="shop00", disk=15)
    jump_to(STARTS + timedelta(minutes=5))
    waiting.set(VM, name="shop00", disk=12)
    assert coming(waiting) == ["Change disk from 15 to 12 GiB, with a reboot"]
    advance(days=3)
    assert running("shop00").disk == 12


def test_vm_24_windows_that_overlap_end_with_what_was_recorded_last(waiting: Api) -> None:
    """The group's hours are moved while a window is open, so that the next one ends before it."""
    jump_to(STARTS + timedelta(minutes=5))
    waiting.set(GROUP, name="shop", maintenance_start=23, maintenance_end=0, notification_leadtime=0)
    waiting.set(VM, name="shop00", cores=6)
    jump_to(ENDS)
    assert coming(waiting) == ["Change cores from 4 to 6, with a reboot"]
    advance(days=2)
    assert running("shop00").cores == 6


def coming(api: Api) -> list[str]:
    """What is to be done in windows that are not open yet."""
    now = clock.now().isoformat()
    return [
        activity["comment"] for one in api.query("maintenance") if one["starts"] > now for activity in one["activities"]
    ]


def test_vm_16_a_machine_that_is_shut_down_is_out_of_service(waiting: Api) -> None:
    waiting.installed("shop01")
    waiting.set(VM, name="shop01", online=False)
    waiting.delete(VM, name="shop00", deadline="2026-11-26")
    jump_to(midnight(date(2026, 11, 26)) + timedelta(hours=12))
    assert [one["servicing"] for one in waiting.query(VM)] == [False, False]
    for name, values in (("shop00", {}), ("shop01", {"online": True})):
        assert waiting.set(VM, name=name, **values)["servicing"] is True


def test_vm_16_no_hardware_window_opens_for_a_machine_that_is_shut_down_for_deletion(waiting: Api) -> None:
    waiting.set(GROUP, name="shop", notification_leadtime=72)
    waiting.set(VM, name="shop00", cores=1)
    waiting.set(VM, name="shop00", cores=4)
    waiting.delete(VM, name="shop00", deadline="2026-11-26")
    jump_to(midnight(date(2026, 11, 26)))
    assert coming(waiting) == []
    advance(days=2)
    assert running("shop00").cores == 1
    assert [one["comment"] for one in waiting.query("maintenance")] == ["shop00 is shut down for deletion"]


def test_vm_21_vm_24_what_waited_for_a_window_waits_for_one_again_once_the_machine_is_brought_back(
    waiting: Api,
) -> None:
    waiting.delete(VM, name="shop00", deadline="2026-11-25")
    jump_to(midnight(date(2026, 11, 25)) + timedelta(hours=2))
    assert coming(waiting) == []
    waiting.set(VM, name="shop00")
    assert coming(waiting) == ["Change cores from 1 to 4, with a reboot"]
    advance(days=3)
    assert running("shop00").cores == 4


def test_vm_16_a_hardware_window_at_the_very_time_of_the_shutdown_only_announces_it(waiting: Api) -> None:
    waiting.set(GROUP, name="shop", maintenance_start=0, maintenance_end=3)
    waiting.set(VM, name="shop00", cores=1)
    waiting.set(VM, name="shop00", cores=4)
    (window,) = waiting.query("maintenance")
    waiting.delete(VM, name="shop00", deadline="2026-11-26")
    jump_to(midnight(date(2026, 11, 26)))
    (left,) = waiting.query("maintenance")
    assert (left["starts"], left["comment"]) == (window["starts"], "shop00 is shut down for deletion")
    assert [one["comment"] for one in left["activities"]] == ["Shut down for deletion"]


def test_a_long_jump_passes_through_everything_in_order(waiting: Api) -> None:
    waiting.delete(VM, name="shop00", deadline="2026-12-10")
    waiting.set(VM, name="shop00", cores=2)
    advance(days=100)
    assert running("shop00").cores == 2
    assert waiting.get(VM, name="shop00")["last_maintenance_end"] == "2026-11-26T04:00:00+00:00"
    assert len(waiting.query("invoice")) == 4
