"""Tells a worker that a change may be worked on. Never holds up and never fails who calls it.

Published by a thread of its own: a broker that has gone away answers nothing for seconds. What gets lost is found by
the sweeper.
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import BoundedSemaphore

logger = logging.getLogger(__name__)

MOST_WAITING = 100
_room = BoundedSemaphore(MOST_WAITING)


def nudge(pk: str) -> None:
    """Send a message with the id of a change. Call it when the change is committed."""
    if not _room.acquire(blocking=False):
        logger.warning("Too many messages wait for the broker; change %s is left to the sweeper", pk)
        return
    _publisher(os.getpid()).submit(_publish, pk)


def _publish(pk: str) -> None:
    # Here, since tasks know what they perform, and that nudges.
    from portal.changes.tasks import perform

    try:
        perform.apply_async((pk,), expires=60)
    except Exception as error:  # noqa: BLE001 - whatever kombu and redis-py raise
        logger.warning("No message for change %s: %s", pk, type(error).__name__)
    finally:
        _room.release()


@lru_cache(maxsize=1)
def _publisher(pid: int) -> ThreadPoolExecutor:
    """One thread per process: one that was forked has none of its parent's."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="nudge")
