"""Which workers are alive: each says so every few seconds, for whoever watches over the portal."""

import time
from typing import Any

from portal.inventory.redis_connection import connected

ALIVE_FOR = 15.0  # seconds after which one that has said nothing counts as gone; they say so every 2
_NAME = "workers"


def note(name: str) -> None:
    """The worker of that name goes on. Raises Away."""
    now = time.time()
    with connected() as redis, redis.pipeline(transaction=False) as pipeline:
        pipeline.zadd(_NAME, {name: now})
        pipeline.zremrangebyscore(_NAME, 0, now - ALIVE_FOR)
        pipeline.execute()


def alive() -> list[str]:
    """The names of those that go on. Raises Away."""
    with connected() as redis:
        found: Any = redis.zrangebyscore(_NAME, time.time() - ALIVE_FOR, "+inf")
        return sorted(name.decode() for name in found)
