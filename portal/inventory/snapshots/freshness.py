"""The parts of a customer's records: one per API key and type. Decides when one is current enough to be shown.

Fresh is served. Stale is served at once and fetched anew behind it, by a worker or, with the broker or the worker
away, by a thread of this process. What nobody has looked at for longer than STALE_FOR is not shown as if it were of
now: the page waits a moment for a new one. With the platform down the last known is served, for a day.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Event

from portal.accounts.models import ApiKey, Customer
from portal.inventory import counters, visited_customers
from portal.inventory.platform import circuit_breaker
from portal.inventory.snapshots import one_look, single_flight
from portal.inventory.snapshots.background_refresh import refresh_behind
from portal.inventory.snapshots.current import State, known
from portal.inventory.snapshots.snapshot_key import SnapshotKey, place_of
from portal.inventory.snapshots.source import Source, Trouble
from portal.resources.types import TYPES

STALE_FOR = 300  # seconds beyond freshness
PATIENCE = 10.0  # seconds a page waits where nothing is known
SHORT_PATIENCE = 2.0  # … and where something old is


@dataclass(frozen=True, slots=True)
class Part:
    """What is known by one key of one type."""

    api_key: ApiKey
    place: SnapshotKey
    state: State

    @property
    def age(self) -> float:
        """Seconds since it was fetched."""
        snapshot = self.state.snapshot
        return time.time() - snapshot.head.fetched if snapshot else float("inf")

    @property
    def source(self) -> Source:
        if self.state.snapshot is None:
            return Source.NEVER
        if self.state.failing:
            return Source.OFFLINE
        return Source.FRESH if self.age <= TYPES[self.place.type_name].fresh_for else Source.STALE

    @property
    def trouble(self) -> Trouble | None:
        failure = self.state.failure
        if failure is None or not self.state.failing:
            return None
        since = datetime.fromtimestamp(failure.since, UTC)
        return Trouble(self.api_key.resource_group, failure.reason, since, failure.text)

    @property
    def may_ask(self) -> bool:
        """Whether the platform may be asked (again); what is coming has been asked for."""
        failure = self.state.failure
        return not self.state.coming and not (
            self.state.failing and failure and time.time() < failure.at + failure.retry_in
        )


def keys_of(customer: Customer) -> Sequence[ApiKey]:
    """The customer's keys: one database query per customer object, that is per request."""
    if customer.keys_at_hand is None:
        customer.keys_at_hand = list(ApiKey.objects.filter(customer=customer.pk))
    return customer.keys_at_hand


def parts_of(customer: Customer, type_names: Iterable[str], *, wait: bool) -> list[Part]:
    """The parts of these types by all keys, current enough to be shown; `wait=False` never waits for the platform."""
    names = list(type_names)
    if one_look.is_looking_only():
        return _look(customer, names, waiting=True)
    if one_look.is_visit():
        visited_customers.note(customer.pk)
    parts = _look(customer, names, waiting=False)
    counters.count(Counter(("reads", part.source.value) for part in parts))
    counters.count(Counter(("key reads", part.api_key.resource_group, part.source.value) for part in parts))
    awaited = _fetch_where_needed(parts)
    if wait and awaited:
        _wait(awaited)
        parts = _look(customer, names, waiting=True)
    for part in parts:
        _note_refusal(part)
    return parts


def part_of(api_key: ApiKey, type_name: str) -> Part:
    """One part as it is now; nothing is fetched."""
    place = place_of(api_key, type_name)
    return Part(api_key, place, one_look.look(known, [place], lambda: ())[place])


def fetch_now(customer: Customer, type_name: str) -> None:
    """Fetch by all keys, one flight each, and wait for it as long as a page may."""
    parts = _look(customer, [type_name], waiting=True)
    _wait([(single_flight.start(part.place, part.api_key, part.state), PATIENCE) for part in parts])


def _look(customer: Customer, type_names: Iterable[str], *, waiting: bool) -> list[Part]:
    keys = keys_of(customer)
    pairs = [(api_key, place_of(api_key, name)) for name in type_names for api_key in keys]
    places = [place for _, place in pairs]

    def everything() -> list[SnapshotKey]:
        return [place_of(api_key, name) for name in TYPES for api_key in keys]

    states = one_look.look(partial(known, waiting_for=places if waiting else ()), places, everything)
    if any(state.coming for state in states.values()):
        one_look.note_coming()
    return [Part(api_key, place, states[place]) for api_key, place in pairs]


def _fetch_where_needed(parts: Sequence[Part]) -> list[tuple[Event, float]]:
    """Begin what is needed. Answers what is worth waiting for, and for how many seconds each."""
    awaited = []
    for part in _worth_asking(parts):
        if part.state.snapshot is None:
            awaited.append((single_flight.start(part.place, part.api_key, part.state), _patience_for_nothing(part)))
        elif part.source is Source.STALE and part.age > TYPES[part.place.type_name].fresh_for + STALE_FOR:
            awaited.append((single_flight.start(part.place, part.api_key, part.state), SHORT_PATIENCE))
        elif one_look.is_first(part.place):
            refresh_behind(part.place, part.api_key, part.state)
    return awaited


def _worth_asking(parts: Sequence[Part]) -> list[Part]:
    """Those to ask for now. While the breaker stops all calls, what fails is left alone, but for one that may try."""
    wanted = [part for part in parts if part.source is not Source.FRESH and part.may_ask]
    failing = [part for part in wanted if part.state.failing]
    if not failing or not (stopped := circuit_breaker.state()).is_open:
        return wanted
    return [part for part in wanted if not part.state.failing] + failing[: int(stopped.may_try)]


def _patience_for_nothing(part: Part) -> float:
    return SHORT_PATIENCE if part.state.failing else PATIENCE


def _wait(awaited: Iterable[tuple[Event, float]]) -> None:
    began = time.monotonic()
    for done, patience in awaited:
        done.wait(max(began + patience - time.monotonic(), 0.0))
    one_look.look_again()


def _note_refusal(part: Part) -> None:
    """Write down that the platform refuses a key, or accepts it again, when that has changed."""
    snapshot, failure, refused_at = part.state.snapshot, part.state.failure, part.api_key.refused_at
    if part.state.failing and failure and failure.reason == "refused":
        found = refused_at or datetime.fromtimestamp(failure.at, UTC)
    elif refused_at and snapshot and snapshot.head.fetched > refused_at.timestamp():
        found = None
    else:
        return
    if found != refused_at:
        ApiKey.objects.filter(pk=part.api_key.pk, generation=part.api_key.generation).update(refused_at=found)
        part.api_key.refused_at = found
