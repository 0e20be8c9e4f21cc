"""What a worker does for the console."""

from contextlib import suppress
from typing import Any

from celery.signals import heartbeat_sent

from portal.celery import app
from portal.console.platform import metric_samples
from portal.console.search import index
from portal.console.view_as import sessions
from portal.inventory import presence
from portal.inventory.redis_connection import Away, connected

LOCK, LOCKED_FOR = "console:indexing", 60


@app.task(name="console.index")
def update_index() -> None:
    """Bring the search up to date; one worker at a time."""
    try:
        with connected() as redis:
            if not redis.set(LOCK, b"1", nx=True, ex=LOCKED_FOR):
                return
        try:
            index.update()
        finally:
            with connected() as redis:
                redis.delete(LOCK)
    except Away:
        return  # with Redis away the index stays as it is


@app.task(name="console.sample")
def take_sample() -> None:
    """Note how things are, for the charts of the last day."""
    metric_samples.take()


@app.task(name="console.end_visits")
def end_visits() -> None:
    """Each visit has an end in the trail, also one that nobody came back from."""
    sessions.end_overdue()


@heartbeat_sent.connect
def is_alive(sender: Any, **_kwargs: object) -> None:
    """This worker goes on: Celery says so every 2 seconds, in the process that hands tasks out."""
    with suppress(Away):
        presence.note(presence.WORKER, sender.eventer.hostname)
