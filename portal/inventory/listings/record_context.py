"""What has to be known around records to say their state: their group, their maintenances, the platform's time."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from threading import RLock

from portal.accounts.access import Scope
from portal.inventory.listings.for_scope import AROUND, GROUPS, MACHINES, MAINTENANCES, whole
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.merging import View
from portal.inventory.weighted_cache import WeightedCache
from portal.resources.spec import Context, Record
from portal.resources.state_styles import State, Status

MOST_RECORDS = 200_000
CLOCK_SLACK = timedelta(seconds=5)  # by which the platform's clock may seem to go back, its Date being in seconds
FOREVER = datetime.max.replace(tzinfo=UTC)


class States(dict[str, tuple[Status, ...]]):
    """Key -> states of a record: the first is its state, the others are notes beside it.

    `number` is another in this process whenever one of them may be.
    """

    _numbers = count()

    def __init__(self, found: Mapping[str, tuple[Status, ...]] | None = None) -> None:
        super().__init__(found or {})
        self.number = next(self._numbers) if found else -1

    @cached_property
    def counts(self) -> Mapping[State, int]:
        """How many records are in each state; none that nobody is in."""
        return Counter(states[0].state for states in self.values())


@dataclass(frozen=True, eq=False, slots=True)
class _Told:
    """States, what they were told from, and for how long they hold."""

    inputs: tuple[object, ...]
    contexts: Mapping[str, tuple[Record, Record | None, tuple[Record, ...]]]
    states: States
    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        return self.may_be_of(now) and now < self.until

    def may_be_of(self, now: datetime) -> bool:
        """Whether no clock was set back since: then a state is another only by what is around its record."""
        return self.since - CLOCK_SLACK <= now


_told: WeightedCache[object, _Told] = WeightedCache(MOST_RECORDS, lambda told: len(told.states) + 1)
_telling = RLock()


def context(scope: Scope, record: Record | None, *, group: str = "") -> Context:
    """What there is around a record, or around one that is to be made in that group."""
    return contexts(scope, [(record, group)])[0]


def contexts(scope: Scope, records: Iterable[tuple[Record | None, str]]) -> list[Context]:
    """The same for many, each with the group in which it is to be made where there is none."""
    everything = whole(scope.customer, AROUND)
    groups, maintenances = everything.views[GROUPS], everything.views[MAINTENANCES]
    now = everything.platform_now

    def around(record: Record | None, group: str) -> Context:
        if record is not None:
            return _context(*_around(record, groups, maintenances), now)
        found = groups.by_key.get(group)
        return Context(now=now, group=found.values if found else None)

    return [around(record, group) for record, group in records]


def states(scope: Scope, listing: Listing) -> States:
    """The states of each record of a listing; none for a type without.

    Told anew for records with something new around them, or of which a moment has passed.
    """
    if not listing.type.has_states:
        return States()
    everything = whole(scope.customer, AROUND)
    groups, maintenances = everything.views[GROUPS], everything.views[MAINTENANCES]
    slot, now = (scope.customer.pk, scope.root, listing.type.name), max(everything.platform_now, listing.platform_now)
    inputs = (listing.index, groups.index, maintenances.index)
    with _telling:
        told = _told.get(slot)
        if told is None or told.inputs != inputs or not told.holds(now):
            told = _tell(listing, groups, maintenances, now, inputs, told if told and told.may_be_of(now) else None)
            _told.put(slot, told)
        return told.states


def versions(scope: Scope, listings: Iterable[Listing]) -> tuple[object, ...]:
    """Of these records, and of the states that they are in by now; good for as long as this process lives."""
    return tuple([(one.version, states(scope, one).number) for one in listings])


def forget() -> None:
    """Drop all states."""
    _told.clear()


def _tell(
    listing: Listing, groups: View, maintenances: View, now: datetime, inputs: tuple[object, ...], before: _Told | None
) -> _Told:
    contexts: dict[str, tuple[Record, Record | None, tuple[Record, ...]]] = {}
    found: dict[str, tuple[Status, ...]] = {}
    known = before.contexts if before else {}
    passed = _passed((groups, maintenances), before.since, now) if before else frozenset()
    for record in listing.records:
        around = _around(record, groups, maintenances)
        contexts[record.key] = around
        if before is not None and _same(known.get(record.key), around) and not _is_among(around, passed):
            found[record.key] = before.states[record.key]
        else:
            found[record.key] = listing.type.states(record.values, _context(*around, now))
    told = before.states if before is not None and before.states == found else States(found)
    return _Told(inputs, contexts, told, now, _next_moment((groups, maintenances), now))


def _around(record: Record, groups: View, maintenances: View) -> tuple[Record, Record | None, tuple[Record, ...]]:
    mine = maintenances.index.by_machine.get(record.key, ()) if record.type.name == MACHINES else ()
    return record, groups.by_key.get(record.group or ""), mine


def _context(record: Record, group: Record | None, maintenances: tuple[Record, ...], now: datetime) -> Context:
    return Context(now=now, group=group.values if group else None, maintenances=maintenances)


def _same(
    ones: tuple[Record, Record | None, tuple[Record, ...]] | None,
    others: tuple[Record, Record | None, tuple[Record, ...]],
) -> bool:
    if ones is None or ones[0] is not others[0] or ones[1] is not others[1] or len(ones[2]) != len(others[2]):
        return False
    return all(one is other for one, other in zip(ones[2], others[2], strict=True))


def _is_among(around: tuple[Record, Record | None, tuple[Record, ...]], some: Collection[int]) -> bool:
    record, group, maintenances = around
    return bool(some) and any(id(one) in some for one in (record, group, *maintenances))


def _passed(views: tuple[View, ...], since: datetime, now: datetime) -> frozenset[int]:
    """Ids of the records of which a moment has passed."""
    found = (view.index.moments[view.index.passed(since) : view.index.passed(now)] for view in views)
    return frozenset(id(record) for some in found for _moment, record in some)


def _next_moment(views: tuple[View, ...], now: datetime) -> datetime:
    """The next moment that stands in any of these records: until then, time alone changes no state."""
    coming = (view.index.moments[view.index.passed(now) :][:1] for view in views)
    return min((moment for some in coming for moment, _record in some), default=FOREVER)
