"""Reading a large body beside the pages that are served meanwhile: one thread for each place."""

import logging
from collections.abc import Callable
from threading import Lock, Thread

from portal.inventory.snapshots.snapshot_key import SnapshotKey
from portal.logs.request_id import carried

logger = logging.getLogger(__name__)
_threads: dict[SnapshotKey, Thread] = {}
_lock = Lock()


def start(place: SnapshotKey, read: Callable[[], None]) -> None:
    """Begin, unless the place is being read. Returns at once."""
    with _lock:
        if place not in _threads:
            thread = Thread(target=carried(_run), args=(place, read), name=f"read {place.type_name}", daemon=True)
            _threads[place] = thread
            thread.start()


def under_way() -> list[Thread]:
    """What this process is reading."""
    with _lock:
        return list(_threads.values())


def _run(place: SnapshotKey, read: Callable[[], None]) -> None:
    try:
        read()
    except Exception:  # a thread has nobody to raise it to; the next page waits for it, and tells
        logger.exception("reading %s failed", place.type_name)
    finally:
        with _lock:
            _threads.pop(place, None)
