"""How things are, noted every minute and kept for a day: what the charts of the platform page are drawn from.

Counts that only grow (calls, seconds, reads) are kept as they stand; a chart shows by how much they grew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import Error as DatabaseError
from django.utils import timezone

from portal.changes import health
from portal.console.models import Sample
from portal.inventory import breaker, counters
from portal.inventory.connection import Away
from portal.inventory.counters import Count

KEPT = timedelta(hours=24)

type Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a chart; None where it is not known."""

    at: datetime
    value: float | None


def take() -> None:
    """Note how things are now, and forget what is older than a day."""
    Sample.objects.create(figures=present())
    Sample.objects.filter(at__lt=timezone.now() - KEPT - timedelta(minutes=5)).delete()


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


def _counted() -> dict[str, float]:
    counters.hand_on()
    totals = counters.totals()
    return {
        "calls": _sum(totals, "calls"),
        "failed": _sum(totals, "calls", lambda count: count[2] in breaker.FAILED or count[2] == "Refused"),
        "seconds": _sum(totals, "seconds"),
        "reads": _sum(totals, "reads"),
        "hits": _sum(totals, "reads", lambda count: count[1] in ("fresh", "stale")),
        "breaker": float(breaker.state().is_open),
    }


def _sum(totals: Mapping[Count, float], kind: str, which: Callable[[Count], bool] = lambda count: True) -> float:
    return sum(total for count, total in totals.items() if count[0] == kind and which(count))


def _messages() -> dict[str, float]:
    return {"messages": float(health.waiting_messages())}


def _changes() -> dict[str, float]:
    oldest = health.oldest_undone()
    return {"oldest": oldest.total_seconds() if oldest else 0.0}
