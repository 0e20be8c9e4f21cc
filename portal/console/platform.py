"""Whether the platform and what works for us do: figures now, and how they went over the last day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts import audit
from portal.accounts.models import ApiKey
from portal.changes import health as going_on
from portal.console import charts, samples
from portal.console.models import Sample
from portal.console.shell import render_console
from portal.console.staff import for_staff
from portal.inventory import breaker, counters
from portal.inventory.connection import Away
from portal.inventory.counters import Count
from portal.inventory.health import Snapshots, snapshots
from portal.resources.types import TYPES
from portal.ui import when

BAD = ("NotReachable", "Unreadable", "Refused")
MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """What has been asked with a key."""

    group: str
    address: str
    customer: str
    calls: int
    errors: int
    latency: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Beat:
    """Something that goes on by itself, and when it last did."""

    name: str
    at: datetime | None
    late: bool


@dataclass(frozen=True)
class Platform:
    """Everything that templates/console/platform.html asks for."""

    @cached_property
    def breaker(self) -> breaker.State:
        return breaker.state()

    @cached_property
    def totals(self) -> Mapping[Count, float]:
        try:
            counters.hand_on()
            return counters.totals()
        except Away:
            return {}

    @property
    def redis_away(self) -> bool:
        return not self.totals and self.messages is None

    @cached_property
    def messages(self) -> int | None:
        try:
            return going_on.waiting_messages()
        except Away:
            return None

    @cached_property
    def states(self) -> Mapping[str, int]:
        return going_on.states()

    @property
    def oldest(self) -> str:
        age = going_on.oldest_undone()
        return when.duration(age.total_seconds()) if age else ""

    @property
    def beats(self) -> list[Beat]:
        last, now = going_on.beats(), timezone.now()
        names = {going_on.SWEEPER: _("Sweeper"), going_on.FOLLOWER: _("Follower")}
        found = [Beat(label, last.get(name), _is_late(last.get(name), now, 60)) for name, label in names.items()]
        beat = max((at for at in last.values()), default=None)
        return [*found, Beat(_("Beat and a worker"), beat, _is_late(beat, now, 60))]

    @cached_property
    def _by_key(self) -> Mapping[str, list[tuple[Count, float]]]:
        found: dict[str, list[tuple[Count, float]]] = {}
        for count, total in self.totals.items():
            if count[0] in ("key calls", "key seconds"):
                found.setdefault(count[1], []).append((count, total))
        return found

    @cached_property
    def keys(self) -> list[KeyFigures]:
        """Those refused and those with errors first, then by how much they are used."""
        found = [self._figures(key) for key in ApiKey.objects.select_related("customer").defer("sealed")]
        return sorted(found, key=lambda one: (not one.refused, -one.errors, -one.calls))[:MOST_KEYS]

    @property
    def key_count(self) -> int:
        return ApiKey.objects.count()

    def _figures(self, key: ApiKey) -> KeyFigures:
        counted = self._by_key.get(key.resource_group, [])
        calls = sum(total for count, total in counted if count[0] == "key calls")
        seconds = sum(total for count, total in counted if count[0] == "key seconds")
        errors = sum(total for count, total in counted if count[0] == "key calls" and count[2] in BAD)
        return KeyFigures(
            key.resource_group,
            reverse("console:customer", args=[key.customer.number]),
            str(key.customer),
            int(calls),
            int(errors),
            f"{1000 * seconds / calls:.0f} ms" if calls else "",
            key.refused_at is not None,
        )

    @property
    def snapshots(self) -> list[tuple[str, int, str, str, int]]:
        """(type, how many, newest, oldest, how many fail)."""
        try:
            found = snapshots()
        except Away:
            return []
        return [_ages(name, one) for name, one in found.items()]

    @cached_property
    def samples(self) -> list[Sample]:
        return samples.of_last_day()

    @property
    def charts(self) -> list[charts.Chart]:
        def grown(name: str) -> Callable[[samples.Figures, samples.Figures], float | None]:
            return lambda before, after: samples.grown(name, before, after)

        def kept(name: str) -> Callable[[samples.Figures, samples.Figures], float | None]:
            return lambda before, after: after.get(name)

        wanted = (
            (_("Calls a minute"), grown("calls"), "", reverse("console:health") + "#keys"),
            (_("Failed calls a minute"), grown("failed"), "", reverse("console:health") + "#keys"),
            (_("Time of a call, ms"), _latency, "ms", reverse("console:health") + "#keys"),
            (_("Reads served from what is known, %"), _hit_rate, "%", reverse("console:health") + "#snapshots"),
            (_("Messages waiting"), kept("messages"), "", reverse("console:changes") + "?which=stuck"),
            (_("Oldest undone change, s"), kept("oldest"), "s", reverse("console:changes") + "?which=stuck"),
        )
        return [
            charts.chart(title, samples.series(self.samples, value), unit, address)
            for title, value, unit, address in wanted
        ]

    @property
    def calls_last_minute(self) -> int | None:
        if len(self.samples) < 2:
            return None
        grown = samples.grown("calls", self.samples[-2].figures, self.samples[-1].figures)
        return int(grown) if grown is not None else None

    @property
    def budget(self) -> int:
        """Calls a minute that all keys together may make."""
        return int(settings.API_BUDGET) * max(1, self.key_count)


def _is_late(at: datetime | None, now: datetime, seconds: int) -> bool:
    return at is None or now - at > timedelta(seconds=seconds)


def _ages(name: str, found: Snapshots) -> tuple[str, int, str, str, int]:
    ages = found.ages
    newest, oldest = (when.duration(min(ages)), when.duration(max(ages))) if ages else ("", "")
    return _(TYPES[name].plural), len(ages), newest, oldest, found.failing.total()


def _latency(before: samples.Figures, after: samples.Figures) -> float | None:
    calls, seconds = samples.grown("calls", before, after), samples.grown("seconds", before, after)
    return 1000 * seconds / calls if calls and seconds is not None else None


def _hit_rate(before: samples.Figures, after: samples.Figures) -> float | None:
    reads, hits = samples.grown("reads", before, after), samples.grown("hits", before, after)
    return 100 * hits / reads if reads and hits is not None else None


@for_staff
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """All figures."""
    return render_console(request, "console/platform.html", {"page": Platform()})


@for_staff
@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Let calls go out again at once."""
    try:
        breaker.reset()
        audit.record("platform.reset")
        messages.success(request, _("Calls go out to the platform again."))
    except Away:
        messages.warning(request, _("Redis does not answer, so there is nothing to reset: calls are not stopped."))
    return redirect("console:health")
