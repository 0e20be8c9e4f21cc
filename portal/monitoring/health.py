"""Whether the portal lives and can do its work, for whoever watches over it.

`/healthz` says that this process answers: ask it to decide whether a web server gets requests. `/readyz` says whether
everything behind it works: ask it to raise an alarm, not to take web servers away, since pages come without Redis too.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from portal.broker.backlog import Full, backlog
from portal.celery import QUEUES
from portal.changes import health
from portal.inventory import counters
from portal.inventory.redis_connection import Away

OLDEST_UNDONE = timedelta(minutes=10)  # a change that has been on its way for longer needs somebody to look
OLDEST_BEAT = timedelta(seconds=60)


class NotReady(Exception):
    """What is wrong, in a few words without names or addresses."""


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; it says nothing about what it depends on."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200, or 503 where one of the checks fails: `{"ready": false, "checks": {"broker": "does not answer", …}}`."""
    checks = {name: _outcome(check) for name, check in CHECKS.items()}
    ready = all(outcome == "ok" for outcome in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as problem:
        return str(problem)
    except Away:
        return "does not answer"
    except DatabaseError:
        return "the database does not answer"
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    counters.totals()


def _broker() -> None:
    try:
        backlog(QUEUES)
    except Full:
        raise NotReady("takes no messages, since its memory or disk is full") from None


def _changes() -> None:
    """What waits for a platform that does not answer counts as well: somebody should know."""
    age = health.oldest_undone()
    if age is not None and age > OLDEST_UNDONE:
        raise NotReady(f"the oldest has been on its way for {age.total_seconds():.0f} s")


def _beat(name: str) -> Callable[[], None]:
    """Beat sent it and a worker did it, not long ago."""

    def check() -> None:
        last = health.beats().get(name)
        if last is None:
            raise NotReady("has never run")
        if (age := timezone.now() - last) > OLDEST_BEAT:
            raise NotReady(f"has not run for {age.total_seconds():.0f} s")

    return check


CHECKS: Mapping[str, Callable[[], None]] = {
    "database": _database,
    "cache": _cache,
    "broker": _broker,
    "changes": _changes,
    health.SWEEPER: _beat(health.SWEEPER),
    health.FOLLOWER: _beat(health.FOLLOWER),
}
