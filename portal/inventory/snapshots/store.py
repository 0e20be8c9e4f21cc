"""Snapshots in Redis: sealed, numbered, each bound to its place.

Everything learned from the platform carries a number from one clock per place, kept in Redis: a query takes it when it
begins, a change when it has been answered. The higher number is the later knowledge, so a refresh that began before a
change was made cannot bring the old values back. Per place there are:

    head       number, time of fetching, the platform's time, digest of the body; small, read for every page
    body:N     the records of the query with number N, one a line, each with the digest that the API client knows it by
    overlay    record key -> what was learned of it since, each with its number (changes, polls of single machines)
    mark       a random value that changes with the overlay
    trouble    the last failure, until a query succeeds

A value is `number|sealed`. One that does not open for the place and number it was asked for is no value, and an alarm.
"""

import json
import logging
import os
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.accounts.keys import sealing
from portal.inventory import counters
from portal.inventory.redis_connection import connected
from portal.inventory.snapshots.snapshot_key import SnapshotKey
from portal.inventory.weighted_cache import WeightedCache

KEPT_FOR = 24 * 3600  # seconds for which the last known is shown when the platform is down
LINGER = 60  # seconds for which a replaced body can still be read by whoever has seen its head
PURPOSE = "snapshots"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """What there is at a place."""

    number: int
    fetched: float  # seconds since the epoch, our clock
    platform: float | None  # the same moment by the platform's clock, None where it did not say
    digest: str  # of the records as they were sent


@dataclass(frozen=True, slots=True)
class Failure:
    """A query that brought nothing."""

    reason: str
    text: str
    since: float  # when the first of several in a row happened
    at: float
    retry_in: float  # seconds to leave the platform alone


@dataclass(frozen=True, slots=True)
class Seen:
    """What one small read tells of a place."""

    head: Head | None = None
    mark: bytes = b""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """What stood at a place before a query brought something newer: its head, and whether more than that."""

    head: Head | None
    had_more: bool  # trouble, or something that was laid over


type Raw = Mapping[str, Any]
type Reply = bytes | str | None  # what redis-py says it answers; bytes, as it is set up here
type Overlay = Mapping[str, tuple[int, Raw | None]]  # record key -> number, record; None for one that is gone


_last: WeightedCache[SnapshotKey, tuple[tuple[Reply, Reply, Reply], Seen]] = WeightedCache(20_000, lambda _seen: 1)


class Alarms:
    """How many values in Redis could not be opened since this process began."""

    count = 0


# Our own clock's number, or one later than any before where a clock was set back or is behind another host's. Not
# Redis' time: numbers taken while Redis is away are our own clock's as well, and must not be measured by another.
_NEXT_NUMBER = """
local number = tonumber(ARGV[1])
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if number <= last then number = last + 1 end
local text = string.format('%.0f', number)
redis.call('SET', KEYS[1], text, 'EX', ARGV[2])
return text
"""

# Keeps a body unless there is a later one; what the overlay holds from before it is then known better.
# Answers the head that stood there, and how much else is gone; nothing where it was not kept.
_PUT = """
local number = tonumber(ARGV[1])
local function number_of(value) return tonumber(string.match(value or '', '^(%d+)|') or '0') end
local before = redis.call('GET', KEYS[1])
if number_of(before) >= number then return {} end
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4])
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[4])
local gone = redis.call('DEL', KEYS[4])
if before then redis.call('EXPIRE', ARGV[6] .. string.match(before, '^(%d+)|'), ARGV[5]) end
local entries = redis.call('HGETALL', KEYS[3])
for i = 1, #entries, 2 do
  if number_of(entries[i + 1]) <= number then gone = gone + redis.call('HDEL', KEYS[3], entries[i]) end
end
return {before, gone}
"""

# Lays records over the body, each unless something later is known of it. Answers the head and the mark before that.
_AMEND = """
local head, mark = redis.call('GET', KEYS[3]), redis.call('GET', KEYS[2])
for i = 3, #ARGV, 2 do
  local before = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(%d+)|')
  if tonumber(before or '0') < tonumber(string.match(ARGV[i + 1], '^(%d+)|')) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[1])
return {head, mark}
"""


def next_number(place: SnapshotKey) -> int:
    """A number for what is about to be, or has just been, learned. Raises Away."""
    own = own_number()
    with connected() as redis:
        number = int(redis.eval(_NEXT_NUMBER, 1, place.cache_key("clock"), own, KEPT_FOR * 2))
    if abs(number - own) > KEPT_FOR * 1_000_000:
        _alarm(place.cache_key("clock"))
        return own
    return number


def own_number() -> int:
    """A number by our own clock, for when Redis is away."""
    return time.time_ns() // 1000


def number_at(moment: datetime) -> int:
    """The number that our own clock had for a moment that has passed."""
    return int(moment.timestamp() * 1_000_000)


def look(places: Sequence[SnapshotKey]) -> dict[SnapshotKey, Seen]:
    """What there is at each of the places: one small read for all of them. Raises Away."""
    names = [place.cache_key(part) for place in places for part in ("head", "mark", "trouble")]
    with connected() as redis:
        values = list(redis.mget(names)) if names else []
        triples = list(zip(values[0::3], values[1::3], values[2::3], strict=True))
        pairs = list(zip(places, triples, strict=True))
    return {place: _opened_before(place, triple) for place, triple in pairs}


def _opened_before(place: SnapshotKey, triple: tuple[Reply, Reply, Reply]) -> Seen:
    """What these values say; the same values as last time need not be opened again."""
    before = _last.get(place)
    if before is None or before[0] != triple:
        before = (triple, _seen(place, *triple))
        _last.put(place, before)
    return before[1]


def load_overlay(place: SnapshotKey) -> tuple[Seen, Overlay]:
    """The overlay, and what else was there at that very moment. Raises Away."""
    with connected() as redis, redis.pipeline(transaction=True) as pipeline:
        pipeline.mget([place.cache_key(part) for part in ("head", "mark", "trouble")])
        pipeline.hgetall(place.cache_key("overlay"))
        (head, mark, trouble), entries = pipeline.execute()
        fields = [(field.decode(), value) for field, value in entries.items()]
    overlay: dict[str, tuple[int, Raw | None]] = {}
    for key, value in fields:
        opened = _open(_entry_name(place, key), value)
        if opened is not None:
            overlay[key] = opened
    return _seen(place, head, mark, trouble), overlay


def load_body(place: SnapshotKey, number: int) -> bytes | None:
    """The records of that number as `body_of` wrote them, None where they are gone. Raises Away."""
    name = place.cache_key(f"body:{number}")
    with connected() as redis:
        value = redis.get(name)
    opened = _unseal(name, value)
    return opened[1] if opened is not None and opened[0] == number else None


def put(place: SnapshotKey, head: Head, body: bytes) -> Replaced | None:
    """Keep the records of a query (`body_of`); None where a later one is there already. Raises Away."""
    names = [place.cache_key(part) for part in ("head", f"body:{head.number}", "overlay", "trouble")]
    meta = {"fetched": head.fetched, "platform": head.platform, "digest": head.digest}
    values = (_seal(names[0], head.number, dump(meta)), _seal(names[1], head.number, body))
    with connected() as redis:
        replaced = redis.eval(_PUT, 4, *names, head.number, *values, KEPT_FOR, LINGER, place.cache_key("body:"))
    return Replaced(_head(place, replaced[0]), bool(replaced[1])) if replaced else None


def amend(place: SnapshotKey, overlay: Overlay) -> tuple[Seen, bytes]:
    """Lay records over the body; what stood there before, and the mark from then on. Raises Away."""
    entries: list[str | bytes] = []
    for key, (number, raw) in overlay.items():
        entries += (key, _seal(_entry_name(place, key), number, dump(raw)))
    mark = _seal(place.cache_key("mark"), own_number(), dump(os.urandom(8).hex()))
    names = [place.cache_key(part) for part in ("overlay", "mark", "head")]
    with connected() as redis:
        head, mark_before = redis.eval(_AMEND, len(names), *names, KEPT_FOR, mark, *entries)
    return _seen(place, head, mark_before, None), mark


def put_failure(place: SnapshotKey, failure: Failure) -> None:
    """Remember that a query brought nothing. Raises Away."""
    name = place.cache_key("trouble")
    meta = {field: getattr(failure, field) for field in Failure.__slots__}
    with connected() as redis:
        redis.set(name, _seal(name, own_number(), dump(meta)), ex=KEPT_FOR)


def body_of(lines: Iterable[tuple[str, bytes]]) -> bytes:
    """Digest and line of each record as they are kept: who has read a line before need not read it again."""
    return b"\n".join([b"%b %b" % (digest.encode(), line) for digest, line in lines])


def lines_of(body: bytes) -> list[tuple[str, bytes]]:
    """What `body_of` was given."""
    parts = [line.partition(b" ") for line in body.split(b"\n")] if body else []
    return [(digest.decode(), line) for digest, _, line in parts]


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def dump(value: Any) -> bytes:
    """The same bytes for the same value."""
    return _json.encode(value).encode()


def _entry_name(place: SnapshotKey, key: str) -> str:
    return f"{place.cache_key('overlay')}:{key}"


def _seal(name: str, number: int, value: bytes) -> bytes:
    sealed = sealing.seal(zlib.compress(value, 1), f"{name}@{number}".encode(), purpose=PURPOSE)
    return b"%d|%b" % (number, sealed)


def _open(name: str, value: Reply) -> tuple[int, Any] | None:
    """Number and content, from JSON, of a value that was read by that name."""
    opened = _unseal(name, value)
    return (opened[0], json.loads(opened[1])) if opened is not None else None


def _unseal(name: str, value: Reply) -> tuple[int, bytes] | None:
    """Number and bytes of a value that was read by that name; None, and an alarm, where it does not open."""
    if value is None:
        return None
    try:
        digits, _, sealed = bytes(memoryview(value)).partition(b"|")  # type: ignore[arg-type]  # TypeError for text
        number = int(digits[:20])
        return number, zlib.decompress(sealing.unseal(sealed, f"{name}@{number}".encode(), purpose=PURPOSE))
    except (sealing.Broken, ValueError, TypeError, zlib.error):
        _alarm(name)
        return None


def _alarm(name: str) -> None:
    Alarms.count += 1
    counters.count({("alarms",): 1})
    logger.error("What Redis answered for %s was not sealed for it: treated as absent", name)


def _seen(place: SnapshotKey, head: Reply, mark: Reply, trouble: Reply) -> Seen:
    opened_trouble = _open(place.cache_key("trouble"), trouble)
    return Seen(
        _head(place, head),
        mark if isinstance(mark, bytes) else b"",
        Failure(**opened_trouble[1]) if opened_trouble else None,
    )


def _head(place: SnapshotKey, value: Reply) -> Head | None:
    opened = _open(place.cache_key("head"), value)
    return Head(opened[0], **opened[1]) if opened else None
