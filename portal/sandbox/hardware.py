"""How what is recorded reaches the running machine: installs, online resizes, power, maintenance windows.

Nothing here happens in the call that asks for it; each is an event, and the event's handler moves it (mt_04).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from portal.sandbox.models import Activity, Event, Hardware, Machine, Maintenance
from portal.sandbox.windows import next_window

#: What a reboot takes, by what it changes; seconds.
ESTIMATES = {"cores": 300, "memory": 300, "disk": 1800}
UNITS = {"cores": "", "memory": " MiB", "disk": " GiB"}


def schedule_install(machine: Machine, now: datetime, seconds: int) -> None:
    """A new machine is ready to use after a while (vm_05)."""
    Event.objects.create(machine=machine, kind="install", due=now + timedelta(seconds=seconds))


def switch(machine: Machine, now: datetime) -> None:
    """Power on or off as recorded, shortly (vm_13)."""
    Event.objects.filter(machine=machine, kind="power").delete()
    Event.objects.create(machine=machine, kind="power", due=now + timedelta(seconds=settings.POWER_SECONDS))


def reschedule(machine: Machine, now: datetime) -> None:
    """See to it that what differs between record and running machine is on its way (vm_09 … vm_11, vm_24, mt_03).

    A value that is back to what runs is withdrawn. What an open window does is done, so what differs from
    that is on its way, too. Nothing to do while the machine is being installed: the install takes the record
    as it then is; nor while it is shut down for deletion: that is seen to when it is brought back.
    """
    running = Hardware.objects.filter(machine=machine).first()
    if running is None or "soft" in machine.stages:
        return
    for kind in ESTIMATES:
        pending = Activity.objects.filter(maintenance__machine=machine, kind=kind, ended=False)
        coming = pending.filter(maintenance__starts__gt=now)
        under_way = pending.filter(maintenance__starts__lte=now).order_by("maintenance__ends").last()
        before = getattr(running, kind) if under_way is None else under_way.target
        after = getattr(machine, kind)
        if kind == "disk":
            Event.objects.filter(machine=machine, kind="resize").delete()
        if kind == "disk" and after > before:
            withdraw_activities(coming)
            begins = now if under_way is None else under_way.maintenance.ends
            due = begins + timedelta(seconds=settings.RESIZE_SECONDS)
            Event.objects.create(machine=machine, kind="resize", due=due)
        elif before == after:
            withdraw_activities(coming)
        else:
            comment = f"Change {kind} from {before} to {after}{UNITS[kind]}, with a reboot"
            if not coming.update(target=after, comment=comment):
                _add(machine, now, kind, after, comment)


def _add(machine: Machine, now: datetime, kind: str, target: int, comment: str) -> None:
    window = _window(machine, now)
    Activity.objects.create(
        maintenance=window,
        kind=kind,
        target=target,
        comment=comment,
        starts=window.starts,
        estimated=ESTIMATES[kind],
        reference_id=f"vm-{machine.pk}-{kind}",
    )


def _window(machine: Machine, now: datetime) -> Maintenance:
    """The machine's coming window for hardware changes, a new one where there is none."""
    coming = Maintenance.objects.filter(machine=machine, starts__gt=now, activity__kind__in=ESTIMATES)
    if (open_window := coming.order_by("starts").first()) is not None:
        return open_window
    group = machine.group
    starts, ends = next_window(
        now,
        start=group.maintenance_start,
        end=group.maintenance_end,
        timezone=group.timezone,
        leadtime=group.notification_leadtime,
    )
    maintenance, created = Maintenance.objects.get_or_create(
        machine=machine,
        starts=starts,
        defaults={
            "ends": ends,
            "announce_at": starts - timedelta(hours=group.notification_leadtime),
            "comment": f"Changes to the virtual hardware of {machine.name}",
        },
    )
    if created:
        Event.objects.create(maintenance=maintenance, kind="window_starts", due=starts)
        Event.objects.create(maintenance=maintenance, kind="window_ends", due=ends)
    return maintenance


def withdraw_activities(activities: QuerySet[Activity]) -> None:
    """Take activities of coming maintenances back; one in which nothing is left goes with them."""
    touched = list(activities.values_list("maintenance_id", flat=True))
    activities.delete()
    Maintenance.objects.filter(pk__in=touched, activity=None).delete()


def install(event: Event) -> None:
    """The machine is ready: it runs as recorded at this moment, and is accounted from now on."""
    machine = event.machine
    assert machine is not None
    shut = "soft" in machine.stages
    Hardware.objects.create(
        machine=machine,
        cores=machine.cores,
        memory=machine.memory,
        disk=machine.disk,
        powered=machine.online and not shut,
        kvm_host=f"kvm{machine.pk % 24:02d}",
    )
    machine.needs_install = False
    machine.accounted_since = None if shut else event.due
    machine.save(update_fields=["needs_install", "accounted_since"])


def resize(event: Event) -> None:
    """The disk has grown online."""
    machine = event.machine
    assert machine is not None
    Hardware.objects.filter(machine=machine).update(disk=machine.disk)


def power(event: Event) -> None:
    """The machine is on or off as recorded."""
    machine = event.machine
    assert machine is not None
    Hardware.objects.filter(machine=machine).update(powered=machine.online and "soft" not in machine.stages)


def shut_down(machine: Machine, now: datetime) -> None:
    """Off, whatever is recorded: its deletion has come to that, and no window opens for it any more (vm_16)."""
    Hardware.objects.filter(machine=machine).update(powered=False)
    coming = Activity.objects.filter(maintenance__machine=machine, maintenance__starts__gte=now)
    withdraw_activities(coming.filter(kind__in=ESTIMATES))


def window_starts(event: Event) -> None:
    """The machine is out of service while it is worked on (mt_05)."""
    assert event.maintenance is not None
    Machine.objects.filter(pk=event.maintenance.machine_id).update(servicing=False)


def window_ends(event: Event) -> None:
    """The new hardware is in force, the machine back in service (mt_04); what is recorded since is on its way."""
    window = event.maintenance
    assert window is not None
    for activity in Activity.objects.filter(maintenance=window, ended=False):
        if activity.target is not None:
            Hardware.objects.filter(machine=window.machine_id).update(**{activity.kind: activity.target})
        activity.ended = True
        activity.result = "success"
        activity.duration = activity.estimated * 3 // 4
        activity.save(update_fields=["ended", "result", "duration"])
    others = Maintenance.objects.filter(machine=window.machine_id, starts__lte=event.due, ends__gt=event.due)
    Machine.objects.filter(pk=window.machine_id).update(servicing=not others.exists(), last_maintenance_end=event.due)
    reschedule(window.machine, event.due)
