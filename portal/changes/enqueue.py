"""Tells a worker that a change may be worked on. Never holds up and never fails who calls it.

Published by a thread: a broker that has gone away takes its seconds to say so. What gets lost is found by the sweeper.
"""

import logging
from threading import BoundedSemaphore, Thread

from portal.celery import app
from portal.logs.request_id import carried

TASK = "changes.perform"
EXPIRES = 60  # seconds; a message that has waited for longer only adds to the pile

logger = logging.getLogger(__name__)
_room = BoundedSemaphore(50)


def nudge(pk: str, task: str = TASK) -> None:
    """Send a message with the id of a change (of another task: of its row). Call it when the row is committed."""
    if _room.acquire(blocking=False):
        Thread(target=carried(_publish), args=(pk, task), name="nudge", daemon=True).start()
    else:
        logger.warning("Too many messages wait for the broker; %s %s is left to the sweeper", task, pk)


def _publish(pk: str, task: str) -> None:
    try:
        app.send_task(task, args=(pk,), expires=EXPIRES)
    except Exception as error:  # noqa: BLE001 - whatever kombu and redis-py raise
        logger.warning("No message for %s %s: %s", task, pk, type(error).__name__)
    finally:
        _room.release()
