"""The records of one type of a customer, from all its API keys: groups nest, so two keys may reach the same record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock

from portal.accounts.models import Customer
from portal.inventory.listings.derived import Index
from portal.inventory.snapshots.snapshot import Snapshot, digest_of
from portal.inventory.weighted_cache import WeightedCache
from portal.resources.spec import Record, ResourceType
from portal.resources.spelling import natural

MOST_RECORDS = 400_000


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """Records and what can be derived from them. The same object for as long as its records are the same.

    The version is a digest of what the platform sent, so it is the same in other processes, too.
    """

    type: ResourceType
    records: tuple[Record, ...]  # by key, in natural order
    by_key: Mapping[str, Record]
    version: str
    index: Index = field(repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Made:
    """A view, and what it was made from."""

    inputs: tuple[object, ...]
    view: View


_views: WeightedCache[object, Made] = WeightedCache(MOST_RECORDS, lambda made: len(made.view.records) + 1)
_making = RLock()


def merged(customer: Customer, resource_type: ResourceType, snapshots: Sequence[Snapshot]) -> View:
    """All records of the customer, each once."""
    slot = (customer.pk, resource_type.name, "")
    return remembered(slot, snapshots, resource_type, lambda: _latest(snapshots))


def remembered(
    slot: object, inputs: Sequence[object], resource_type: ResourceType, make: Callable[[], Mapping[str, Record]]
) -> View:
    """The view last made in this slot where it was made of these very inputs, or of others with the same outcome."""
    made = _views.get(slot)
    if made is not None and same(made.inputs, inputs):
        return made.view
    with _making:  # one thread makes it for all that wait here
        made = _views.get(slot)
        if made is None or not same(made.inputs, inputs):
            made = Made(tuple(inputs), _view(resource_type, inputs, make(), made.view if made else None))
            _views.put(slot, made)
        return made.view


def forget() -> None:
    """Drop all views."""
    _views.clear()


def same(ones: Sequence[object], others: Sequence[object]) -> bool:
    return len(ones) == len(others) and all(one is other for one, other in zip(ones, others, strict=True))


def _view(
    resource_type: ResourceType, inputs: Sequence[object], by_key: Mapping[str, Record], before: View | None
) -> View:
    if before is not None and _alike(before.by_key, by_key):
        return before
    if before is not None and before.by_key.keys() == by_key.keys():
        records = tuple([by_key[one.key] for one in before.records])
    else:
        records = tuple([by_key[key] for key in sorted(by_key, key=natural)])
    versions = " ".join(one if isinstance(one, str) else getattr(one, "version", "") for one in inputs)
    return View(resource_type, records, by_key, digest_of(versions.encode()), Index(resource_type, records))


def _latest(snapshots: Sequence[Snapshot]) -> Mapping[str, Record]:
    """Of each record what was learned last, by whichever key; that it is gone counts as well."""
    if len(snapshots) == 1:
        return snapshots[0].records
    latest: dict[str, tuple[int, Record | None]] = {}
    for snapshot in snapshots:
        gone = [key for key, learned in snapshot.learned.items() if learned.record is None]
        for key in (*snapshot.records, *gone):
            number = snapshot.number_of(key)
            if key not in latest or latest[key][0] < number:
                latest[key] = (number, snapshot.records.get(key))
    return {key: record for key, (_, record) in latest.items() if record is not None}


def _alike(ones: Mapping[str, Record], others: Mapping[str, Record]) -> bool:
    if ones is others:
        return True
    return len(ones) == len(others) and all(others.get(key) is record for key, record in ones.items())
