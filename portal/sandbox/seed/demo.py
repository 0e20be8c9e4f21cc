"""Customer 10001 as one meets it: machines in every state, some in two at once, past and coming maintenances.

Each state comes about the way it does in life: something is recorded at an earlier time, and the events that
follow from it have run up to now.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.sandbox import deletion, hardware
from portal.sandbox.clock import berlin_day
from portal.sandbox.models import Address, Machine
from portal.sandbox.seed.customer import Built

#: With fewer machines than this, all are simply ready.
_ENOUGH = 20


def dress(built: Built, at: datetime) -> None:
    """Put machines of a customer into all states. Events that are past are left to `events.run_due`."""
    if len(built.machines) < _ENOUGH:
        return
    _open_window_of(built, "shop-search", at)
    lab = built.groups["example-lab"]
    lab.maintenance_until = at + timedelta(hours=8)
    lab.save()
    # The last ones of each group: the first have a part to play in the group.
    for group, actions in _ACTIONS.items():
        last_first = built.of_group(group)[::-1]
        for machine, steps in zip(last_first, actions, strict=False):
            for step in steps:
                step(built, machine, at)
    _name_addresses(built)


Step = Callable[[Built, Machine, datetime], None]


def _open_window_of(built: Built, name: str, at: datetime) -> None:
    """Let a group's hours be now: from the last full hour but one, for six hours."""
    group = built.groups[name]
    hour = at.astimezone(ZoneInfo(group.timezone)).hour
    group.maintenance_start, group.maintenance_end = (hour - 1) % 24, (hour + 5) % 24
    group.save()


def _leave(days: int) -> Step:
    """To be deleted: so many days from now (may be past), said ten days ago."""

    def step(built: Built, machine: Machine, at: datetime) -> None:
        deletion.schedule(machine, berlin_day(at) + timedelta(days=days), at - timedelta(days=10))

    return step


def _leave_at_month_end(built: Built, machine: Machine, at: datetime) -> None:
    deletion.schedule(machine, None, at)


def _off(built: Built, machine: Machine, at: datetime) -> None:
    machine.online = False
    machine.save(update_fields=["online"])
    hardware.switch(machine, at - timedelta(days=2))


def _change(ago: timedelta, **values: int) -> Step:
    """Other hardware, recorded some time ago: waiting, being changed, or changed by now."""

    def step(built: Built, machine: Machine, at: datetime) -> None:
        for key, value in values.items():
            setattr(machine, key, max(getattr(machine, key) + value, 1))
        machine.save(update_fields=list(values))
        hardware.reschedule(machine, at - ago)

    return step


def _install(ago: timedelta, takes: timedelta) -> Step:
    """Ordered some time ago; installed when `takes` is over."""

    def step(built: Built, machine: Machine, at: datetime) -> None:
        built.hardware.pop(machine.pk).delete()
        machine.needs_install, machine.accounted_since = True, None
        machine.creation_date = at - ago
        machine.save(update_fields=["needs_install", "accounted_since", "creation_date"])
        hardware.schedule_install(machine, at - ago, int(takes.total_seconds()))

    return step


def _bring_back_disk(built: Built, machine: Machine, at: datetime) -> None:
    """A disk that is to shrink was larger before."""
    machine.disk += 40
    built.hardware[machine.pk].disk = machine.disk
    built.hardware[machine.pk].save(update_fields=["disk"])


def _raised(built: Built, machine: Machine, at: datetime) -> None:
    """Support has given it more memory than the API grants."""
    machine.memory = 8192
    machine.save(update_fields=["memory"])
    built.hardware[machine.pk].memory = 8192
    built.hardware[machine.pk].save(update_fields=["memory"])


def _puppet(built: Built, machine: Machine, at: datetime) -> None:
    """A machine from the obsolete platform, with a role that only staff can give."""
    machine.environment_class, machine.environment = "Puppet", "production"
    machine.classes = [*machine.classes, "role::backupserver"]
    machine.save(update_fields=["environment_class", "environment", "classes"])


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LATELY = timedelta(minutes=2)

#: By group: what happens to its last machine, the one before, and so on.
_ACTIONS: dict[str, list[list[Step]]] = {
    "old": [
        [_puppet, _leave(-1)],
        [_off, _leave(-2)],
        [_leave(3)],
    ],
    "example": [
        [_off, _leave(9)],
        [_off],
        [_change(_HOUR, memory=512), _off],
        [_leave_at_month_end],
        [_install(_LATELY, timedelta(minutes=45))],
    ],
    "example-lab": [
        [_install(3 * _LATELY, timedelta(hours=3))],
        [_off],
    ],
    "shop": [
        [_install(_LATELY, timedelta(minutes=8))],
        [_change(_HOUR, cores=2)],
        [_bring_back_disk, _change(_HOUR, cores=1, memory=512, disk=-40)],
        [_change(_HOUR, cores=1), _leave(6)],
        [_install(_LATELY, timedelta(minutes=25)), _leave(12)],
        [_change(timedelta(seconds=20), disk=30)],
        [_change(40 * _DAY, cores=1)],
        [_change(75 * _DAY, memory=512), _change(5 * _DAY, cores=1)],
        [],
        [],
        [],
        [],
        [_raised],
    ],
    "shop-search": [
        [_change(_DAY, cores=1)],
        [_change(_DAY, memory=256), _leave(15)],
        [_change(20 * _DAY, memory=256)],
    ],
}


def _name_addresses(built: Built) -> None:
    """Reverse names that support has set for public addresses."""
    for name in ("services00", "shop00"):
        machine = built.machines[name]
        public = Address.objects.filter(machine=machine, vlan="fe").order_by("version")
        machine.reverses = {one.address: f"www.{machine.group.name}.example.com" for one in public}
        machine.save(update_fields=["reverses"])
