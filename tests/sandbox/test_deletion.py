"""Rules vm_18 … vm_22: how a machine goes, and how it comes back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.sandbox.models import Address, Event, RetiredName
from tests.sandbox.conftest import Api, advance, jump_to, running

VM = "virtualmachine"
#: Midnight in Berlin at the beginning of 10 December.
T = datetime(2026, 12, 9, 23, 0, tzinfo=UTC)


@pytest.fixture
def leaving(services: Api) -> Api:
    """shop00 is to be deleted on 10 December."""
    services.installed("shop00", frontend_ips_v4=1)
    services.delete(VM, name="shop00", deadline="2026-12-10")
    return services


def deletion(api: Api, name: str = "shop00") -> dict[str, Any]:
    return api.get(VM, name=name)["deletion"]


def test_vm_18_without_deadline_it_is_the_first_of_the_next_month(services: Api) -> None:
    services.machine("shop00")
    (record,) = services.delete(VM, name="shop00")
    assert record["deletion"] == {"deadline": "2026-12-01", "stages": []}


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), "2026-12-01"),
        # December has begun in Berlin.
        (datetime(2026, 11, 30, 23, 1, tzinfo=UTC), "2027-01-01"),
        (datetime(2026, 12, 31, 12, 0, tzinfo=UTC), "2027-01-01"),
        (datetime(2027, 2, 3, 12, 0, tzinfo=UTC), "2027-03-01"),
    ],
)
def test_vm_18_the_last_day_of_the_month_still_runs(services: Api, now: datetime, deadline: str) -> None:
    services.machine("shop00")
    jump_to(now)
    assert services.delete(VM, name="shop00")[0]["deletion"]["deadline"] == deadline


def test_vm_18_deleted_without_a_day_it_runs_to_the_end_of_the_month(services: Api) -> None:
    services.installed("shop00")
    services.delete(VM, name="shop00")
    end = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    jump_to(end - timedelta(minutes=1))
    assert running("shop00").powered is True
    jump_to(end)
    assert running("shop00").powered is False


def test_vm_18_tomorrow_at_the_earliest_in_berlin(services: Api) -> None:
    services.machine("shop00")
    for day in ("2026-11-24", "2026-11-23", "2020-01-01", "9999-12-31"):
        record = {"__type__": VM, "__action__": "delete", "name": "shop00", "deadline": day}
        assert "shop00: deadline: must be tomorrow (2026-11-25) or later" in services.refused(record).text
    assert services.delete(VM, name="shop00", deadline="2026-11-25")[0]["deletion"]["deadline"] == "2026-11-25"


@pytest.mark.parametrize("day", ["", "30.11.2026", "2026-11-31", "20261130", "2026-W49-1", 20261130, None, "tomorrow"])
def test_vm_18_the_deadline_is_an_iso_date(services: Api, day: Any) -> None:
    services.machine("shop00")
    record = {"__type__": VM, "__action__": "delete", "name": "shop00", "deadline": day}
    assert "deadline: must be" in services.refused(record).text
    assert deletion(services)["deadline"] == ""


def test_vm_18_another_deadline_replaces_the_first(leaving: Api) -> None:
    leaving.delete(VM, name="shop00", deadline="2026-12-20")
    jump_to(T + timedelta(hours=1))
    assert deletion(leaving) == {"deadline": "2026-12-20", "stages": []}
    assert Event.objects.filter(machine__name="shop00", kind="soft").count() == 1


def test_vm_19_stages_appear_as_they_are_reached(leaving: Api) -> None:
    jump_to(T - timedelta(days=5, minutes=1))
    assert deletion(leaving)["stages"] == []
    jump_to(T - timedelta(days=5))
    assert deletion(leaving)["stages"] == ["prepare"]
    jump_to(T - timedelta(minutes=1))
    assert (deletion(leaving)["stages"], running("shop00").powered) == (["prepare"], True)
    jump_to(T)
    assert (deletion(leaving)["stages"], running("shop00").powered) == (["prepare", "soft"], False)


def test_vm_19_preparing_announces_it_by_a_maintenance(leaving: Api) -> None:
    jump_to(T - timedelta(days=5))
    (maintenance,) = leaving.query("maintenance")
    assert maintenance["machine"] == "shop00"
    assert maintenance["starts"] == "2026-12-09T23:00:00+00:00"
    assert maintenance["announced"] is True
    assert "deletion" in maintenance["comment"]


def test_vm_19_a_near_deadline_is_prepared_at_once(services: Api) -> None:
    services.machine("shop00")
    (record,) = services.delete(VM, name="shop00", deadline="2026-11-25")
    assert record["deletion"] == {"deadline": "2026-11-25", "stages": ["prepare"]}


def test_vm_19_the_record_is_gone_three_days_after_and_addresses_are_free(leaving: Api) -> None:
    held = leaving.get(VM, name="shop00")["interfaces"]
    jump_to(T + timedelta(days=3) - timedelta(minutes=1))
    assert len(leaving.query(VM)) == 1
    jump_to(T + timedelta(days=3))
    assert leaving.query(VM) == []
    assert leaving.query("maintenance") == []
    assert Address.objects.exclude(machine=None).count() == 0
    again = leaving.machine("shop01", frontend_ips_v4=1)["interfaces"]
    assert (again["fe"]["networks"], again["srv"]["networks"]) == (held["fe"]["networks"], held["srv"]["networks"])


def test_vm_19_deadlines_are_berlin_days_also_in_summer(services: Api) -> None:
    services.installed("shop00")
    services.delete(VM, name="shop00", deadline="2027-07-01")
    jump_to(datetime(2027, 6, 30, 21, 59, tzinfo=UTC))
    assert deletion(services)["stages"] == ["prepare"]
    jump_to(datetime(2027, 6, 30, 22, 0, tzinfo=UTC))
    assert deletion(services)["stages"] == ["prepare", "soft"]


@pytest.mark.parametrize("update", [{}, {"service_description": "still needed"}, {"cores": 2}, {"cores": 1}])
def test_vm_20_any_update_cancels_a_pending_deletion(leaving: Api, update: dict[str, Any]) -> None:
    jump_to(T - timedelta(days=1))
    record = leaving.set(VM, name="shop00", **update)
    assert record["deletion"] == {"deadline": "", "stages": []}
    assert [one for one in leaving.query("maintenance") if "deletion" in one["comment"]] == []
    jump_to(T + timedelta(days=40))
    assert running("shop00").powered is True


def test_vm_20_a_refused_update_does_not_cancel_it(leaving: Api) -> None:
    leaving.refused({"__type__": VM, "name": "shop00", "cores": 99})
    assert deletion(leaving)["deadline"] == "2026-12-10"


@pytest.mark.parametrize("online", [True, False])
def test_vm_21_after_shutdown_cancelling_starts_it_again_as_it_was(services: Api, online: bool) -> None:
    services.installed("shop00", online=online)
    services.delete(VM, name="shop00", deadline="2026-12-10")
    jump_to(T + timedelta(days=2))
    assert running("shop00").powered is False
    kept = services.set(VM, name="shop00")
    assert (kept["deletion"], kept["online"]) == ({"deadline": "", "stages": []}, online)
    advance(minutes=1)
    assert running("shop00").powered is online
    jump_to(T + timedelta(days=10))
    assert len(services.query(VM)) == 1


def test_vm_21_the_deadline_cannot_be_moved_after_shutdown(leaving: Api) -> None:
    jump_to(T + timedelta(hours=1))
    record = {"__type__": VM, "__action__": "delete", "name": "shop00", "deadline": "2026-12-24"}
    assert leaving.refused(record).code == 5
    (same,) = leaving.delete(VM, name="shop00", deadline="2026-12-10")
    assert same["deletion"]["stages"] == ["prepare", "soft"]
    (plain,) = leaving.delete(VM, name="shop00")
    assert plain == same


def test_vm_21_a_machine_brought_back_within_the_announced_hour_is_in_service_after_it(leaving: Api) -> None:
    jump_to(T + timedelta(minutes=10))
    assert leaving.get(VM, name="shop00")["servicing"] is False
    leaving.set(VM, name="shop00")
    jump_to(T + timedelta(hours=2))
    assert leaving.get(VM, name="shop00")["servicing"] is True


def test_vm_22_the_name_is_free_again_only_after_recycling(leaving: Api) -> None:
    jump_to(T + timedelta(days=4))
    new = {"__type__": VM, "name": "shop00", "resource_group": "shop", "location": "rzob"}
    fault = leaving.refused(new)
    assert (fault.code, "free again on 2027-01-16T23:00:00+00:00" in fault.text) == (5, True)
    jump_to(T + timedelta(days=32))
    assert RetiredName.objects.get().backups_kept is False
    jump_to(T + timedelta(days=38) - timedelta(minutes=1))
    leaving.refused(new)
    jump_to(T + timedelta(days=38))
    assert leaving.apply(new)[0]["id"] == 4101


def test_a_machine_deleted_while_installing_goes_the_same_way(services: Api) -> None:
    services.machine("shop00")
    services.delete(VM, name="shop00", deadline="2026-12-10")
    advance(minutes=1)
    assert services.get(VM, name="shop00")["needs_install"] is False
    jump_to(T + timedelta(days=3))
    assert services.query(VM) == []
