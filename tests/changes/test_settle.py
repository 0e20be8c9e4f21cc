"""From recorded to in force: only evidence ends what is being followed, and what gives none ends as recorded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.changes import follow, settle
from portal.changes.intent import Intent
from portal.changes.models import Change, InstallTime, Item, KeyPoll, State
from portal.changes.submit import submit
from portal.inventory import reads
from portal.resources.spec import Record, read
from portal.resources.state_styles import State as Shown
from portal.resources.types import TYPES
from tests.changes.conftest import (
    MACHINE,
    edit,
    item_of,
    later,
    machine,
    new_machine,
    plain_machine,
    run,
    services_key,
)
from tests.support.services import Sandbox

DAY = 24 * 3600


def followed(change: Change) -> Change:
    """The change after one more poll."""
    KeyPoll.objects.update(polled_at=datetime.now(UTC) - timedelta(seconds=45), busy_until=None)
    follow.follow(str(services_key().pk))
    change.refresh_from_db()
    return change


def rebooting(scope: Scope, platform: Sandbox, field: str = "memory") -> Change:
    """A recorded change of a machine's memory or cores."""
    present = plain_machine(platform)
    other = {"memory": 512 if present["memory"] != 512 else 768, "cores": present["cores"] % 8 + 1}[field]
    return run(submit(scope, [edit(present["name"], {field: present[field]}, {field: other})], "t"))


def test_a_new_machine_is_done_when_the_platform_says_that_it_is_ready(scope: Scope, platform: Sandbox) -> None:
    change = run(submit(scope, [new_machine("shop60")], "t"))
    assert (change.state, item_of(change).evidence) == (State.SETTLING, Item.Evidence.INSTALL)
    assert followed(change).state == State.SETTLING
    platform.control(advance=60)
    assert (followed(change).state, change.is_final) == (State.DONE, True)
    assert item_of(change).settled_at is not None
    record = reads.record(scope, MACHINE, "shop60")
    assert record is not None
    assert record["needs_install"] is False


def test_a_change_of_several_machines_is_done_when_the_last_one_is(scope: Scope, platform: Sandbox) -> None:
    change = run(submit(scope, [new_machine("shop61"), new_machine("shop62")], "t"))
    Item.objects.filter(change=change, key="shop61").update(settled_at=change.recorded_at)
    settle.close([change])
    change.refresh_from_db()
    assert change.state == State.SETTLING
    platform.control(advance=60)
    assert followed(change).state == State.DONE


@pytest.mark.parametrize("field", ["cores", "memory"])
def test_what_takes_a_reboot_waits_for_its_window_and_carries_what_came_of_it(
    scope: Scope, platform: Sandbox, field: str
) -> None:
    change = rebooting(scope, platform, field)
    assert (change.state, item_of(change).evidence) == (State.SETTLING, Item.Evidence.MAINTENANCE)
    assert followed(change).state == State.SETTLING
    planned = item_of(change).maintenance
    assert planned.startswith(f"{item_of(change).key}/")
    platform.control(advance=until_over(platform, planned))
    assert (followed(change).state, change.is_final) == (State.DONE, True)
    assert item_of(change).maintenance == planned
    assert item_of(change).outcome


@pytest.mark.parametrize(
    "wanted",
    [{"disk": 1}, {"online": False}, {"service_description": "Shop"}, {"classes": ["role::redis"]}],
    ids=["a disk that grows", "power", "a text", "roles"],
)
def test_what_gives_no_evidence_ends_as_recorded(scope: Scope, platform: Sandbox, wanted: dict[str, Any]) -> None:
    present = plain_machine(platform)
    wanted = {"disk": present["disk"] + 1} if "disk" in wanted else wanted
    before = {name: present[name] for name in wanted}
    change = run(submit(scope, [edit(present["name"], before, wanted)], "t"))
    assert (change.state, change.is_final) == (State.RECORDED, True)
    assert item_of(change).evidence == Item.Evidence.NONE


def test_a_disk_that_shrinks_takes_a_reboot(scope: Scope, platform: Sandbox) -> None:
    present = plain_machine(platform)
    name, disk = present["name"], present["disk"]
    run(submit(scope, [edit(name, {"disk": disk}, {"disk": disk + 20})], "more"))
    change = run(submit(scope, [edit(name, {"disk": disk + 20}, {"disk": disk + 10})], "less"))
    assert item_of(change).evidence == Item.Evidence.MAINTENANCE


def test_a_planned_deletion_is_recorded_and_its_stages_are_the_machines_state(scope: Scope, platform: Sandbox) -> None:
    name = plain_machine(platform)["name"]
    with platform.proxy() as proxy:
        proxy.ping()
    today = reads.listing(scope, MACHINE).platform_now
    deadline = (today + timedelta(days=3)).date().isoformat()
    deletion = Intent(type_name=MACHINE, key=name, action="delete", wanted={"deadline": deadline})
    change = run(submit(scope, [deletion], "t"))
    assert (change.state, change.is_final) == (State.RECORDED, True)
    assert state_of(scope, name) == Shown.LEAVING
    platform.control(advance=4 * DAY)
    reads.refresh(scope, MACHINE)
    assert state_of(scope, name) == Shown.SHUTDOWN
    kept = run(submit(scope, [edit(name, {}, {})], "keep"))  # vm_21
    assert (kept.state, kept.is_final) == (State.RECORDED, True)
    assert not machine(platform, name)["deletion"]["deadline"]
    assert state_of(scope, name) not in (Shown.LEAVING, Shown.SHUTDOWN)


def test_a_machine_that_goes_while_it_is_installed_is_not_called_done(scope: Scope, platform: Sandbox) -> None:
    change = run(submit(scope, [new_machine("shop63")], "t"))
    judged(change, machines={})
    assert (change.state, change.is_final) == (State.RECORDED, True)


def test_a_maintenance_that_never_shows_was_not_needed(scope: Scope, platform: Sandbox) -> None:
    change = rebooting(scope, platform)
    judged(change, maintenances={})
    assert change.state == State.SETTLING
    later(700)
    judged(change, maintenances={})
    assert (change.state, change.is_final) == (State.RECORDED, True)


def test_a_maintenance_that_is_put_off_is_followed_to_its_new_window(scope: Scope, platform: Sandbox) -> None:
    change = rebooting(scope, platform)
    name = item_of(change).key
    first, second = planned(name, "2031-01-01"), planned(name, "2031-01-02")
    judged(change, maintenances={first.key: first})
    assert item_of(change).maintenance == first.key
    judged(change, maintenances={second.key: second})
    assert (change.state, item_of(change).maintenance) == (State.SETTLING, second.key)


def test_what_only_announces_a_deletion_is_not_the_window_of_a_change(scope: Scope, platform: Sandbox) -> None:
    change = rebooting(scope, platform)
    announced = planned(item_of(change).key, "2031-01-01", comment=f"{item_of(change).key} is shut down for deletion")
    judged(change, maintenances={announced.key: announced})
    assert item_of(change).maintenance == ""


def test_a_window_that_is_open_has_not_done_anything_yet(scope: Scope, platform: Sandbox) -> None:
    change = rebooting(scope, platform)
    window = planned(item_of(change).key, "2031-01-01")
    judged(change, maintenances={window.key: window})
    judged(change, maintenances={window.key: window}, now=datetime(2031, 1, 1, 2, tzinfo=UTC))
    assert change.state == State.SETTLING
    judged(change, maintenances={window.key: window}, now=datetime(2031, 1, 1, 5, tzinfo=UTC))
    assert change.state == State.DONE


def test_vm_24_what_is_recorded_while_a_window_is_open_waits_for_the_next(scope: Scope, platform: Sandbox) -> None:
    change = rebooting(scope, platform)
    name = item_of(change).key
    activities = [{"comment": "Change memory from 512 to 256 MiB, with a reboot"}]
    opened = planned(name, "2031-01-01", active=True, activities=activities)
    following = planned(name, "2031-01-02", activities=activities)
    judged(change, maintenances={one.key: one for one in (opened, following)}, now=datetime(2031, 1, 1, 2, tzinfo=UTC))
    assert item_of(change).maintenance == following.key


def test_nothing_is_concluded_from_a_type_that_was_not_asked_for(scope: Scope, platform: Sandbox) -> None:
    change = run(submit(scope, [new_machine("shop64")], "t"))
    judged(change, maintenances={})
    assert change.state == State.SETTLING


def test_nothing_is_concluded_from_maintenances_that_were_not_asked_for(scope: Scope, platform: Sandbox) -> None:
    change = rebooting(scope, platform)
    judged(change, machines={})
    assert change.state == State.SETTLING


def test_who_lost_the_lease_meanwhile_writes_down_no_evidence(scope: Scope, platform: Sandbox) -> None:
    change = rebooting(scope, platform)
    Item.objects.update(evidence="")
    change.lease_holder = "lost"
    settle.conclude(change, list(change.items.all()))
    assert item_of(change).evidence == ""


def test_what_came_of_a_change_whose_key_was_taken_away_is_written_down_all_the_same(
    scope: Scope, platform: Sandbox
) -> None:
    change = rebooting(scope, platform)
    Item.objects.update(evidence="")
    services_key().delete()
    change.refresh_from_db()
    settle.conclude(change, list(change.items.all()))
    assert item_of(change).evidence == Item.Evidence.MAINTENANCE


def test_an_end_is_written_down_once(scope: Scope, platform: Sandbox) -> None:
    change = run(submit(scope, [new_machine("shop65")], "t"))
    platform.control(advance=60)
    followed(change)
    done_at, settled_at = change.done_at, item_of(change).settled_at
    ready = {"shop65": read(TYPES[MACHINE], machine(platform, "shop65"))}
    judged(change, machines=ready)
    assert (change.done_at, item_of(change).settled_at) == (done_at, settled_at)
    assert InstallTime.objects.count() == 1


def until_over(platform: Sandbox, maintenance: str) -> float:
    """Seconds until a maintenance is over, by the platform's clock."""
    machine_name, starts = maintenance.split("/")
    with platform.proxy() as proxy:
        (ends,) = [
            datetime.fromisoformat(one["ends"])
            for one in proxy.query("maintenance")
            if one["machine"] == machine_name
            and datetime.fromisoformat(one["starts"]) == datetime.fromisoformat(starts)
        ]
    return (ends - datetime.fromisoformat(platform.control(reset=True)["now"])).total_seconds() + 1


def state_of(scope: Scope, name: str) -> Shown:
    return reads.states(scope, reads.listing(scope, MACHINE))[name][0].state


def planned(name: str, day: str, **values: Any) -> Record:
    """A maintenance of a machine from 01:00 to 04:00 UTC."""
    raw = {"machine": name, "starts": f"{day}T01:00:00Z", "ends": f"{day}T04:00:00Z", "active": False}
    return read(TYPES["maintenance"], raw | values)


def judged(
    change: Change,
    *,
    machines: dict[str, Record] | None = None,
    maintenances: dict[str, Record] | None = None,
    now: datetime | None = None,
) -> None:
    """As if a poll had brought this."""
    platform_now = now or datetime.now(UTC)
    seen = settle.Seen(machines=machines, maintenances=maintenances, platform_now=platform_now, since_last=timedelta())
    for item in change.items.exclude(evidence="").select_related("change"):
        settle.judge(item, seen)
    settle.close([change])
    change.refresh_from_db()
