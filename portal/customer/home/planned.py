"""What is planned, in the order in which it comes: kept with the records, so that a page cuts out the days it shows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from portal.inventory.reads import Listing
from portal.resources.deletion import read_deletion
from portal.resources.spec import Record
from portal.resources.times import parse_moment

FOREVER = datetime.max.replace(tzinfo=UTC)
BY_TIME = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Planned:
    """A record and when something of it comes."""

    at: datetime
    record: Record
    is_gone: bool = False  # of a deletion: what comes is the end of its disk, and not its shutdown


def deletions(machines: Listing, after: datetime, before: datetime) -> Sequence[Planned]:
    """Shutdowns for deletion, and the ends of disks, between these moments."""
    planned = machines.index.once("deletions", lambda: _deletions(machines.records))
    return planned[bisect_right(planned, after, key=BY_TIME) : bisect_left(planned, before, key=BY_TIME)]


def open_maintenances(maintenances: Listing, now: datetime) -> list[Record]:
    """Those under way or still to come (`resources.states.is_open`), in the order of the listing."""
    planned = maintenances.index.once("ends", lambda: _ends(maintenances.records))
    still = {one.record.key for one in planned[bisect_right(planned, now, key=BY_TIME) :]}
    return [one for one in maintenances.records if one.key in still] if still else []


def _deletions(machines: Sequence[Record]) -> list[Planned]:
    found: list[Planned] = []
    for machine in machines:
        if not machine["deletion"]:
            continue
        deletion = read_deletion(machine["deletion"])
        at = deletion.gone if deletion.is_shut_down else deletion.shuts_down
        if at is not None:
            found.append(Planned(at, machine, deletion.is_shut_down))
    return sorted(found, key=BY_TIME)


def _ends(maintenances: Sequence[Record]) -> list[Planned]:
    """What is active is open whatever its end."""
    ends = ((FOREVER if one["active"] is True else parse_moment(one["ends"]), one) for one in maintenances)
    return sorted((Planned(at, one) for at, one in ends if at is not None), key=BY_TIME)
