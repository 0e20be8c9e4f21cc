"""Decoded snapshots of this process, so that a page view needs a version from Redis and not megabytes.

With Redis away, this is what pages are made from.
"""

from dataclasses import dataclass
from threading import Lock, RLock

from portal.inventory.snapshots.snapshot import Snapshot
from portal.inventory.snapshots.snapshot_key import SnapshotKey
from portal.inventory.snapshots.store import Failure
from portal.inventory.weighted_cache import WeightedCache

MOST_RECORDS = 200_000


@dataclass(frozen=True, slots=True)
class Known:
    """A snapshot, and the mark of the overlay that was laid over it: b'' for none, None for not known."""

    snapshot: Snapshot
    mark: bytes | None


snapshots: WeightedCache[SnapshotKey, Known] = WeightedCache(
    MOST_RECORDS, lambda known: len(known.snapshot.records) + 1
)
failures: WeightedCache[SnapshotKey, Failure] = WeightedCache(
    10_000, lambda failure: 1
)  # the last one of each place, also after a success

_locks: dict[SnapshotKey, RLock] = {}
_lock = Lock()


def working_on(place: SnapshotKey) -> RLock:
    """Held while a snapshot is made, so that one thread does it for all."""
    with _lock:
        return _locks.setdefault(place, RLock())
