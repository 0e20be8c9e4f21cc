"""What state a record is in, as evidence read from it, its maintenances and its group (pages.md). Pure functions.

The first that fits is the state, the others that fit are notes beside it. `resources.state_styles` says how they look.
"""

from datetime import datetime

from portal.resources.deletion import Deletion, only_announces, read_deletion
from portal.resources.spec import Context, Record, Values
from portal.resources.state_styles import State, Status
from portal.resources.times import parse_moment

ORDER = tuple(State)


def machine_states(machine: Values, context: Context) -> tuple[Status, ...]:
    """All states that fit a machine, the first being its state; never empty."""
    open_windows = [
        record for record in context.maintenances if is_open(record, context.now) and not only_announces(record)
    ]
    deletion = read_deletion(machine.get("deletion"))
    is_off = machine.get("online") is False
    # Off or shut down it is not servicing either (vm_16); that is no maintenance.
    out_of_service = machine.get("servicing") is False and not is_off and not deletion.is_shut_down
    found = (
        _leaving(deletion),
        Status(State.INSTALLING) if machine.get("needs_install") is True else None,
        _maintenance(open_windows, context, out_of_service=out_of_service),
        Status(State.OFF) if is_off else None,
        _waiting(open_windows),
    )
    fitting = sorted((status for status in found if status), key=lambda status: ORDER.index(status.state))
    return tuple(fitting) or (Status(State.READY),)


def group_states(group: Values, context: Context) -> tuple[Status, ...]:
    """Whether a resource group is in maintenance (rg_06, rg_07), and until when."""
    if not group_in_maintenance(group, context.now):
        return (Status(State.ACTIVE),)
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


def _leaving(deletion: Deletion) -> Status | None:
    if deletion.is_shut_down:
        return Status(State.SHUTDOWN, deletion.gone)
    return Status(State.LEAVING, deletion.shuts_down) if deletion.deadline else None


def _maintenance(open_windows: list[Record], context: Context, *, out_of_service: bool) -> Status | None:
    active = next((record for record in open_windows if record.get("active") is True), None)
    if active is not None:
        return Status(State.MAINTENANCE, parse_moment(active.get("ends")))
    if out_of_service:
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
    return parse_moment(group.get("maintenance_until"))
