"""What Sentry and a collector of traces would be sent: a server that keeps it."""

import gzip
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

AT_MOST = 60  # seconds
UNPACK: dict[str | None, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}


class Collector:
    """`received`: all bodies, as text as far as they are. `events`, `spans`: what was made of them."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.answers = threading.Event()  # while it is not set, whoever sends something waits
        self.answers.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._waiting = threading.Semaphore(0)
        threading.Thread(target=self._server.serve_forever, name="collector", daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.dsn = f"http://key@127.0.0.1:{self._server.server_port}/1"

    def end(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Of Sentry's envelopes."""
        found = []
        for body in list(self.received):
            if body.startswith(b"{"):
                _about, *items = body.split(b"\n")
                for head, item in zip(items[::2], items[1::2], strict=False):
                    if json.loads(head).get("type") == "event":
                        found.append(json.loads(item))
        return found

    @property
    def spans(self) -> list[dict[str, Any]]:
        found = []
        for body in list(self.received):
            if not body.startswith(b"{"):
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    about = {one.key: one.value.string_value for one in resource.resource.attributes}
                    found += [_span(one, about) for scope in resource.scope_spans for one in scope.spans]
        return found

    def wait_for[T](self, find: Callable[["Collector"], T | None]) -> T:
        """What `find` finds, as soon as it does."""
        end = time.monotonic() + AT_MOST
        while not (found := find(self)):
            assert time.monotonic() < end, (self.events, self.spans)
            time.sleep(0.05)
        return found

    def wait_until_somebody_waits(self) -> None:
        assert self._waiting.acquire(timeout=AT_MOST)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not collector.answers.is_set():
                    collector._waiting.release()
                    collector.answers.wait(AT_MOST)
                collector.received.append(UNPACK[self.headers.get("Content-Encoding")](body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        return Handler


def _span(given: Any, about: dict[str, str]) -> dict[str, Any]:
    values = {one.key: one.value.string_value or one.value.int_value for one in given.attributes}
    ids = {"trace": given.trace_id.hex(), "id": given.span_id.hex(), "parent": given.parent_span_id.hex()}
    return ids | {"name": given.name, "service": about["service.name"], "is_failed": given.status.code == 2} | values
