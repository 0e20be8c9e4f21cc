"""Where time goes: a span for each request, each task and each call to the platform, sent to a collector by OTLP.

A trace is a request with all that comes of it, so its id is made of the request's (`logs.request_id`), and so is the id
of the span that began it. Whoever goes on under that id, in a thread, or in a worker that sends a change a day later,
finds the trace by it; from message to message a `traceparent` goes along too.

Machines that ask all the time, polls that bring nothing new and ticks of the scheduler that find nothing to do would be
most of all spans: what begins a trace so, and leads to nothing, is not told.

The contrib instrumentations are not used: they are betas, and they tell whole addresses.
"""

import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock, Thread
from typing import Any

from celery import signals
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from portal.logs import access, request_id
from portal.observability.around_tasks import around_tasks
from portal.release import release

AT_MOST = 2.0  # seconds that a process which ends waits for what is on its way
REQUEST_ID = "portal.request_id"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
KEPT = 256  # beginnings of traces that have ended untold, in case that something refers to them after all
FAILED = 500  # and above

type Answer = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Open:
    """A span that goes on; or has ended, and is not told unless something comes of it."""

    span: Span
    is_told: bool
    ended_at: int | None = None

    @property
    def trace_id(self) -> int:
        return self.span.get_span_context().trace_id


class _Exporter(OTLPSpanExporter):
    """Says once that nobody takes the spans, and once that somebody does again: the SDK has a line for each attempt."""

    is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away != self.is_away:
            self.is_away = is_away
            logger.warning("the collector takes %s", "no traces: they are lost until it does" if is_away else "traces")
        return result


class _Ids(RandomIdGenerator):
    """Those of what a request has begun come from its id."""

    def generate_trace_id(self) -> int:
        begun_by = _begun_by.get()
        return _trace_id(begun_by) if begun_by else super().generate_trace_id()

    def generate_span_id(self) -> int:
        begun_by = _begun_by.get()
        return _span_id(begun_by) if begun_by else super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        return False


class _Tracing:
    """How this process sends spans. Made by the first of them: its thread lives in the process that it was made in."""

    def __init__(self, kind: str) -> None:
        self.pid = os.getpid()
        about: dict[str, str | int] = {
            "service.name": f"portal-{kind}",
            "service.version": release(),
            "process.pid": self.pid,
        }
        self.provider = TracerProvider(resource=Resource.create(about), id_generator=_Ids(), shutdown_on_exit=False)
        self.sampler = self.provider.sampler
        endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip("/")
        self.provider.add_span_processor(BatchSpanProcessor(_Exporter(endpoint=f"{endpoint}/v1/traces")))
        self.tracer = self.provider.get_tracer("portal")

    def root_of(self, begun_by: str) -> Context:
        """To belong to what began under this id, wherever that was."""
        trace_id = _trace_id(begun_by)
        is_sampled = self.sampler.should_sample(None, trace_id, "").decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT)
        root = SpanContext(trace_id, _span_id(begun_by), is_remote=True, trace_flags=flags)
        return set_span_in_context(NonRecordingSpan(root), Context())


_kind = ""
_running: _Tracing | None = None
_lock = Lock()
_current: ContextVar[_Open | None] = ContextVar("span", default=None)
_begun_by: ContextVar[str] = ContextVar("begun by", default="")  # the request that begins a trace right now
_roots: OrderedDict[int, _Open] = OrderedDict()  # by trace: what began one here
_propagator = TraceContextTextMapPropagator()


def begin(kind: str) -> None:
    """From here on spans of this process are sent, and of those that it forks."""
    global _kind
    _kind = kind


def end() -> None:
    """What was not sent is sent; who takes it too slowly is not waited for."""
    if _running is not None and _running.pid == os.getpid():
        sending = Thread(target=_running.provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(AT_MOST)


# --- what is told ---------------------------------------------------------------------------------------------------


def request_span(get_response: Answer) -> Answer:
    """Middleware: a span for each request that has a line in the log, and for those of which something comes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        tracing = _tracing()
        if tracing is None:
            return get_response(request)
        with _opened(tracing, "", SpanKind.SERVER, Context(), request_id.current()) as one:
            response = get_response(request)
            _describe(one.span, request, response)
            one.is_told |= access.is_told(request, response) or response.status_code >= FAILED
        return response

    return middleware


def _describe(span: Span, request: HttpRequest, response: HttpResponseBase) -> None:
    method = request.method if request.method in METHODS else "_OTHER"  # anything else, somebody has made up
    route = f"/{request.resolver_match.route}" if request.resolver_match else ""
    span.update_name(f"{method} {route or 'no page'}")
    span.set_attribute("http.request.method", str(method))
    span.set_attribute("http.response.status_code", response.status_code)
    if route:
        span.set_attribute("http.route", route)
    if response.status_code >= FAILED:
        span.set_status(StatusCode.ERROR)


@contextmanager
def _task_span(task: Any) -> Iterator[None]:
    tracing = _tracing()
    if tracing is None:
        yield
        return
    given, own = getattr(task.request, "traceparent", None), request_id.current()
    if given:
        parent = _propagator.extract({"traceparent": str(given)}, Context())
    elif getattr(task.request, request_id.HEADER, None):
        parent = tracing.root_of(own)
    else:
        parent = Context()
    with _opened(tracing, task.name, SpanKind.CONSUMER, parent, own) as one:
        one.span.set_attribute("messaging.operation.type", "process")
        try:
            yield
        except BaseException as error:
            one.is_told = True
            one.span.set_attribute("error.type", type(error).__qualname__)
            one.span.set_status(StatusCode.ERROR)
            raise


around_tasks(_task_span)


def called(method: str, types: str, outcome: str, seconds: float) -> None:
    """A call to the platform, which has just ended."""
    if (tracing := _tracing()) is None:
        return
    ended_at = time.time_ns()
    span = tracing.tracer.start_span(
        f"{method} {types}".strip(),
        context=_belonging(tracing),
        kind=SpanKind.CLIENT,
        attributes={
            "portal.platform.method": method,
            "portal.platform.type": types,
            "portal.platform.outcome": outcome,
            REQUEST_ID: request_id.current(),
        },
        start_time=ended_at - round(seconds * 1e9),
    )
    if outcome != "ok":
        span.set_status(StatusCode.ERROR)
    span.end(ended_at)


@signals.before_task_publish.connect
def _send_along(headers: dict[str, Any], **_kwargs: Any) -> None:
    if (tracing := _tracing()) is not None and request_id.current():
        _propagator.inject(headers, _belonging(tracing))


# --- how it hangs together ------------------------------------------------------------------------------------------


def _tracing() -> _Tracing | None:
    """Of this very process; None before it has begun."""
    global _running
    if _kind and (_running is None or _running.pid != os.getpid()):
        with _lock:
            if _running is None or _running.pid != os.getpid():
                _running = _Tracing(_kind)
    return _running if _kind else None


@contextmanager
def _opened(tracing: _Tracing, name: str, kind: SpanKind, parent: Context, own: str) -> Iterator[_Open]:
    """A span around the block, to which belongs what is begun within."""
    is_root = not get_current_span(parent).get_span_context().is_valid
    begun = _begun_by.set(own if is_root else "")
    try:
        span = tracing.tracer.start_span(name, context=parent, kind=kind, attributes={REQUEST_ID: own})
    finally:
        _begun_by.reset(begun)
    one = _Open(span, is_told=not is_root)
    if is_root:
        with _lock:
            _roots[one.trace_id] = one
    token = _current.set(one)
    try:
        yield one
    finally:
        _current.reset(token)
        _close(one)


def _close(one: _Open) -> None:
    with _lock:
        is_told = one.is_told
        if is_told:
            if _roots.get(one.trace_id) is one:
                del _roots[one.trace_id]
        else:
            one.ended_at = time.time_ns()
            if len(_roots) > KEPT:
                _roots.popitem(last=False)
    if is_told:
        one.span.end()


def _belonging(tracing: _Tracing) -> Context:
    """For what is begun here: the span of this thread, or else what began under the id that this thread goes by."""
    own, here = request_id.current(), _current.get()
    if here is not None and (not own or here.trace_id == _trace_id(own)):
        _tell(here.trace_id)
        return set_span_in_context(here.span, Context())
    if not own:
        return Context()
    _tell(_trace_id(own))
    return tracing.root_of(own)


def _tell(trace_id: int) -> None:
    """Something comes of what has begun this trace."""
    with _lock:
        root = _roots.get(trace_id)
        if root is None:
            return
        root.is_told = True
        if root.ended_at is not None:
            del _roots[trace_id]
    if root.ended_at is not None:
        root.span.end(root.ended_at)


def _trace_id(begun_by: str) -> int:
    return int.from_bytes(_digest(begun_by)[:16])


def _span_id(begun_by: str) -> int:
    return int.from_bytes(_digest(begun_by)[16:24])


def _digest(begun_by: str) -> bytes:
    return sha256(begun_by.encode()).digest()
