"""`/metrics`: figures about the portal as a whole, in Prometheus' text format.

Those about changes are counted in the database when they are asked for, those about calls and reads come from what all
processes have counted in Redis. What cannot be had is left out; `portal_up` says which part that is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseError
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.models import ApiKey
from portal.backups.models import Backup
from portal.billing.document_orders.models import Job
from portal.billing.document_orders.models import State as Paper
from portal.broker.backlog import backlog
from portal.celery import QUEUES
from portal.changes import health
from portal.inventory import counters, presence
from portal.inventory.counters import Count
from portal.inventory.health import snapshots
from portal.inventory.redis_connection import Away
from portal.notify.mail.models import Mail
from portal.notify.webhooks.models import Message

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

type Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name, what it says, and its samples (suffix of the name, labels, value)."""

    name: str
    kind: str  # gauge | counter | histogram
    text: str
    samples: Iterable[tuple[str, Labels, float]]

    def __str__(self) -> str:
        lines = [f"# HELP {self.name} {self.text}", f"# TYPE {self.name} {self.kind}"]
        for suffix, labels, value in self.samples:
            marks = ",".join(f'{name}="{text}"' for name, text in labels.items())
            lines.append(f"{self.name}{suffix}{f'{{{marks}}}' if marks else ''} {value:.12g}")
        return "\n".join(lines) + "\n"


def metrics(request: HttpRequest) -> HttpResponse:
    """All figures that can be had now."""
    families: list[Family] = []
    up: list[tuple[str, Labels, float]] = []
    for part, collect in (("database", _rows), ("cache", _reading), ("broker", _messages)):
        try:
            families += collect()
            up.append(("", {"part": part}, 1))
        except (Away, DatabaseError):
            up.append(("", {"part": part}, 0))
    families.insert(0, Family("portal_up", "gauge", "Whether a part answers.", up))
    return HttpResponse("".join(map(str, families)), content_type=CONTENT_TYPE)


def _rows() -> Iterator[Family]:
    yield from _changes()
    yield from _backlogs()
    yield from _backups()
    refused = ApiKey.objects.filter(refused_at__isnull=False).count()
    yield Family("portal_refused_keys", "gauge", "API keys that the platform rejects.", [("", {}, float(refused))])


def _changes() -> Iterator[Family]:
    counted = [("", {"state": state}, float(count)) for state, count in health.states().items()]
    yield Family("portal_changes", "gauge", "Changes by state.", counted)
    oldest = health.oldest_undone()
    age = oldest.total_seconds() if oldest else 0.0
    text = "Age of the oldest change that should have gone out; 0 for none."
    yield Family("portal_oldest_undone_seconds", "gauge", text, [("", {}, age)])
    now = timezone.now()
    beats = [("", {"name": name}, (now - at).total_seconds()) for name, at in health.beats().items()]
    yield Family("portal_heartbeat_age_seconds", "gauge", "Since sweeper and follower last went on.", beats)


def _backlogs() -> Iterator[Family]:
    """How long the oldest has waited of what goes out by itself; of webhooks, those that were not tried once."""
    now = timezone.now()
    waiting: Mapping[str, QuerySet[Any]] = {
        "mail": Mail.objects.filter(sent=None, given_up=None),
        "webhook": Message.objects.filter(state=Message.State.WAITING, attempts=0, due__lte=now),
        "paper": Job.objects.filter(state=Paper.WAITING),
    }
    oldest = {what: rows.aggregate(at=Min("created"))["at"] for what, rows in waiting.items()}
    ages = [("", {"what": what}, (now - at).total_seconds() if at else 0.0) for what, at in oldest.items()]
    yield Family("portal_oldest_waiting_seconds", "gauge", "Age of the oldest that waits to go out; 0 for none.", ages)


def _backups() -> Iterator[Family]:
    now, last = timezone.now(), Backup.objects.aggregate(made=Max("made"), tried=Max("tried"))
    ages = [("", {"what": what}, (now - at).total_seconds()) for what, at in last.items() if at is not None]
    yield Family("portal_backup_age_seconds", "gauge", "Since a backup was last made, and one last tried.", ages)


def _messages() -> Iterator[Family]:
    count = float(backlog(QUEUES))
    yield Family("portal_messages", "gauge", "Messages that no worker has finished with.", [("", {}, count)])


def _reading() -> Iterator[Family]:
    processes = presence.processes()
    kinds = (presence.WEB, presence.WORKER, presence.BEAT)
    alive = [("", {"kind": kind}, float(sum(one.kind == kind for one in processes))) for kind in kinds]
    yield Family("portal_processes", "gauge", "Processes that say they are alive.", alive)
    counters.hand_on()
    totals = counters.totals()
    text = "Calls to the platform by method and outcome."
    yield Family("portal_upstream_calls_total", "counter", text, _by_labels(totals, "calls", "method", "outcome"))
    text = "How long calls to the platform took, however they ended."
    yield Family("portal_upstream_seconds", "histogram", text, _durations(totals))
    text = "Snapshots needed by pages; stale ones are served too, never and offline ones could not be current."
    yield Family("portal_reads_total", "counter", text, _by_labels(totals, "reads", "source"))
    text = "Values in Redis that were not sealed for where they stood. Each needs a look."
    yield Family("portal_sealed_alarms_total", "counter", text, [("", {}, totals.get(("alarms",), 0.0))])
    known = snapshots()
    kept = [("", {"type": name}, float(len(found.ages))) for name, found in known.items()]
    yield Family("portal_snapshots", "gauge", "Snapshots in Redis.", kept)
    ages = [
        ("", {"type": name, "which": which}, choose(found.ages))
        for name, found in known.items()
        for which, choose in (("newest", min), ("oldest", max))
        if found.ages
    ]
    text = "Age of snapshots; what nobody looks at grows old and is dropped after a day."
    yield Family("portal_snapshot_age_seconds", "gauge", text, ages)
    failing = [
        ("", {"type": name, "reason": reason}, float(count))
        for name, found in known.items()
        for reason, count in found.failing.items()
    ]
    yield Family("portal_snapshots_failing", "gauge", "Snapshots that could not be fetched anew.", failing)


def _by_labels(totals: Mapping[Count, float], kind: str, *names: str) -> Iterator[tuple[str, Labels, float]]:
    for count, total in sorted(totals.items()):
        if count[0] == kind and len(count) == len(names) + 1:
            yield "", dict(zip(names, count[1:], strict=True)), total


def _durations(totals: Mapping[Count, float]) -> Iterator[tuple[str, Labels, float]]:
    for kind, *labels in sorted(totals):
        if kind == "seconds":
            method = labels[0]
            called = sum(total for count, total in totals.items() if count[:2] == ("calls", method))
            for most in counters.SECONDS:
                bound = f"{most:g}"
                yield "_bucket", {"method": method, "le": bound}, totals.get(("took", method, bound), 0.0)
            yield "_bucket", {"method": method, "le": "+Inf"}, called
            yield "_sum", {"method": method}, totals["seconds", method]
            yield "_count", {"method": method}, called
