"""Who has a page open on which something is pending: for them the platform is polled more often.

One sorted set in Redis, customer → the time until which a page of theirs counts as open.
"""

import time

from portal.accounts.models import Customer
from portal.inventory.redis_connection import Away, connected

WATCHED_FOR = 25  # seconds after an open page last said so; it may be answered by a note meanwhile (`news`)

_NAME = "watched"


def watch(customer: Customer) -> None:
    """A page of this customer's is open; called by each request of its status part."""
    try:
        with connected() as redis:
            redis.zadd(_NAME, {str(customer.pk): time.time() + WATCHED_FOR})
    except Away:
        return


def watched() -> frozenset[int]:
    """Ids of the customers of whom a page is open, by one read; nobody when Redis is away."""
    now = time.time()
    try:
        with connected() as redis:
            redis.zremrangebyscore(_NAME, "-inf", now)
            members = redis.zrangebyscore(_NAME, now, "+inf")
            return frozenset(int(pk) for pk in members)  # type: ignore[arg-type]  # bytes, as it is set up here
    except Away:
        return frozenset()
