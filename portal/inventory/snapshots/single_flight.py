"""One query to the platform for any number of misses, among threads and among processes.

Within a process the first to miss starts a thread and the others wait for it; among processes a lock in Redis decides,
and those who don't get it look for what its holder brings. With Redis away each process asks once.
A failure is what a flight brings, too: nobody asks again before `retry_in` has passed.
"""

import logging
import os
import time
from collections.abc import Mapping
from threading import Event, Lock, Thread

from portal.accounts.keys.sealing import Broken
from portal.accounts.models import ApiKey
from portal.api import ApiError, Client, NotReachable
from portal.inventory.platform import circuit_breaker
from portal.inventory.platform.clients import client_for, reason_of
from portal.inventory.redis_connection import Away, connected
from portal.inventory.snapshots import store
from portal.inventory.snapshots.current import State, keep, keep_failure, known
from portal.inventory.snapshots.snapshot import digest_of
from portal.inventory.snapshots.snapshot_key import SnapshotKey
from portal.inventory.snapshots.store import Failure, Head
from portal.logs.request_id import carried

LOCKED_FOR = 30  # seconds after which another process may ask, if the one that has the lock has died
LOOK_EVERY = 0.05  # seconds between looks for what another process brings
RETRY_IN = 5.0  # seconds for which a failure is taken for an answer
RETRY_REFUSED_IN = 60.0
MOST_RETRY_IN = 60.0

_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end"

logger = logging.getLogger(__name__)
_flights: dict[SnapshotKey, Event] = {}
_lock = Lock()


def start(place: SnapshotKey, api_key: ApiKey, before: State) -> Event:
    """Begin to fetch the place, or join who does already. The event is set when something newer than `before` is
    known, or a failure. Returns at once."""
    with _lock:
        done = _flights.get(place)
        if done is None:
            done = _flights[place] = Event()
            Thread(
                target=carried(_fly), args=(place, api_key, before, done), name=f"fetch {place.type_name}", daemon=True
            ).start()
        return done


def under_way() -> list[Event]:
    """The flights of this process that are not over."""
    with _lock:
        return list(_flights.values())


def _fly(place: SnapshotKey, api_key: ApiKey, before: State, done: Event) -> None:
    try:
        fetch(place, api_key, before)
        known([place])  # read here, and not by whoever waits
    except Exception:  # a thread has nobody to raise it to; whoever waits must go on
        logger.exception("fetching %s failed", place.type_name)
        keep_failure(place, _failure(before, "unreadable", "the portal could not read the answer", RETRY_IN))
    finally:
        with _lock:
            _flights.pop(place, None)
        done.set()


def fetch(place: SnapshotKey, api_key: ApiKey, before: State) -> None:
    """Have the place fetched, by this process or another. Returns when it has been, or LOCKED_FOR is over."""
    token = os.urandom(12).hex().encode()
    give_up = time.monotonic() + LOCKED_FOR
    while True:
        try:
            have_lock = _take(place, token)
        except Away:
            have_lock = True
        now = known([place])[place]
        if _is_newer(now, before) or (not have_lock and time.monotonic() > give_up):
            _release(place, token)
            return
        if have_lock:
            break
        time.sleep(LOOK_EVERY)
    try:
        ask(place, api_key, now)
    finally:
        _release(place, token)


def ask(place: SnapshotKey, api_key: ApiKey, now: State) -> None:
    """One query for all records of the place; what comes of it, good or bad, is kept."""
    try:
        client = client_for(api_key)
    except (Broken, ApiError):
        keep_failure(place, _failure(now, "refused", "the stored key cannot be used", RETRY_REFUSED_IN))
        return
    try:
        keep_answer(place, client)
    except ApiError as error:
        keep_failure(place, _failure(now, reason_of(error), str(error), _retry_in(error)))


def keep_answer(place: SnapshotKey, client: Client) -> None:
    """Query all records of the place and keep them. Raises ApiError."""
    try:
        number = store.next_number(place)
    except Away:
        number = store.own_number()
    known = _known_lines(place)
    answer = client.query_anew(place.type_name, known, store.dump)
    fetched = time.time()
    lines = [(digest, known[digest] if line is None else line) for digest, line in answer.value]
    platform = answer.platform_time.timestamp() if answer.platform_time else None
    records = digest_of(b"\n".join([line for _digest, line in lines]))
    keep(place, Head(number, fetched, platform, records), store.body_of(lines))


def _known_lines(place: SnapshotKey) -> Mapping[str, bytes]:
    """By their digest, those of the last query, whichever process made it: of the next answer only others are read."""
    try:
        head = store.look([place])[place].head
        body = store.load_body(place, head.number) if head else None
    except Away:
        return {}
    return {digest: line for digest, line in store.lines_of(body or b"") if digest}


def _is_newer(now: State, before: State) -> bool:
    return _marks(now) != _marks(before)


def _marks(state: State) -> tuple[int, float]:
    return (state.snapshot.head.number if state.snapshot else 0, state.failure.at if state.failure else 0.0)


def _failure(before: State, reason: str, text: str, retry_in: float) -> Failure:
    now = time.time()
    since = before.failure.since if before.failure and before.failing else now
    return Failure(reason, text, since, now, retry_in)


def _retry_in(error: ApiError) -> float:
    if isinstance(error, circuit_breaker.Stopped):
        return error.retry_after or 0.0
    if isinstance(error, NotReachable):
        return min(max(error.retry_after or 0.0, RETRY_IN), MOST_RETRY_IN)
    return RETRY_REFUSED_IN if reason_of(error) == "refused" else RETRY_IN


def _take(place: SnapshotKey, token: bytes) -> bool:
    with connected() as redis:
        return bool(redis.set(place.cache_key("flight"), token, nx=True, ex=LOCKED_FOR))


def _release(place: SnapshotKey, token: bytes) -> None:
    try:
        with connected() as redis:
            redis.eval(_RELEASE, 1, place.cache_key("flight"), token)
    except Away:
        logger.warning("A lock was left to run out: Redis is away")
