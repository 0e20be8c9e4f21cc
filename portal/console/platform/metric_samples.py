"""How things are, noted every minute and kept for a day: what the charts of the platform page are drawn from.

Counts that only grow (calls, seconds, reads) are kept as they stand; a chart shows by how much they grew. Of each key
that something was done with, it is noted what: by how much its counts grew, since those of the minute before are kept
beside them in Redis.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import Error as DatabaseError
from django.utils import timezone

from portal.broker.backlog import backlog
from portal.celery import QUEUES
from portal.changes import health
from portal.console.models import KeySample, Sample
from portal.inventory import counters
from portal.inventory.counters import Count
from portal.inventory.platform import circuit_breaker
from portal.inventory.redis_connection import Away, connected

KEPT = timedelta(hours=24)
NO_ANSWER = circuit_breaker.FAILED | {"Refused"}  # outcomes of calls that count as failed
HITS = ("fresh", "stale")  # sources of reads that did not wait

_BEFORE = "samples:keys"

type Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a chart; None where it is not known."""

    at: datetime
    value: float | None


def take() -> None:
    """Note how things are now, and forget what is older than a day."""
    Sample.objects.create(figures=present())
    KeySample.objects.bulk_create(_of_keys())
    too_old = timezone.now() - KEPT - timedelta(minutes=5)
    for kind in (Sample, KeySample):
        kind.objects.filter(at__lt=too_old).delete()


def present() -> dict[str, float]:
    """The figures as they stand; what cannot be had is left out."""
    figures: dict[str, float] = {}
    for part in (_counted, _messages, _changes):
        try:
            figures |= part()
        except (Away, DatabaseError):
            continue
    return figures


def series(samples: Sequence[Sample], value: Callable[[Figures, Figures], float | None]) -> list[Point]:
    """What `value` makes of each sample and the one before it."""
    return [Point(after.at, value(before.figures, after.figures)) for before, after in pairwise(samples)]


def of_last_day() -> list[Sample]:
    return list(Sample.objects.filter(at__gte=timezone.now() - KEPT).order_by("at"))


def grown(name: str, before: Figures, after: Figures) -> float | None:
    """By how much a count has grown; None where it began anew meanwhile, or is not known."""
    if name not in before or name not in after or after[name] < before[name]:
        return None
    return after[name] - before[name]


def latency(before: Figures, after: Figures) -> float | None:
    """Milliseconds that a call took."""
    calls, seconds = grown("calls", before, after), grown("seconds", before, after)
    return 1000 * seconds / calls if calls and seconds is not None else None


def hit_rate(before: Figures, after: Figures) -> float | None:
    """Per cent of the reads that did not wait for the platform."""
    reads, hits = grown("reads", before, after), grown("hits", before, after)
    return 100 * hits / reads if reads and hits is not None else None


def _counted() -> dict[str, float]:
    counters.hand_on()
    totals = counters.totals()
    return {
        "calls": _sum(totals, "calls"),
        "failed": _sum(totals, "calls", lambda count: count[2] in NO_ANSWER),
        "seconds": _sum(totals, "seconds"),
        "reads": _sum(totals, "reads"),
        "hits": _sum(totals, "reads", lambda count: count[1] in HITS),
        "breaker": float(circuit_breaker.state().is_open),
    }


def by_key(totals: Mapping[Count, float]) -> dict[str, Counter[str]]:
    """Group → its counts, by the fields of a KeySample."""
    found: dict[str, Counter[str]] = {}
    for count, total in totals.items():
        if count[0] in ("key calls", "key seconds", "key reads"):
            of_key, kind = found.setdefault(count[1], Counter()), count[0].removeprefix("key ")
            of_key[kind] += total  # type: ignore[assignment]  # seconds, too
            if kind == "calls" and count[2] in NO_ANSWER:
                of_key["failed"] += round(total)
            if kind == "reads" and count[2] in HITS:
                of_key["hits"] += round(total)
    return found


def _of_keys() -> list[KeySample]:
    """What has been done with each key since the last time."""
    try:
        now = by_key(counters.totals())
        with connected() as redis:
            kept: Any = redis.set(_BEFORE, json.dumps(now), get=True)
    except Away:
        return []
    if kept is None:  # the first time, nobody knows when all that was
        return []
    before = json.loads(kept)
    grown = {group: _growth(before.get(group, {}), of_key) for group, of_key in now.items()}
    return [KeySample(group=group, **counts) for group, counts in grown.items() if counts]


def _growth(old: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """By how much each count has grown; {} where none did. One that is less than before began anew."""
    grown = {kind: total - old.get(kind, 0) if total >= old.get(kind, 0) else total for kind, total in now.items()}
    return grown if any(grown.values()) else {}


def _sum(totals: Mapping[Count, float], kind: str, which: Callable[[Count], bool] = lambda count: True) -> float:
    return sum(total for count, total in totals.items() if count[0] == kind and which(count))


def _messages() -> dict[str, float]:
    return {"messages": float(backlog(QUEUES))}


def _changes() -> dict[str, float]:
    oldest = health.oldest_undone()
    return {"oldest": oldest.total_seconds() if oldest else 0.0}
