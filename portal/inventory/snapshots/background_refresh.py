"""Refreshing behind a page that has been served already: a worker does it, or this process where none does.

Parsing a large answer takes a second of processor time, which a web process has better uses for.
"""

import logging
import time
from threading import Thread

from kombu.exceptions import OperationalError

from portal.accounts.models import ApiKey
from portal.celery import app
from portal.inventory.redis_connection import Away, connected
from portal.inventory.snapshots import single_flight
from portal.inventory.snapshots.current import State
from portal.inventory.snapshots.snapshot_key import SnapshotKey
from portal.logs.request_id import carried

TASK = "inventory.refresh"
WORKER_GETS = 10  # seconds to refresh, before this process does it
REMEMBERED = 120  # seconds for which a nudge is known to have been sent

logger = logging.getLogger(__name__)


def refresh_behind(place: SnapshotKey, api_key: ApiKey, before: State) -> None:
    """Have the place fetched by somebody, soon. Returns at once; any number of calls is one nudge."""
    try:
        nudged_at = _nudged_at(place, before)
    except Away:
        single_flight.start(place, api_key, before)
        return
    if nudged_at is None:
        # In a thread: with the broker away, publishing takes its seconds to find out.
        Thread(target=carried(_nudge), args=(place, api_key, before), name="nudge", daemon=True).start()
    elif time.time() > nudged_at + WORKER_GETS:
        single_flight.start(place, api_key, before)


def _nudged_at(place: SnapshotKey, before: State) -> float | None:
    """When somebody was asked to replace this very snapshot; None for the first to want it. Raises Away."""
    number = before.snapshot.head.number if before.snapshot else 0
    failed_at = int(before.failure.at) if before.failure else 0
    name = place.cache_key(f"nudged:{number}:{failed_at}")
    with connected() as redis:
        if redis.set(name, repr(time.time()), nx=True, ex=REMEMBERED):
            return None
        return float(redis.get(name) or 0.0)


def _nudge(place: SnapshotKey, api_key: ApiKey, before: State) -> None:
    try:
        app.send_task(TASK, args=(place.key, place.type_name), expires=60)
    except OperationalError:
        logger.warning("The broker is away: %s is refreshed by this process", place.type_name)
        single_flight.start(place, api_key, before)
