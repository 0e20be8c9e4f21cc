"""The breaker in the connection to the platform: when it fails again and again, it is left alone for a while.

After five failed calls within 30 seconds (settings.API_BREAKER) none goes out for 30 seconds; then a single one may
try. If that succeeds, all may; if not, it is another 30 seconds. Held in Redis, so that all processes stop together.
With Redis away there is no breaker: `flight` leaves a platform alone that fails, too.

A failure is a call that brought no answer, or none that can be read. That the platform says no is an answer.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from portal.api import Call, NotReachable
from portal.inventory.connection import Away, connected

FAILED = frozenset({"NotReachable", "Unreadable"})  # outcomes of a call
PROBE_TAKES = 70  # seconds after which another one may try, if whoever did has died: longer than any call
_FAILED, _OPENED, _PROBE = "breaker:failed", "breaker:opened", "breaker:probe"
_KEPT = 3600  # seconds; nobody calls for that long: forgotten

# Whether a call may go out: 0, or the seconds to wait. Closed: no time of opening is there.
_MAY = """
local opened = tonumber(redis.call('GET', KEYS[1]) or '0')
if opened == 0 then return '0' end
local left = opened + tonumber(ARGV[2]) - tonumber(ARGV[1])
if left > 0 then return tostring(left) end
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then return '0' end
return ARGV[2]
"""

# A failed call: counted, and enough of them open the breaker; while it is open that was the probe.
_FAIL = """
local now, within = tonumber(ARGV[1]), tonumber(ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 1 then
  if redis.call('DEL', KEYS[3]) == 1 then redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4]) end
  return 1
end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[3]), -1)
redis.call('EXPIRE', KEYS[1], ARGV[4])
local first = redis.call('LRANGE', KEYS[1], 0, 0)[1]
if redis.call('LLEN', KEYS[1]) < tonumber(ARGV[3]) or now - tonumber(first) > within then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
redis.call('DEL', KEYS[1])
return 1
"""


@dataclass(frozen=True, slots=True)
class State:
    """Whether calls are stopped, and since when (the last failure that did it); what has failed lately otherwise."""

    since: datetime | None = None
    failures: int = 0

    @property
    def is_open(self) -> bool:
        return self.since is not None


def check() -> None:
    """Called before each call; raises NotReachable, with the seconds to wait, while calls are stopped."""
    limits = settings.API_BREAKER
    try:
        with connected() as redis:
            left = float(redis.eval(_MAY, 2, _OPENED, _PROBE, time.time(), limits["open_for"], PROBE_TAKES))
    except Away:
        return
    if left > 0:
        raise NotReachable(
            "not asked: the platform has failed again and again", may_have_been_sent=False, retry_after=left
        )


def observe(call: Call) -> None:
    """Take note of how a call ended."""
    limits = settings.API_BREAKER
    try:
        with connected() as redis:
            if call.outcome in FAILED:
                names = (_FAILED, _OPENED, _PROBE)
                numbers = (time.time(), limits["within"], limits["failures"], _KEPT)
                redis.eval(_FAIL, 3, *names, *numbers)
            elif redis.exists(_OPENED):
                redis.delete(_OPENED, _PROBE, _FAILED)
    except Away:
        return


def reset() -> None:
    """Let calls go out again at once. Raises Away."""
    with connected() as redis:
        redis.delete(_OPENED, _PROBE, _FAILED)


def state() -> State:
    """How it stands; closed while Redis is away, as it then is."""
    try:
        with connected() as redis:
            opened, failed = redis.get(_OPENED), redis.lrange(_FAILED, 0, -1)
            since = datetime.fromtimestamp(float(opened), UTC) if opened else None
            recent = [at for at in failed if float(at) > time.time() - settings.API_BREAKER["within"]]
            return State(since, len(recent))
    except Away:
        return State()
