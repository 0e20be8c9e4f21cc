"""Tells a worker that a change may be worked on. Never holds up and never fails who calls it.

Published by a thread: a broker that has gone away takes its seconds to say so. What gets lost is found by the sweeper.
"""

import logging
from threading import BoundedSemaphore, Thread

from portal.celery import app

TASK = "changes.perform"
EXPIRES = 60  # seconds; a message that has waited for longer only adds to the pile

logger = logging.getLogger(__name__)
_room = BoundedSemaphore(50)


def nudge(pk: str) -> None:
    """Send a message with the id of a change. Call it when the change is committed."""
    if _room.acquire(blocking=False):
        Thread(target=_publish, args=(pk,), name="nudge", daemon=True).start()
    else:
        logger.warning("Too many messages wait for the broker; change %s is left to the sweeper", pk)


def _publish(pk: str) -> None:
    try:
        app.send_task(TASK, args=(pk,), expires=EXPIRES, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever kombu and redis-py raise
        logger.warning("No message for change %s: %s", pk, type(error).__name__)
    finally:
        _room.release()
