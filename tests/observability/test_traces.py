"""What belongs to which trace, and what is not told: in this process, with a memory in place of a collector."""

import logging
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.test import RequestFactory
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from portal.logs import request_id
from portal.observability import traces

OWN, OTHER = "0123456789ab", "ba9876543210"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[InMemorySpanExporter]:
    """The spans of this process, which are told at once."""
    exporter = InMemorySpanExporter()
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:1/"
    monkeypatch.setattr(traces, "BatchSpanProcessor", lambda _exporter: SimpleSpanProcessor(exporter))
    monkeypatch.setattr(traces, "_kind", "")
    monkeypatch.setattr(traces, "_running", None)
    traces.begin("web")
    yield exporter
    traces.end()


def told(memory: InMemorySpanExporter) -> dict[str, Any]:
    return {span.name: span for span in memory.get_finished_spans()}


def asked(answer: HttpResponse, own: str = OWN, method: str = "GET", during: Any = lambda: None) -> None:
    """A request, and what goes on during it."""

    def view(request: HttpRequest) -> HttpResponse:
        during()
        return answer

    with request_id.using(own):
        traces.request_span(view)(RequestFactory().generic(method, "/c/10001/"))


def task(**headers: str) -> Any:
    """A span of a task that came with these headers."""
    return traces._task_span(SimpleNamespace(name="changes.perform", request=SimpleNamespace(**headers)))


def call() -> None:
    traces.called("query", "virtualmachine", "ok", 0.25)


def test_nothing_is_told_of_a_process_that_has_not_begun(memory: InMemorySpanExporter) -> None:
    traces.begin("")
    asked(HttpResponse())
    call()
    with task():
        pass
    assert told(memory) == {}


def test_a_request_has_a_trace_by_its_id(memory: InMemorySpanExporter) -> None:
    asked(HttpResponse())
    asked(HttpResponse(), own=OTHER, method="SPY")
    spans = told(memory)
    assert spans["GET no page"].context.trace_id == traces._trace_id(OWN)
    assert spans["GET no page"].context.span_id == traces._span_id(OWN)
    assert spans["_OTHER no page"].context.trace_id == traces._trace_id(OTHER)
    assert spans["_OTHER no page"].attributes["http.request.method"] == "_OTHER"


def test_a_poll_that_brings_nothing_new_is_told_where_something_comes_of_it(memory: InMemorySpanExporter) -> None:
    asked(HttpResponseNotModified())
    assert told(memory) == {}
    asked(HttpResponseNotModified(), during=call)
    spans = told(memory)
    assert spans["query virtualmachine"].parent.span_id == spans["GET no page"].context.span_id
    assert spans["query virtualmachine"].end_time - spans["query virtualmachine"].start_time == 250_000_000


def test_what_comes_of_it_later_brings_it_to_light(memory: InMemorySpanExporter) -> None:
    threads = []

    def begin() -> None:
        threads.append(threading.Thread(target=request_id.carried(call)))

    asked(HttpResponseNotModified(), during=begin)
    assert told(memory) == {}
    (thread,) = threads
    thread.start()
    thread.join()
    spans = told(memory)
    assert spans["query virtualmachine"].parent.span_id == spans["GET no page"].context.span_id
    assert spans["GET no page"].end_time < spans["query virtualmachine"].end_time


def test_what_comes_of_it_in_a_thread_meanwhile_brings_it_to_light_at_its_end(memory: InMemorySpanExporter) -> None:
    def during() -> None:
        thread = threading.Thread(target=request_id.carried(call))
        thread.start()
        thread.join()
        assert set(told(memory)) == {"query virtualmachine"}

    asked(HttpResponseNotModified(), during=during)
    assert set(told(memory)) == {"query virtualmachine", "GET no page"}


def test_only_the_latest_untold_are_kept(memory: InMemorySpanExporter) -> None:
    for number in range(traces.KEPT + 3):
        asked(HttpResponseNotModified(), own=f"request-{number}")
    assert len(traces._roots) <= traces.KEPT
    with request_id.using("request-0"):
        call()
    assert set(told(memory)) == {"query virtualmachine"}


def test_a_task_belongs_to_who_has_sent_its_message(memory: InMemorySpanExporter) -> None:
    headers: dict[str, str] = {}
    asked(HttpResponse(), during=lambda: traces._send_along(headers=headers))
    with request_id.using(OWN), task(request_id=OWN, **headers):
        call()
    spans = told(memory)
    assert spans["changes.perform"].parent.span_id == spans["GET no page"].context.span_id
    assert spans["query virtualmachine"].parent.span_id == spans["changes.perform"].context.span_id
    assert len({span.context.trace_id for span in spans.values()}) == 1


def test_a_message_of_a_release_before_is_found_by_the_request(memory: InMemorySpanExporter) -> None:
    with request_id.using(OWN), task(request_id=OWN):
        pass
    assert told(memory)["changes.perform"].parent.span_id == traces._span_id(OWN)


def test_a_change_that_goes_out_later_belongs_to_the_request_that_asked_for_it(memory: InMemorySpanExporter) -> None:
    asked(HttpResponse())
    with request_id.using(OTHER), task(), request_id.using(OWN):
        call()
    spans = told(memory)
    assert spans["query virtualmachine"].context.trace_id == spans["GET no page"].context.trace_id
    assert spans["query virtualmachine"].parent.span_id == spans["GET no page"].context.span_id
    assert "changes.perform" not in spans  # the sweeper's, which has done nothing under its own id


def test_a_tick_of_the_scheduler_is_told_where_it_fails(memory: InMemorySpanExporter) -> None:
    with request_id.using(OTHER), task():
        pass
    assert told(memory) == {}
    with pytest.raises(KeyError), request_id.using(OWN), task():
        raise KeyError("somebody's")
    span = told(memory)["changes.perform"]
    assert span.attributes == {
        traces.REQUEST_ID: OWN,
        "messaging.operation.type": "process",
        "error.type": "KeyError",
    }
    assert not span.events
    assert not span.status.description


def test_what_nobody_has_asked_for_has_a_trace_of_its_own(memory: InMemorySpanExporter) -> None:
    headers: dict[str, str] = {}
    traces._send_along(headers=headers)
    call()
    traces.called("ping", "", "NotReachable", 1)
    assert headers == {}
    spans = told(memory)
    assert spans["query virtualmachine"].parent is None
    assert spans["query virtualmachine"].context.trace_id != spans["ping"].context.trace_id
    assert not spans["ping"].status.is_ok


def test_what_is_not_sampled_is_not_told_anywhere(
    memory: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    headers: dict[str, str] = {}
    asked(HttpResponse(), during=lambda: traces._send_along(headers=headers))
    with request_id.using(OWN), task(request_id=OWN, **headers):
        call()
    with request_id.using(OTHER), task(), request_id.using(OWN):
        call()
    assert told(memory) == {}


def test_a_collector_that_is_away_is_mentioned_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    results = [SpanExportResult.SUCCESS, *[SpanExportResult.FAILURE] * 3, *[SpanExportResult.SUCCESS] * 2]
    monkeypatch.setattr(traces.OTLPSpanExporter, "export", lambda _self, _spans: results.pop(0))
    exporter = traces._Exporter(endpoint="http://127.0.0.1:1/v1/traces")
    with caplog.at_level(logging.INFO, logger=traces.__name__):
        while results:
            exporter.export([])
    assert [record.getMessage() for record in caplog.records] == [
        "the collector takes no traces: they are lost until it does",
        "the collector takes traces",
    ]
