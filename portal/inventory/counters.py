"""Counts for whoever watches over the portal, of all its processes together: one hash in the Redis of the snapshots.

Redis, since several processes count, and it takes a tenth of a millisecond. Emptied, all counts begin at nothing again,
as is usual for counters. What is counted often is gathered here and handed on every few seconds.
"""

import time
from collections import Counter
from collections.abc import Mapping
from threading import Lock

from portal.api import Call
from portal.inventory.redis_connection import Away, connected

HAND_ON_EVERY = 5.0  # seconds
SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)  # upper bounds of the classes of duration

_NAME = "counters"

type Count = tuple[str, ...]
"""What is counted, and its labels: ("calls", "query", "ok"). No part holds a `|`."""


class _Gathered:
    """Counts of this process that have not been handed on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[Count] = Counter()
        self._handed_on = time.monotonic()

    def add(self, counts: Mapping[Count, float]) -> bool:
        """Whether it is time to hand on."""
        with self._lock:
            for count, by in counts.items():
                self._counts[count] += by  # type: ignore[assignment]  # seconds, too
            return time.monotonic() > self._handed_on + HAND_ON_EVERY

    def take(self) -> Counter[Count]:
        with self._lock:
            taken, self._counts = self._counts, Counter()
            self._handed_on = time.monotonic()
            return taken


_gathered = _Gathered()


def count(counts: Mapping[Count, float]) -> None:
    """Add to counts. Costs a moment in Redis every few seconds; never fails."""
    if _gathered.add(counts):
        hand_on()


def hand_on() -> None:
    """Make what this process has counted known to all. With Redis away it is kept for the next time."""
    counts = _gathered.take()
    if not counts:
        return
    try:
        with connected() as redis, redis.pipeline(transaction=False) as pipeline:
            for count, by in counts.items():
                pipeline.hincrbyfloat(_NAME, "|".join(count), by)
            pipeline.execute()
    except Away:
        _gathered.add(counts)


def observe(call: Call) -> None:
    """Count a finished call to the platform: how it ended, and how long it took."""
    counts: dict[Count, float] = {("calls", call.method, call.outcome): 1, ("seconds", call.method): call.seconds}
    # By key, for staff: not among the metrics, which name no key.
    counts |= {("key calls", call.user, call.outcome): 1, ("key seconds", call.user): call.seconds}
    counts |= {("took", call.method, f"{most:g}"): 1 for most in SECONDS if call.seconds <= most}
    _gathered.add(counts)
    hand_on()  # calls are rare, and the last one may be the one that matters


def totals() -> dict[Count, float]:
    """What all processes have counted so far. Raises Away."""
    with connected() as redis:
        found = redis.hgetall(_NAME)
        names = (name.decode() for name in found)  # type: ignore[union-attr]  # bytes, as it is set up here
        return {tuple(name.split("|")): float(total) for name, total in zip(names, found.values(), strict=True)}
