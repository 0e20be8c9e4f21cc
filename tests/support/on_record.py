"""Whatever a form changes is on record: each form that tests send is watched, and fails where nothing was written down.

What people do belongs into the audit trail (accounts.audit.trail), in the same transaction. What is written beside that
is no entry of its own, and why, is said here: by table, or by page.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

type Answer = Callable[[HttpRequest], HttpResponse]

TRAIL = "accounts_auditentry"
WRITES = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
#: Tables of which no change is anything that somebody has done to somebody's things.
ASIDE = {
    "accounts_draft": "what was typed and not sent on, kept for who typed it",
    "accounts_sentform": "that a form was sent, so that a second click does nothing",
    "django_session": "who is signed in; signing in and out are on record by themselves",
    "usersessions_usersession": "when a session was last seen",
    "portal_cache": "how often somebody has tried",
    "account_emailaddress": "allauth's copy of the address that an account has",
}
#: Pages (and verbs of them) on which something else is changed, and why it is not on record.
SAID = {
    "customer:language": "how one's own pages look",
    "account": "how one's own pages and papers look",
    "dismiss": "which announcements one has read",
    "customer:notifications": "which notices one has read",
    "console:note": "a note is a record itself: it says who wrote it, and when",
    "console:note_act": "as above",
}
#: Pages that answer 200 with their form where nothing was done: what was written until then is taken back.
SHOWN_AGAIN = {"invitation"}
#: What the portal notices about a key while it answers; nobody has done that.
NOTICED = "accounts_apikey"


class NotOnRecord(Exception):
    """Something was changed by a form, and the trail does not say so."""


@contextmanager
def written() -> Iterator[set[str]]:
    """The tables of which rows are written meanwhile."""
    found: set[str] = set()

    def note(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: dict[str, Any]) -> Any:
        answer = execute(sql, values, many, context)
        match = WRITES.match(sql)
        if match and (match.group(1).upper() == "INSERT INTO" or context["cursor"].rowcount):
            found.add(match.group(2))
        return answer

    with connection.execute_wrapper(note):
        yield found


def on_record(get_response: Answer) -> Answer:
    """The outermost middleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return get_response(request)
        with written() as tables:
            response = get_response(request)
        match = request.resolver_match
        name = " ".join([match.view_name, *filter(None, [match.kwargs.get("verb")])]) if match else ""
        changed = tables - ASIDE.keys() - {NOTICED}
        is_done = response.status_code < HTTPStatus.BAD_REQUEST
        is_done &= response.status_code != HTTPStatus.OK or name not in SHOWN_AGAIN
        if is_done and changed and TRAIL not in changed and name not in SAID:
            raise NotOnRecord(f"{request.path} ({name}) has written {', '.join(sorted(changed))}")
        return response

    return middleware


def watch() -> None:
    """Call it before the first request."""
    settings.MIDDLEWARE = [f"{__name__}.on_record", *settings.MIDDLEWARE]
