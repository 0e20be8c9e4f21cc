"""Maintenance: a window in which the platform works on a machine. Read-only (mt_01)."""

from datetime import datetime

from portal.resources.labels import mark as _
from portal.resources.phases import Phase, Standing
from portal.resources.spec import Field, Kind, Record, ResourceType, Section
from portal.resources.states import is_open
from portal.resources.times import parse_moment


def standing(maintenance: Record, now: datetime) -> Standing:
    """Whether it goes on, comes, or is past: by its times, and by what the platform says of it (mt_01)."""
    starts, ends = parse_moment(maintenance.get("starts")), parse_moment(maintenance.get("ends"))
    if maintenance.get("active") is True:
        return Standing(Phase.IN_PROGRESS, ends)
    if starts is not None and starts > now:
        return Standing(Phase.UPCOMING, starts)
    return Standing(Phase.IN_PROGRESS, ends) if is_open(maintenance, now) else Standing(Phase.PAST, starts)


MAINTENANCE = ResourceType(
    name="maintenance",
    label=_("Maintenance"),
    plural=_("Maintenance"),
    icon="tool",
    key=("machine", "starts"),
    sections=(
        Section(name="main", label=_("Window"), icon="calendar-clock"),
        Section(name="activities", label=_("Work"), icon="list-check"),
    ),
    fields=(
        Field(name="machine", label=_("Machine"), filterable=True, refers_to="virtualmachine"),
        Field(name="starts", label=_("Starts"), kind=Kind.MOMENT),
        Field(name="ends", label=_("Ends"), kind=Kind.MOMENT, default=""),
        Field(name="active", label=_("In progress"), kind=Kind.BOOLEAN, default=False, filterable=True),
        Field(name="announced", label=_("Announced"), kind=Kind.BOOLEAN, default=False, filterable=True),
        Field(name="comment", label=_("Comment"), default="", said=True),
        Field(
            name="activities",
            label=_("Activities"),
            kind=Kind.ACTIVITIES,
            section="activities",
            default=[],
        ),
    ),
    columns=("starts", "ends", "machine", "active", "announced", "comment"),
    card=("starts", "machine"),
    lead="comment",
    standing=standing,
    search=("machine", "comment"),
    group=lambda values: None,
    machine=lambda values: values.get("machine"),
    title=lambda values: f"{values.get('machine', '')}",
)
