"""The breaker in the connection to the platform: when it fails again and again, it is left alone for a while.

After five failed calls within 30 seconds (settings.API_BREAKER) none goes out for 5 seconds; then a single one may
try. If that succeeds, all may; if not, it is another 5 seconds: so little is asked of a platform that is down, and yet
all pages know within seconds that it is back. Held in Redis, so that all processes stop together. With Redis away there
is no breaker: `flight` leaves a platform alone that fails, too.

A failure is a call that brought no answer, or none that can be read. That the platform says no is an answer.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from portal.api import Call, NotReachable
from portal.inventory.redis_connection import Away, connected

FAILED = frozenset({"NotReachable", "Unreadable"})  # outcomes of a call
PROBE_TAKES = 70  # seconds after which another one may try, if whoever did has died: longer than any call
PROBE_SHOWS = 2  # seconds after which whoever found another one trying may ask again
# When it first opened, and when it last did, which is when a probe last failed.
_SINCE, _OPENED = "breaker:since", "breaker:opened"
_FAILED, _PROBE = "breaker:failed", "breaker:probe"
_ALL = (_SINCE, _OPENED, _FAILED, _PROBE)
_ANSWERS = "breaker:answers"  # again, and nobody has been told yet
_KEPT = 3600  # seconds; nobody calls for that long: forgotten

# Whether a call may go out: 0, or the seconds to wait. Closed: no time of opening is there.
_MAY = """
local opened = tonumber(redis.call('GET', KEYS[1]) or '0')
if opened == 0 then return '0' end
local left = opened + tonumber(ARGV[2]) - tonumber(ARGV[1])
if left > 0 then return tostring(left) end
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then return '0' end
return ARGV[4]
"""

# A failed call: counted, and enough of them open the breaker; while it is open that was the probe.
_FAIL = """
local now, within = tonumber(ARGV[1]), tonumber(ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 1 then
  if redis.call('DEL', KEYS[3]) == 1 then
    redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
    redis.call('EXPIRE', KEYS[4], ARGV[4])
  end
  return 1
end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[3]), -1)
redis.call('EXPIRE', KEYS[1], ARGV[4])
local first = redis.call('LRANGE', KEYS[1], 0, 0)[1]
if redis.call('LLEN', KEYS[1]) < tonumber(ARGV[3]) or now - tonumber(first) > within then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
redis.call('SET', KEYS[4], ARGV[1], 'EX', ARGV[4])
redis.call('DEL', KEYS[1])
return 1
"""


class Stopped(NotReachable):
    """Nobody was asked. `retry_after`: seconds until somebody may be."""

    def __init__(self, left: float) -> None:
        text = "not asked: the platform has failed again and again"
        super().__init__(text, may_have_been_sent=False, retry_after=left)


@dataclass(frozen=True, slots=True)
class State:
    """Whether calls are stopped, since when, and whether one may try; what has failed lately otherwise."""

    since: datetime | None = None
    may_try: bool = True
    failures: int = 0

    @property
    def is_open(self) -> bool:
        return self.since is not None


def check() -> None:
    """Called before each call; raises Stopped, with the seconds to wait, while calls are stopped."""
    limits = settings.API_BREAKER
    try:
        with connected() as redis:
            numbers = (time.time(), limits["open_for"], PROBE_TAKES, PROBE_SHOWS)
            left = float(redis.eval(_MAY, 2, _OPENED, _PROBE, *numbers))
    except Away:
        return
    if left > 0:
        raise Stopped(left)


def observe(call: Call) -> None:
    """Take note of how a call ended."""
    limits = settings.API_BREAKER
    try:
        with connected() as redis:
            if call.outcome in FAILED:
                names = (_FAILED, _OPENED, _PROBE, _SINCE)
                numbers = (time.time(), limits["within"], limits["failures"], _KEPT)
                redis.eval(_FAIL, len(names), *names, *numbers)
            elif redis.exists(_OPENED):
                redis.delete(*_ALL)
                redis.set(_ANSWERS, 1, ex=_KEPT)
    except Away:
        return


def answers_again() -> bool:
    """Whether calls were stopped and the platform has begun to answer: said to one caller, once."""
    try:
        with connected() as redis:
            return bool(redis.delete(_ANSWERS))
    except Away:
        return False


def reset() -> None:
    """Let calls go out again at once. Raises Away."""
    with connected() as redis:
        redis.delete(*_ALL)


def state() -> State:
    """How it stands; closed while Redis is away, as it then is."""
    try:
        with connected() as redis:
            since, opened, probe = redis.mget(_SINCE, _OPENED, _PROBE)
            failed = redis.lrange(_FAILED, 0, -1)
    except Away:
        return State()
    limits, now = settings.API_BREAKER, time.time()
    recent = sum(float(at) > now - limits["within"] for at in failed)
    if not opened:
        return State(failures=recent)
    may_try = not probe and now >= float(opened) + limits["open_for"]
    return State(datetime.fromtimestamp(float(since or opened), UTC), may_try, recent)
