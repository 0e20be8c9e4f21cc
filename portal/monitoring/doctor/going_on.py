"""What goes on by itself: web, workers, scheduler, and a message through each queue and back."""

import secrets
import time
from collections.abc import Iterator, Sequence

from django.db import connection
from django.utils import timezone
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


def queues() -> Iterator[Finding]:
    """Each is worked on: a message goes in, and a worker writes that it came."""
    sent = {}
    for queue in QUEUES:
        sent[queue] = secrets.token_hex(8)
        try:
            app.send_task(TASK, args=(sent[queue],), queue=queue, expires=ANSWERS_WITHIN, retry=False)
        except OperationalError as error:
            yield failed(
                f"No message can be sent: {type(error).__name__}.", "See whether the Redis of BROKER_URL runs."
            )
            return
    missing = _without_answer(sent)
    for queue in sent:
        if queue in missing:
            todo = f"Start a worker for queue {queue}, or see in its log what it is busy with."
            yield failed(f"Queue {queue}: no worker took a message within {ANSWERS_WITHIN:.0f} s.", todo)
        else:
            yield fine(f"Queue {queue}: a worker takes messages.")


def workers() -> Iterator[Finding]:
    """They run, and run what we run."""
    found = [one for one in presence.processes() if one.kind == presence.WORKER]
    if not found:
        yield failed("No worker is running.", "Start one: celery -A portal.celery worker.")
    yield from _alike(found)


def web() -> Iterator[Finding]:
    """Web servers run what we run, and share one database."""
    found = [one for one in presence.processes() if one.kind == presence.WEB]
    if not found:
        yield warning("No web server is running.", "Start one: gunicorn portal.wsgi.")
    hosts = {one.host for one in found}
    if connection.vendor == "sqlite" and len(hosts) > 1:
        yield failed(f"{len(hosts)} web hosts, each with an SQLite of its own.", "Set DATABASE_URL to PostgreSQL.")
    yield from _alike(found)


def scheduler() -> Iterator[Finding]:
    """Beat is there, alone, and what it sends is done."""
    found = presence.alive(presence.BEAT)
    if not found:
        yield failed("No scheduler is running.", "Start one: celery -A portal.celery beat.")
    elif len(found) > 1:
        todo = "Stop all but one. Nothing is done twice meanwhile, but the database is asked more often."
        yield warning(f"{len(found)} schedulers are running: {', '.join(found)}.", todo)
    beats = health.beats()
    for name in (health.SWEEPER, health.FOLLOWER):
        last = beats.get(name)
        if last is None or timezone.now() - last > OLDEST_BEAT:
            seen = f"since {last:%Y-%m-%d %H:%M:%S} UTC" if last else "yet"
            yield failed(f"The {name} has not run {seen}.", "See whether scheduler and workers run, and their logs.")
        else:
            yield fine(f"The {name} runs.")


def changes() -> Iterator[Finding]:
    """None is stuck."""
    age = health.oldest_undone()
    if age is not None and age > OLDEST_UNDONE:
        minutes = age.total_seconds() // 60
        yield failed(
            f"The oldest change has waited for {minutes:.0f} minutes.", "See the console under Changes, Stuck."
        )
    else:
        yield fine("No change waits for long.")


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
            yield failed(f"{one.name} runs another release ({one.release}, not {ours}).", "Restart it.")
        if different:
            names = different[:1] if "SECRET_KEY" in different else different
            yield failed(f"{one.name} has another {', '.join(names)}.", "Give all processes the same settings.")
        if one.release == ours and not different:
            yield fine(f"{one.name} runs.")
