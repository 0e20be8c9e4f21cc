"""What state a record is in, as evidence read from it, its maintenances and its group (pages.md). Pure functions.

The first that fits is the state, the others that fit are notes beside it. `resources.looks` says how they look.
"""

from datetime import datetime, timedelta

from portal.resources.looks import State, Status
from portal.resources.spec import Context, Record, Values
from portal.resources.times import midnight, parse_day, parse_moment

ORDER = tuple(State)
HARD_DELETION_AFTER = timedelta(days=3)  # vm_19


def machine_states(machine: Values, context: Context) -> tuple[Status, ...]:
    """All states that fit a machine, the first being its state; never empty."""
    open_windows = [record for record in context.maintenances if is_open(record, context.now)]
    found = (
        _deletion(machine),
        Status(State.INSTALLING) if machine.get("needs_install") is True else None,
        _maintenance(machine, open_windows, context),
        Status(State.OFF) if machine.get("online") is False else None,
        _waiting(open_windows),
    )
    fitting = sorted((status for status in found if status), key=lambda status: ORDER.index(status.state))
    return tuple(fitting) or (Status(State.READY),)


def group_states(group: Values, context: Context) -> tuple[Status, ...]:
    """Whether a resource group is in maintenance (rg_06, rg_07), and until when."""
    if not group_in_maintenance(group, context.now):
        return (Status(State.READY),)
    return (Status(State.MAINTENANCE, _group_until(group)),)


def group_in_maintenance(group: Values, now: datetime) -> bool:
    """Whether the group is in maintenance mode: the flag, or a time that has not come yet."""
    until = _group_until(group)
    if until is not None:
        return until > now
    return group.get("in_maintenance") is True


def is_open(maintenance: Record, now: datetime) -> bool:
    """Whether a maintenance is still to come or under way."""
    ends = parse_moment(maintenance.get("ends"))
    return maintenance.get("active") is True or (ends is not None and ends > now)


def _deletion(machine: Values) -> Status | None:
    deletion = machine.get("deletion") or {}
    deadline = parse_day(str(deletion.get("deadline") or "")[:10])
    stages = deletion.get("stages") or ()
    if isinstance(stages, list) and any(stage in ("soft", "hard") for stage in stages):
        return Status(State.SHUTDOWN, midnight(deadline) + HARD_DELETION_AFTER if deadline else None)
    return Status(State.LEAVING, midnight(deadline)) if deadline else None


def _maintenance(machine: Values, open_windows: list[Record], context: Context) -> Status | None:
    active = next((record for record in open_windows if record.get("active") is True), None)
    if active is not None:
        return Status(State.MAINTENANCE, parse_moment(active.get("ends")))
    if machine.get("servicing") is False:
        return Status(State.MAINTENANCE)
    if context.group is not None and group_in_maintenance(context.group, context.now):
        return Status(State.MAINTENANCE, _group_until(context.group))
    return None


def _waiting(open_windows: list[Record]) -> Status | None:
    coming = [record for record in open_windows if record.get("active") is not True]
    starts = [moment for record in coming if (moment := parse_moment(record.get("starts")))]
    if not coming:
        return None
    return Status(State.WAITING, min(starts) if starts else None)


def _group_until(group: Values) -> datetime | None:
    return parse_moment(group.get("maintenance_until") or "")
