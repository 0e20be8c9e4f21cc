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

from portal.accounts.audit import trail
from portal.accounts.models import ApiKey
from portal.broker.backlog import backlog
from portal.celery import QUEUES
from portal.changes import health as going_on
from portal.changes.models import State
from portal.console.models import Sample
from portal.console.platform import charts, metric_samples
from portal.console.platform.key_page import KeyFigures, of_last_day
from portal.console.shell import render_console
from portal.console.staff import for_staff
from portal.inventory import counters, presence
from portal.inventory.counters import Count
from portal.inventory.health import Snapshot, Snapshots, of_keys, snapshots
from portal.inventory.platform import circuit_breaker
from portal.inventory.redis_connection import Away
from portal.resources.types import TYPES
from portal.ui.format import dates


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
    def breaker(self) -> circuit_breaker.State:
        return circuit_breaker.state()

    @property
    def tries_every(self) -> int:
        """Seconds between single calls while the breaker is open."""
        return round(settings.API_BREAKER["open_for"])

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
            return backlog(QUEUES)
        except Away:
            return None

    @cached_property
    def states(self) -> Mapping[str, int]:
        """How many changes are in each state, in words."""
        return {str(State(name).label): count for name, count in going_on.states().items()}

    @property
    def oldest(self) -> str:
        age = going_on.oldest_undone()
        return dates.duration(age.total_seconds()) if age else ""

    @property
    def beats(self) -> list[Beat]:
        last, now = going_on.beats(), timezone.now()
        names = {going_on.SWEEPER: _("Retries"), going_on.FOLLOWER: _("Tracking")}
        found = [Beat(label, last.get(name), _is_late(last.get(name), now, 60)) for name, label in names.items()]
        beat = max((at for at in last.values()), default=None)
        return [*found, Beat(_("Scheduler"), beat, _is_late(beat, now, 60))]

    @cached_property
    def workers(self) -> list[str] | None:
        """Names of those that are alive; None where nobody can tell."""
        try:
            return presence.alive(presence.WORKER)
        except Away:
            return None

    @cached_property
    def _known(self) -> list[Snapshot]:
        try:
            return of_keys(ApiKey.objects.all())
        except Away:
            return []

    @cached_property
    def keys(self) -> list[KeyFigures]:
        return of_last_day(self._known)

    @cached_property
    def key_count(self) -> int:
        return ApiKey.objects.count()

    @property
    def snapshots(self) -> list[tuple[str, int, str, str, int]]:
        """(type, how many, newest, oldest, how many fail)."""
        return [_ages(name, one) for name, one in snapshots(self._known).items()]

    @cached_property
    def samples(self) -> list[Sample]:
        return metric_samples.of_last_day()

    @property
    def charts(self) -> list[charts.Chart]:
        def grown(name: str) -> Callable[[metric_samples.Figures, metric_samples.Figures], float | None]:
            return lambda before, after: metric_samples.grown(name, before, after)

        def kept(name: str) -> Callable[[metric_samples.Figures, metric_samples.Figures], float | None]:
            return lambda before, after: after.get(name)

        wanted = (
            (_("Calls per minute"), grown("calls"), "", reverse("console:health") + "#keys"),
            (_("Failed calls per minute"), grown("failed"), "", reverse("console:health") + "#keys"),
            (_("Latency"), metric_samples.latency, "ms", reverse("console:health") + "#keys"),
            (_("Cache hit rate"), metric_samples.hit_rate, "%", reverse("console:health") + "#snapshots"),
            (_("Queued messages"), kept("messages"), "", reverse("console:changes") + "?which=stuck"),
            (_("Oldest open change"), kept("oldest"), "s", reverse("console:changes") + "?which=stuck"),
        )
        return [
            charts.chart(title, metric_samples.series(self.samples, value), unit, address)
            for title, value, unit, address in wanted
        ]

    @property
    def calls_last_minute(self) -> int | None:
        if len(self.samples) < 2:
            return None
        grown = metric_samples.grown("calls", self.samples[-2].figures, self.samples[-1].figures)
        return int(grown) if grown is not None else None

    @property
    def budget_of_key(self) -> int:
        """Calls a minute that one key may make."""
        return int(settings.API_BUDGET)

    @property
    def budget(self) -> int:
        """Calls a minute that all keys together may make."""
        return self.budget_of_key * max(1, self.key_count)


def _is_late(at: datetime | None, now: datetime, seconds: int) -> bool:
    return at is None or now - at > timedelta(seconds=seconds)


def _ages(name: str, found: Snapshots) -> tuple[str, int, str, str, int]:
    ages = found.ages
    newest, oldest = (dates.duration(min(ages)), dates.duration(max(ages))) if ages else ("", "")
    return _(TYPES[name].plural), len(ages), newest, oldest, found.failing.total()


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
        circuit_breaker.reset()
        trail.record("platform.reset")
        messages.success(request, _("Platform calls are on again."))
    except Away:
        messages.warning(request, _("Redis does not answer, so there is nothing to reset: platform calls are on."))
    return redirect("console:health")
