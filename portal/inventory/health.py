"""How current the snapshots are, of all customers together, for whoever watches over the portal."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched

from portal.accounts.models import ApiKey
from portal.inventory.snapshots import store
from portal.inventory.snapshots.snapshot_key import SnapshotKey, place_of
from portal.inventory.snapshots.store import Seen
from portal.resources.types import TYPES

AT_ONCE = 1000  # places looked at by one read


@dataclass(slots=True)
class Snapshots:
    """Of one type: ages in seconds of all there are, and how many could not be fetched anew, by reason."""

    ages: list[float] = field(default_factory=list)
    failing: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known by one key of one type: its age in seconds, None for nothing; why it was not fetched anew."""

    group: str
    type_name: str
    age: float | None
    failing: str = ""


def of_keys(keys: Iterable[ApiKey]) -> list[Snapshot]:
    """All that these keys could bring. Raises Away."""
    now = time.time()
    places = {place_of(key, name): key.resource_group for key in keys for name in TYPES}
    return [_snapshot(places[place], place, seen, now) for place, seen in _look(list(places))]


def snapshots(found: Iterable[Snapshot] | None = None) -> dict[str, Snapshots]:
    """Resource type → what is known of it, by all keys where none are given. Raises Away."""
    by_type = {name: Snapshots() for name in TYPES}
    for one in of_keys(ApiKey.objects.all()) if found is None else found:
        if one.age is not None:
            by_type[one.type_name].ages.append(one.age)
        if one.failing:
            by_type[one.type_name].failing[one.failing] += 1
    return by_type


def _snapshot(group: str, place: SnapshotKey, seen: Seen, now: float) -> Snapshot:
    head, failure = seen.head, seen.failure
    is_failing = failure is not None and (head is None or failure.at > head.fetched)
    age = now - head.fetched if head is not None else None
    return Snapshot(group, place.type_name, age, failure.reason if failure is not None and is_failing else "")


def _look(places: Sequence[SnapshotKey]) -> Iterator[tuple[SnapshotKey, Seen]]:
    for some in batched(places, AT_ONCE):
        yield from store.look(some).items()
