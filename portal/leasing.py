"""Leases that the process which holds them keeps alive: short ones, so that what a killed process had in hand is free
within seconds, however long the work itself may take.

The row has the lease; this renews it. Who finds it expired takes it by compare-and-set, and from then on whoever held
it writes nothing: that is the row's owner's matter.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from django.db import DatabaseError, connection

LEASE = timedelta(seconds=9)
EVERY = 3.0  # seconds between renewals: two may fail

logger = logging.getLogger(__name__)


@contextmanager
def renewed(renew: Callable[[], object]) -> Iterator[None]:
    """While the block goes on, `renew` is called every few seconds, by a thread with a database connection of its own.

    It has to write only what is still the caller's: it may be called once more when the block has just ended.
    """
    over = Event()
    Thread(target=_go_on, args=(renew, over), name="lease", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _go_on(renew: Callable[[], object], over: Event) -> None:
    while not over.wait(EVERY):
        try:
            renew()
        except DatabaseError as error:
            logger.warning("a lease could not be renewed: %s", error)
        finally:
            connection.close()
