"""What goes on by itself: web, workers, scheduler, and a message through each queue and back."""

import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import UTC

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from kombu.exceptions import OperationalError

from portal.celery import QUEUES, app
from portal.changes import health
from portal.inventory import presence
from portal.inventory.presence import Process
from portal.inventory.redis_connection import connected
from portal.monitoring.doctor.findings import Finding, failed, fine, warning
from portal.monitoring.health import OLDEST_BEAT, OLDEST_UNDONE
from portal.release import release

TASK = "monitoring.echo"
ANSWER = "doctor:{}"
ANSWERS_WITHIN = 10.0  # seconds
JOBS = {health.SWEEPER: lazy("Retries"), health.FOLLOWER: lazy("Tracking")}


def queues() -> Iterator[Finding]:
    """Each is worked on: a message goes in, and a worker writes that it came."""
    sent = {}
    for queue in QUEUES:
        sent[queue] = secrets.token_hex(8)
        try:
            app.send_task(TASK, args=(sent[queue],), queue=queue, expires=ANSWERS_WITHIN)
        except OperationalError as error:
            why = {"error": type(error).__name__}
            yield failed(
                _("No message can be sent: %(error)s.") % why, _("See BROKER_URL, and whether the server runs.")
            )
            return
    missing = _without_answer(sent)
    for queue in sent:
        words = {"queue": queue, "seconds": round(ANSWERS_WITHIN)}
        if queue in missing:
            todo = _("Start a worker for queue %(queue)s, or see in its log what it is busy with.")
            yield failed(_("Queue %(queue)s: no worker took a message within %(seconds)s s.") % words, todo % words)
        else:
            yield fine(_("Queue %(queue)s: a worker takes messages.") % words)


def workers() -> Iterator[Finding]:
    """They run, and run what we run."""
    found = [one for one in presence.processes() if one.kind == presence.WORKER]
    if not found:
        yield failed(_("No worker is running."), _("Start one: celery -A portal.celery worker."))
    yield from _alike(found)


def web() -> Iterator[Finding]:
    """Web servers run what we run, and share one database."""
    found = [one for one in presence.processes() if one.kind == presence.WEB]
    if not found:
        yield warning(_("No web server is running."), _("Start one: gunicorn portal.wsgi."))
    hosts = {one.host for one in found}
    if connection.vendor == "sqlite" and len(hosts) > 1:
        yield failed(
            _("%(count)s web hosts, each with an SQLite of its own.") % {"count": len(hosts)},
            _("Set DATABASE_URL to a PostgreSQL server."),
        )
    yield from _alike(found)


def scheduler() -> Iterator[Finding]:
    """Beat is there, alone, and what it sends is done."""
    found = presence.alive(presence.BEAT)
    if not found:
        yield failed(_("No scheduler is running."), _("Start one: celery -A portal.celery beat."))
    elif len(found) > 1:
        todo = _("Stop all but one. Nothing is done twice meanwhile, but the database is asked more often.")
        words = {"count": len(found), "names": ", ".join(found)}
        yield warning(_("%(count)s schedulers are running: %(names)s.") % words, todo)
    beats = health.beats()
    for name in (health.SWEEPER, health.FOLLOWER):
        last = beats.get(name)
        if last is None or timezone.now() - last > OLDEST_BEAT:
            words = {"job": JOBS[name], "since": f"{last.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if last else ""}
            text = _("%(job)s: has not run since %(since)s.") if last else _("%(job)s: has not run yet.")
            yield failed(text % words, _("See whether scheduler and workers run, and their logs."))
        else:
            yield fine(_("%(job)s: running.") % {"job": JOBS[name]})


def changes() -> Iterator[Finding]:
    """None is stuck."""
    age = health.oldest_undone()
    if age is not None and age > OLDEST_UNDONE:
        words = {"minutes": int(age.total_seconds() // 60)}
        text = _("The oldest change has waited for %(minutes)s minutes.") % words
        yield failed(text, _("See the console under Changes, Stuck."))
    else:
        yield fine(_("No change waits for long."))


def echo(token: str) -> None:
    """In a worker: the message came. Raises Away."""
    with connected() as redis:
        redis.set(ANSWER.format(token), release(), ex=60)


def _without_answer(sent: dict[str, str]) -> set[str]:
    """Queues from which nothing came back in time. Raises Away."""
    missing, end = dict(sent), time.monotonic() + ANSWERS_WITHIN
    while missing and time.monotonic() < end:
        time.sleep(0.1)
        with connected() as redis:
            missing = {queue: token for queue, token in missing.items() if not redis.exists(ANSWER.format(token))}
    return set(missing)


def _alike(found: Sequence[Process]) -> Iterator[Finding]:
    ours, digests = release(), presence.digests()
    for one in found:
        different = [name for name in presence.SAME if one.settings.get(name) != digests[name]]
        if one.release != ours:
            words = {"name": one.name, "other": one.release, "ours": ours}
            yield failed(_("%(name)s runs another release (%(other)s, not %(ours)s).") % words, _("Restart it."))
        if different:
            names = different[:1] if "SECRET_KEY" in different else different
            words = {"name": one.name, "settings": ", ".join(names)}
            yield failed(_("%(name)s has another %(settings)s.") % words, _("Give all processes the same settings."))
        if one.release == ours and not different:
            yield fine(_("%(name)s: running.") % {"name": one.name})
