"""API keys on the platform page: what the last day was like for each, and one of them with its charts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.models import ApiKey
from portal.console.models import KeySample
from portal.console.platform import charts
from portal.console.platform.metric_samples import KEPT, Point
from portal.console.shell import render_console
from portal.console.staff import for_staff
from portal.inventory.health import Snapshot, of_keys
from portal.inventory.platform import circuit_breaker
from portal.inventory.redis_connection import Away
from portal.resources.types import TYPES
from portal.ui.format import dates

MOST_KEYS = 50


@dataclass(frozen=True)
class KeyFigures:
    """A key and its last 24 hours; `known` is what it has brought."""

    key: ApiKey
    day: Mapping[str, float]
    known: list[Snapshot]

    @property
    def address(self) -> str:
        return reverse("console:key", args=[self.key.resource_group])

    @property
    def customer_address(self) -> str:
        return reverse("console:customer", args=[self.key.customer.number])

    @property
    def calls(self) -> int:
        return int(self.day.get("calls", 0))

    @property
    def failed(self) -> int:
        return int(self.day.get("failed", 0))

    @property
    def latency(self) -> str:
        return f"{1000 * self.day['seconds'] / self.calls:.0f} ms" if self.calls else ""

    @property
    def busiest(self) -> int:
        """Most calls in a minute."""
        return int(self.day.get("busiest", 0))

    @property
    def is_over_budget(self) -> bool:
        return self.busiest > settings.API_BUDGET

    @property
    def hit_rate(self) -> str:
        reads = self.day.get("reads", 0)
        return f"{100 * self.day['hits'] / reads:.0f} %" if reads else ""

    @property
    def newest(self) -> str:
        ages = [one.age for one in self.known if one.age is not None]
        return dates.duration(min(ages)) if ages else ""

    @property
    def oldest(self) -> str:
        ages = [one.age for one in self.known if one.age is not None]
        return dates.duration(max(ages)) if ages else ""

    @property
    def failing(self) -> int:
        """How many types could not be fetched anew."""
        return sum(bool(one.failing) for one in self.known)

    @property
    def is_refused(self) -> bool:
        return self.key.refused_at is not None


def of_last_day(known: Iterable[Snapshot]) -> list[KeyFigures]:
    """Keys with trouble first, then by how much they are used."""
    days = _days(KeySample.objects.all())
    by_group: dict[str, list[Snapshot]] = {}
    for one in known:
        by_group.setdefault(one.group, []).append(one)
    found = [
        KeyFigures(key, days.get(key.resource_group, {}), by_group.get(key.resource_group, []))
        for key in ApiKey.objects.select_related("customer").defer("sealed")
    ]
    return sorted(found, key=lambda one: (not one.is_refused, -one.failing, -one.failed, -one.calls))[:MOST_KEYS]


def _days(samples: QuerySet[KeySample]) -> dict[str, Mapping[str, float]]:
    """Group → sums of its samples of the last day, and `busiest`, the most calls in one of them."""
    sums = {name: Sum(name) for name in ("failed", "seconds", "reads", "hits")}
    of_day = samples.filter(at__gt=timezone.now() - KEPT).order_by()
    found: Iterable[Mapping[str, Any]] = of_day.values("group").annotate(
        busiest=Max("calls"), all_calls=Sum("calls"), **sums
    )
    names = (*sums, "busiest")
    return {one["group"]: {"calls": one["all_calls"]} | {name: one[name] for name in names} for one in found}


@dataclass(frozen=True)
class KeyPage:
    """Everything that templates/console/key.html asks for."""

    key: ApiKey

    @cached_property
    def figures(self) -> KeyFigures:
        try:
            known = of_keys([self.key])
        except Away:
            known = []
        samples = KeySample.objects.filter(group=self.key.resource_group)
        return KeyFigures(self.key, _days(samples).get(self.key.resource_group, {}), known)

    @cached_property
    def breaker(self) -> circuit_breaker.State:
        return circuit_breaker.state()

    @property
    def budget(self) -> int:
        return int(settings.API_BUDGET)

    @property
    def known(self) -> list[tuple[str, str, str]]:
        """(type, age, why it was not fetched anew)."""
        return [
            (_(TYPES[one.type_name].plural), dates.duration(one.age) if one.age is not None else "", one.failing)
            for one in self.figures.known
        ]

    @cached_property
    def _minutes(self) -> dict[int, KeySample]:
        """By minute since 1970."""
        samples = KeySample.objects.filter(group=self.key.resource_group, at__gt=timezone.now() - KEPT)
        return {int(one.at.timestamp() // 60): one for one in samples}

    @property
    def charts(self) -> list[charts.Chart]:
        def latency(one: KeySample) -> float | None:
            return 1000 * one.seconds / one.calls if one.calls else None

        def hit_rate(one: KeySample) -> float | None:
            return 100 * one.hits / one.reads if one.reads else None

        wanted: tuple[tuple[str, Callable[[KeySample], float | None], float | None, str, str], ...] = (
            (_("Calls per minute"), lambda one: one.calls, 0, "", f"{reverse('console:changes')}?which=all"),
            (_("Failed calls per minute"), lambda one: one.failed, 0, "", "#snapshots"),
            (_("Latency"), latency, None, "ms", "#snapshots"),
            (_("Cache hit rate"), hit_rate, None, "%", "#snapshots"),
        )
        return [
            charts.chart(title, self._points(value, nothing), unit, address)
            for title, value, nothing, unit, address in wanted
        ]

    def _points(self, value: Callable[[KeySample], float | None], nothing: float | None) -> list[Point]:
        """One for each minute from the first that is known of; `nothing` where there is no sample."""
        if not self._minutes:
            return []
        minutes = range(min(self._minutes), int(timezone.now().timestamp() // 60))
        samples = ((minute, self._minutes.get(minute)) for minute in minutes)
        return [
            Point(datetime.fromtimestamp(minute * 60, UTC), value(sample) if sample is not None else nothing)
            for minute, sample in samples
        ]


@for_staff
@require_safe
def key(request: HttpRequest, group: str) -> HttpResponse:
    """A key: how its day went, what it has brought, whether calls go out."""
    found = ApiKey.objects.select_related("customer").defer("sealed").filter(resource_group=group.replace("\x00", ""))
    if not found:
        raise Http404
    return render_console(request, "console/key.html", {"page": KeyPage(found[0])})
