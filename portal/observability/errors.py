"""Errors go to Sentry: where in the code, in which request or task, and nothing of what anybody said.

What the SDK gathers is not cut down but left out: of each event this takes what it lists. So there are no messages of
exceptions ("Key (email)=(…) already exists"), no variables, no addresses, no headers, no forms; of a line of the log
only what the code has for it, without what was filled in.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import sentry_sdk
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.types import Breadcrumb, Event, Hint

from portal.logs import request_id
from portal.observability.around_tasks import around_tasks
from portal.release import release

AT_MOST = 2.0  # seconds that a process which ends waits for what is on its way
# What is taken of an event, of an exception in it, and of a line of code that it came by.
EVENT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "server_name", "sdk")
EXCEPTION = ("type", "module")
MECHANISM = ("type", "handled", "source", "is_exception_group", "exception_id", "parent_id")
FRAME = (
    *("filename", "abs_path", "module", "function", "lineno", "in_app"),
    *("pre_context", "context_line", "post_context"),  # of the code
)
CRUMB = ("type", "category", "level", "timestamp")
# What others ask for that is refused, and what cannot reach those to whom it should be told.
UNTOLD = ("django.security*", "opentelemetry*", "portal.observability*")

type Answer = Callable[[HttpRequest], HttpResponseBase]

_place: ContextVar[HttpRequest | str] = ContextVar("place", default="")


def begin(kind: str) -> None:
    """From here on errors of this process are sent: whatever is logged as one, and what nobody has caught."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"portal@{release()}",
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=logging.INFO, event_level=logging.ERROR, sentry_logs_level=None),
            ThreadingIntegration(propagate_scope=False),
            ExcepthookIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda _pending, _timeout: None),
        ],
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=_told,
        before_breadcrumb=_crumb,
        propagate_traces=False,
        auto_session_tracking=False,
        send_client_reports=False,
        enable_backpressure_handling=False,
        spotlight=False,
        shutdown_timeout=AT_MOST,
    )
    for name in UNTOLD:
        ignore_logger(name)
    sentry_sdk.get_global_scope().set_tag("process", kind)


def end() -> None:
    sentry_sdk.flush(AT_MOST)


def within_request(get_response: Answer) -> Answer:
    """Middleware: what goes wrong within belongs to the request's route."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with _within(request):
            return get_response(request)

    return middleware


@contextmanager
def _within(place: HttpRequest | str) -> Iterator[None]:
    with sentry_sdk.isolation_scope() as scope:
        scope.clear_breadcrumbs()
        token = _place.set(place)
        try:
            yield
        finally:
            _place.reset(token)


around_tasks(lambda task: _within(task.name))


def _told(event: Event, hint: Hint) -> Event | None:
    """What goes out of it; None where nothing does."""
    record: logging.LogRecord | None = hint.get("log_record")
    if record is not None and _is_answer(record):
        return None
    given = cast("dict[str, Any]", event)
    told = _taken(given, EVENT) | {"tags": _tags(given)}
    if place := _where():
        told["transaction"] = place
    if record is not None:
        told["logentry"] = {"message": _words(record)}
    if "exception" in given:
        told["exception"] = {"values": [_exception(one) for one in given["exception"]["values"]]}
    if crumbs := (given.get("breadcrumbs") or {}).get("values"):
        told["breadcrumbs"] = {"values": crumbs}
    return cast("Event", told)


def _is_answer(record: logging.LogRecord) -> bool:
    """Django's line about an answer of 500 and above that was given on purpose (/readyz)."""
    return record.name == "django.request" and not record.exc_info


def _tags(given: Mapping[str, Any]) -> dict[str, str]:
    tags = _taken(dict(given.get("tags") or {}), ("process",))
    return tags | ({"request_id": own} if (own := request_id.current()) else {}) | _place_tag()


def _place_tag() -> dict[str, str]:
    kind = "task" if isinstance(_place.get(), str) else "route"
    return {kind: place} if (place := _where()) else {}


def _where() -> str:
    """The route or the task; '' outside of both, and before it is known."""
    place = _place.get()
    if isinstance(place, str):
        return place
    return f"/{place.resolver_match.route}" if place.resolver_match else ""


def _exception(given: Mapping[str, Any]) -> dict[str, Any]:
    told = _taken(given, EXCEPTION)
    if mechanism := given.get("mechanism"):
        told["mechanism"] = _taken(mechanism, MECHANISM)
    if frames := (given.get("stacktrace") or {}).get("frames"):
        told["stacktrace"] = {"frames": [_taken(frame, FRAME) for frame in frames]}
    return told


def _crumb(given: Breadcrumb, hint: Hint) -> Breadcrumb | None:
    record: logging.LogRecord | None = hint.get("log_record")
    return _taken(given, CRUMB) | {"message": _words(record)} if record is not None else None


def _words(record: logging.LogRecord) -> str:
    """What the code says, where that is known: libraries also log the words of an exception, which are anybody's."""
    is_from_code = bool(record.args) or record.name.partition(".")[0] == "portal"
    return str(record.msg) if is_from_code else ""


def _taken(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
