"""The connection to Redis. Redis being away is an ordinary thing: known for a moment, so that nobody waits in line.

A Redis that hangs costs a request READ_TIMEOUT at most: it is not asked a second time, nor by anybody for AWAY_FOR.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry
from redis.sentinel import Sentinel

from portal.environment import sentinels

AWAY_FOR = 2.0  # seconds for which Redis is not asked again after it has not answered
CONNECT_TIMEOUT = 0.3
READ_TIMEOUT = 0.7
MAX_CONNECTIONS = 200

logger = logging.getLogger(__name__)
_away_until: dict[str, float] = {}  # by URL


class Away(Exception):
    """Redis does not answer, or did not a moment ago."""


@contextmanager
def connected(url: str = "") -> Iterator[Redis]:
    """The Redis of the snapshots, or another, for as long as it answers. Raises Away for whatever is wrong with it."""
    url = url or settings.CACHE_URL
    if _away_until.get(url, 0.0) > time.monotonic():
        raise Away
    try:
        yield _client(url, os.getpid())
    except (RedisConnectionError, RedisTimeoutError) as error:
        _away_until[url] = time.monotonic() + AWAY_FOR
        logger.warning("Redis is away: %s", type(error).__name__)
        raise Away from error
    except OutOfMemoryError as error:
        _away_until[url] = time.monotonic() + AWAY_FOR
        logger.warning("The memory of Redis is full")
        raise Away from error
    except (RedisError, ValueError, TypeError, AttributeError) as error:  # an error reply, or a reply to somebody else
        logger.exception("Redis gave no answer that can be used")
        raise Away from error


def forget_absence() -> None:
    """Ask Redis again at once."""
    _away_until.clear()


@lru_cache(maxsize=4)
def _client(url: str, pid: int) -> Redis:
    """One pool per process."""
    if not sentinels.is_theirs(url):
        return Redis.from_url(url, max_connections=MAX_CONNECTIONS, **_options())
    known = sentinels.parse(url)
    asked = Sentinel(  # type: ignore[no-untyped-call]
        known.hosts, sentinel_kwargs=_options() | {"password": known.sentinel_password or None}
    )
    client: Redis = asked.master_for(  # type: ignore[no-untyped-call]
        known.service,
        db=known.database,
        username=known.username or None,
        password=known.password or None,
        max_connections=MAX_CONNECTIONS,
        **_options(),
    )
    return client


def _options() -> dict[str, Any]:
    """Of each connection. Protocol 2 without notifications: nothing comes that was not asked for."""
    return {
        "protocol": 2,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": READ_TIMEOUT,
        # A kept connection may have been closed by Redis meanwhile; after a timeout there is no second try.
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    }
