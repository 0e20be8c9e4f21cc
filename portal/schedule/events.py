"""Events: what the platform has announced or planned for a customer's records, each with its time."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from portal.changes.reads.pending import Pending, PendingIndex
from portal.inventory.reads import Listing
from portal.resources.deletion import STAGES, day_of, only_announces, read_deletion
from portal.resources.phases import Phase, Standing
from portal.resources.spec import Record
from portal.resources.states import group_in_maintenance
from portal.resources.times import midnight, parse_moment
from portal.resources.windows import next_window

MACHINES, GROUPS, MAINTENANCES = "virtualmachine", "resourcegroup", "maintenance"
TYPES = (MACHINES, GROUPS, MAINTENANCES)  # whose listings events are made of
WAITS_FOR_WINDOW = "maintenance"  # changes.models.Item.Evidence
FOREVER = datetime.max.replace(tzinfo=UTC)


class Kind(StrEnum):
    """What sort of thing happens."""

    MAINTENANCE = "maintenance"
    DELETION = "deletion"
    MODE = "mode"  # maintenance mode of a group
    CHANGE = "change"  # one that waits for a window that nobody has announced yet


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a record: a maintenance, a machine, or a group; times are UTC.

    Of a deletion, `stage` is the one that is reached then (vm_19). `ends` is None where nothing ends, or nobody knows
    when. `changes` are those that are put in force by it.
    """

    kind: Kind
    record: Record
    starts: datetime
    ends: datetime | None = None
    stage: str = ""
    changes: tuple[Pending, ...] = ()

    @property
    def machine(self) -> str:
        """Its name; '' for what happens to a whole group."""
        return self.record.key if self.record.type.name == MACHINES else self.record.machine or ""

    def standing(self, now: datetime) -> Standing:
        """Whether it goes on, comes, or is past."""
        if self.record.type.standing is not None:
            return self.record.type.standing(self.record, now)
        if self.starts > now:
            return Standing(Phase.UPCOMING, self.starts)
        is_over = self._is_reached if self.kind is Kind.DELETION else (self.ends or FOREVER) <= now
        return Standing(Phase.PAST, self.starts) if is_over else Standing(Phase.IN_PROGRESS, self.ends)

    @property
    def _is_reached(self) -> bool:
        """Whether the platform says so of this stage of a deletion: until then it is due."""
        return self.stage in read_deletion(self.record.get("deletion")).stages


@dataclass(frozen=True)
class Events:
    """All events of a scope, soonest first, and what places them."""

    all: Sequence[Event]
    machines: Mapping[str, Record]

    def group_of(self, event: Event) -> str:
        """The resource group that it happens in; '' where its machine is not known (any more)."""
        if event.kind is Kind.MODE:
            return event.record.key
        machine = self.machines.get(event.machine)
        return (machine.group if machine else None) or ""


def events_of(listings: Mapping[str, Listing], pending: PendingIndex) -> Events:
    """Made of what is known of machines, groups and maintenance; `listings` may lack types that nobody may see."""
    waiting, known = _waiting(pending), dated(listings)
    found = [
        *(_with_changes(event, waiting) for event in known.all),
        *modes(listings),
        *_unannounced(listings, pending),
    ]
    return Events(sorted(found, key=_by_time), known.machines)


def dated(listings: Mapping[str, Listing]) -> Events:
    """Maintenances and deletions: what has a date on the platform."""
    machines = listings[MACHINES].by_key if MACHINES in listings else {}
    maintenances = _of_listing(listings, MAINTENANCES)
    told = [one for one in maintenances if not _is_told_by_deletion(one, machines)]
    return Events(sorted((*told, *_of_listing(listings, MACHINES)), key=_by_time), machines)


def _by_time(event: Event) -> tuple[datetime, str]:
    return (event.starts, event.record.key)


def _of_listing(listings: Mapping[str, Listing], type_name: str) -> Sequence[Event]:
    """The events of its records, made once for each version of the listing."""
    if type_name not in listings:
        return ()
    listing, make = listings[type_name], MAKERS[type_name]
    return listing.index.once("events", lambda: [event for record in listing.records for event in make(record)])


def _maintenance(record: Record) -> Iterator[Event]:
    starts, ends = parse_moment(record.get("starts")), parse_moment(record.get("ends"))
    if starts is not None:
        yield Event(Kind.MAINTENANCE, record, starts, ends if ends is not None and ends > starts else None)


def _stages(machine: Record) -> Iterator[Event]:
    """The way out of a machine, as far as its day can be read (vm_19).

    Of a stage that was reached before its deadline nobody can tell the day: a deletion that is asked for late is
    announced at once.
    """
    deletion = read_deletion(machine.get("deletion"))
    if deletion.deadline is None:
        return
    for stage, days in STAGES.items():
        if days >= 0 or stage not in deletion.stages:
            yield Event(Kind.DELETION, machine, midnight(day_of(stage, deletion.deadline)), stage=stage)


MAKERS = {MAINTENANCES: _maintenance, MACHINES: _stages}


def modes(listings: Mapping[str, Listing]) -> Iterator[Event]:
    """Groups in maintenance mode: from when it is set until what the platform says of its end (rg_06, rg_07)."""
    if GROUPS not in listings:
        return
    now = listings[GROUPS].platform_now
    for group in listings[GROUPS].records:
        if group_in_maintenance(group.values, now):
            yield Event(Kind.MODE, group, now, parse_moment(group.get("maintenance_until")))


def _waiting(pending: PendingIndex) -> Mapping[str, tuple[Pending, ...]]:
    """Key of a maintenance → what it will put in force."""
    found: dict[str, tuple[Pending, ...]] = {}
    for one in pending.all:
        if one.maintenance and not one.settled:
            found[one.maintenance] = (*found.get(one.maintenance, ()), one)
    return found


def _with_changes(event: Event, waiting: Mapping[str, tuple[Pending, ...]]) -> Event:
    changes = waiting.get(event.record.key)
    return Event(event.kind, event.record, event.starts, event.ends, changes=changes) if changes else event


def _unannounced(listings: Mapping[str, Listing], pending: PendingIndex) -> Iterator[Event]:
    """Changes that the platform has taken and will reboot for, in the window that follows from its rules (mt_02)."""
    machines = listings[MACHINES].by_key if MACHINES in listings else {}
    groups = listings[GROUPS].by_key if GROUPS in listings else {}
    for one in pending.all:
        machine = machines.get(one.key) if one.type_name == MACHINES else None
        if machine is None or one.evidence != WAITS_FOR_WINDOW or one.maintenance or one.settled:
            continue
        group = groups.get(machine.group or "")
        if group is not None and one.recorded_at is not None:
            window = next_window(group.values, one.recorded_at)
            yield Event(Kind.CHANGE, machine, window.starts, window.ends, changes=(one,))


def _is_told_by_deletion(event: Event, machines: Mapping[str, Record]) -> bool:
    """Whether the maintenance only announces a deletion, whose stages are events themselves."""
    machine = machines.get(event.machine)
    if machine is None or not only_announces(event.record):
        return False
    return read_deletion(machine.get("deletion")).deadline is not None


def passed(listings: Mapping[str, Listing], now: datetime) -> int:
    """How many moments have passed: time alone changes what is said of the events at those only."""
    return sum(bisect_right(_moments(listings, name), now) for name in TYPES if name in listings)


def _moments(listings: Mapping[str, Listing], type_name: str) -> Sequence[datetime]:
    """When something begins or ends of the records of a type, in order; made once for each version of the listing."""
    listing = listings[type_name]

    def moments() -> list[datetime]:
        if type_name == GROUPS:
            ends = (parse_moment(one.get("maintenance_until")) for one in listing.records)
            return sorted(end for end in ends if end is not None)
        events = _of_listing(listings, type_name)
        return sorted(at for event in events for at in (event.starts, event.ends) if at is not None)

    return listing.index.once("event moments", moments)
