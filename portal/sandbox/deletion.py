"""The way out of a machine (vm_18 … vm_22): its stages, when they are due, and the way back.

t is the beginning of the deadline day, Berlin time.
"""

from datetime import date, datetime, timedelta

from portal.sandbox import billing, hardware
from portal.sandbox.clock import berlin_day, midnight, next_month
from portal.sandbox.errors import CONTRADICTION, Refused
from portal.sandbox.models import Activity, Event, Machine, Maintenance, RetiredName

#: Days from the deadline to each stage.
STAGES = {"prepare": -5, "soft": 0, "hard": 3, "purge": 32, "recycle": 38}
_ANNOUNCED = timedelta(hours=1)


def default_deadline(now: datetime) -> date:
    """The first of the next month, so that the last day of this one still runs (vm_18)."""
    return next_month(berlin_day(now))


def due(deadline: date, stage: str) -> datetime:
    """When a stage is reached."""
    return midnight(deadline + timedelta(days=STAGES[stage]))


def schedule(machine: Machine, deadline: date | None, now: datetime) -> None:
    """Mark a machine for deletion. Refused for a day before tomorrow, and for another one after it is shut down."""
    if "soft" in machine.stages:
        if deadline not in (None, machine.deadline):
            raise Refused("deadline", "is past: the machine is shut down already", CONTRADICTION)
        return
    if deadline == machine.deadline and deadline is not None:
        return
    deadline = deadline or default_deadline(now)
    if not berlin_day(now) < deadline <= berlin_day(now) + timedelta(days=3660):
        raise Refused("deadline", f"must be tomorrow ({berlin_day(now) + timedelta(days=1)}) or later")
    withdraw(machine, now)
    machine.deadline = deadline
    machine.save(update_fields=["deadline", "stages"])
    Event.objects.bulk_create(
        Event(due=due(deadline, stage), kind=stage, machine=machine) for stage in ("prepare", "soft", "hard")
    )


def withdraw(machine: Machine, now: datetime) -> None:
    """Take back what is scheduled and announced. Leaves saving the machine to the caller."""
    Event.objects.filter(machine=machine, kind__in=STAGES).delete()
    coming = Activity.objects.filter(maintenance__machine=machine, maintenance__starts__gt=now)
    hardware.withdraw_activities(coming.filter(kind="deletion"))
    machine.deadline = None
    machine.stages = []


def cancel(machine: Machine, now: datetime) -> None:
    """Keep the machine after all; started again as it was, if it was shut down (vm_20, vm_21)."""
    if machine.deadline is None:
        return
    shut_down = "soft" in machine.stages
    withdraw(machine, now)
    if shut_down and not machine.needs_install:
        machine.accounted_since = now
        hardware.switch(machine, now)
        hardware.reschedule(machine, now)
    machine.save(update_fields=["deadline", "stages", "accounted_since"])


def prepare(event: Event) -> None:
    """t − 5 days: a maintenance announces the deletion."""
    machine = _reach(event)
    assert machine.deadline is not None
    t = due(machine.deadline, "soft")
    maintenance, _ = Maintenance.objects.get_or_create(
        machine=machine,
        starts=t,
        defaults={
            "ends": t + _ANNOUNCED,
            "announce_at": event.due,
            "comment": _announcement(machine),
        },
    )
    Activity.objects.create(
        maintenance=maintenance,
        kind="deletion",
        comment="Shut down for deletion",
        starts=t,
        estimated=int(_ANNOUNCED.total_seconds()),
    )
    for kind, moment in (("window_starts", maintenance.starts), ("window_ends", maintenance.ends)):
        Event.objects.get_or_create(maintenance=maintenance, kind=kind, defaults={"due": moment})


def soft(event: Event) -> None:
    """t: shut down and no longer accounted."""
    machine = _reach(event)
    if machine.accounted_since is not None:
        billing.settle_machines([machine], event.due)
        Machine.objects.filter(pk=machine.pk).update(accounted_since=None)
    hardware.shut_down(machine, event.due)
    # A window for hardware may have been to open at the same time: it is left with this alone.
    Maintenance.objects.filter(machine=machine, starts=event.due).update(comment=_announcement(machine))


def hard(event: Event) -> None:
    """t + 3 days: disk and record gone, addresses free, the name kept back."""
    machine = event.machine
    assert machine is not None
    assert machine.deadline is not None
    RetiredName.objects.create(name=machine.name, free_at=due(machine.deadline, "recycle"))
    Event.objects.bulk_create(
        Event(due=due(machine.deadline, stage), kind=stage, name=machine.name) for stage in ("purge", "recycle")
    )
    machine.delete()


def purge(event: Event) -> None:
    """t + 32 days: backups gone."""
    RetiredName.objects.filter(name=event.name).update(backups_kept=False)


def recycle(event: Event) -> None:
    """t + 38 days: the name may be used again."""
    RetiredName.objects.filter(name=event.name).delete()


def _announcement(machine: Machine) -> str:
    return f"{machine.name} is shut down for deletion"


def _reach(event: Event) -> Machine:
    machine = event.machine
    assert machine is not None
    machine.stages = [*machine.stages, event.kind]
    machine.save(update_fields=["stages"])
    return machine
