"""Which processes of the portal are alive, and what each of them runs: they say so every few seconds, in Redis.

What they say of their settings are digests, sealed with the secret of who says it: enough to see that two differ.
"""

import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

from portal.inventory.redis_connection import Away, connected
from portal.release import release

ALIVE_FOR = 15.0  # seconds after which one that has said nothing counts as gone
EVERY = 3.0  # seconds
WEB, WORKER, BEAT = "web", "worker", "beat"
# What has to be the same everywhere. The first: where it differs, all digests do.
SAME = (
    "SECRET_KEY",
    "CREDENTIAL_KEYS",
    "DATABASE_URL",
    "CACHE_URL",
    "BROKER_URL",
    "API_URL",
    "API_TIMEOUTS",
    "RESOURCE_LIMITS",
    "PORTAL_URL",
    "HTTPS",
    "MAILERS",
)
_NAME = "present"


@dataclass(frozen=True, slots=True)
class Process:
    """One that is alive. `settings`: name of a setting → digest."""

    kind: str  # web | worker | beat
    name: str
    host: str
    release: str
    settings: Mapping[str, str]
    at: float


class _Said(NamedTuple):
    """That a process was there, at a moment of its own clock."""

    host: str
    name: str
    at: float


def keep_noting(kind: str) -> None:
    """This process goes on, until it ends."""
    Thread(
        target=_go_on, args=(kind, f"{kind}@{socket.gethostname()}/{os.getpid()}"), name="present", daemon=True
    ).start()


def note(kind: str, name: str) -> None:
    """The process of that name goes on. Raises Away."""
    said = {"kind": kind, "host": socket.gethostname(), "release": release(), "settings": digests(), "at": time.time()}
    with connected() as redis:
        redis.hset(_NAME, name, json.dumps(said))


def processes() -> Sequence[Process]:
    """Those that go on, by kind and name; who has said nothing for long is forgotten. Raises Away."""
    with connected() as redis:
        said: Any = redis.hgetall(_NAME)
        found = [Process(name=name.decode(), **json.loads(one)) for name, one in said.items()]
        gone = [one.name for one in found if one.at < time.time() - ALIVE_FOR]
        if gone:
            redis.hdel(_NAME, *gone)
    return sorted((one for one in found if one.name not in gone), key=lambda one: (one.kind, one.name))


def alive(kind: str) -> list[str]:
    """The names of those of a kind. Raises Away."""
    return [one.name for one in processes() if one.kind == kind]


def hosts_besides_ours(kind: str) -> list[str]:
    """Those on which processes of a kind go on: who says so while we watch, since one may have ended just now.

    Takes no time where nobody has said anything lately, and 2 × EVERY at most. Raises Away.
    """
    before = _elsewhere(kind)
    end = time.monotonic() + 2 * EVERY
    while before and time.monotonic() < end:
        time.sleep(EVERY / 10)
        if going_on := {one.host for one in _elsewhere(kind) - before}:
            return sorted(going_on)
    return []


def digests() -> dict[str, str]:
    """Of what has to be the same everywhere, as this process has it."""
    return {
        name: salted_hmac("presence", repr(getattr(settings, name)), algorithm="sha256").hexdigest()[:16]
        for name in SAME
    }


def _elsewhere(kind: str) -> set[_Said]:
    ours = socket.gethostname()
    return {_Said(one.host, one.name, one.at) for one in processes() if one.kind == kind and one.host != ours}


def _go_on(kind: str, name: str) -> None:
    while True:
        with suppress(Away):
            note(kind, name)
        time.sleep(EVERY)
