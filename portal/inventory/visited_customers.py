"""Whose pages were looked at lately, by any web process: for them there is something to be brought up (`ahead`).

A request only notes it in its own process; a sorted set in Redis, customer → time of the last visit, is for all of them
and outlives them, so that a process that has just been started knows as well.
"""

import time
from collections.abc import Sequence

from portal.inventory.redis_connection import connected

LATELY = 300  # seconds
MOST = 20  # customers, the latest first

_NAME = "visited"
_noted: dict[int, float] = {}


def note(customer: int) -> None:
    """A page of this customer's is being made."""
    _noted[customer] = time.time()


def share() -> Sequence[int]:
    """Ids of the customers visited lately, by one look into Redis, which then knows of the visits here. Raises Away."""
    since = time.time() - LATELY
    for customer in [one for one, at in list(_noted.items()) if at < since]:
        _noted.pop(customer, None)
    with connected() as redis, redis.pipeline(transaction=False) as pipeline:
        if _noted:
            pipeline.zadd(_NAME, {str(one): at for one, at in list(_noted.items())}, gt=True)
        pipeline.zremrangebyscore(_NAME, "-inf", since)
        pipeline.zrevrange(_NAME, 0, MOST - 1)
        return [int(one) for one in pipeline.execute()[-1]]


def forget() -> None:
    """Nobody was here, as far as this process knows."""
    _noted.clear()
