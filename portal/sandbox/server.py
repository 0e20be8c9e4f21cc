"""The HTTP side: `POST /v1` carries XML-RPC with Basic auth, `POST /control` is for tests and demos.

Whatever bytes come in, an XML-RPC fault or a plain HTTP error goes out. Answers carry the platform's time as
`Date`. Injected faults strike here, before or after the call is carried out.
"""

import base64
import binascii
import ipaddress
import json
import logging
import time
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, connections

from portal.sandbox import clock, control, dispatch, keys, wire
from portal.sandbox.errors import Fault
from portal.sandbox.faults import AFTER, BEFORE, InjectedFault, Switchboard
from portal.sandbox.models import ResourceGroup
from portal.sandbox.types import REGISTRY

logger = logging.getLogger(__name__)

_GARBAGE = "<<<\x00\x01 this is not XML-RPC &&& \ufffe"


class Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int]) -> None:
        self.switchboard = Switchboard()
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away in mid-answer all the time; that is no news."""
        logger.debug("connection with %s ended", client_address)


class HttpError(Exception):
    """An answer that is no XML-RPC: status and one line of text."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers


class Dropped(Exception):
    """The connection is to be closed without an answer."""


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive over any number of requests."""

    server: Server
    protocol_version = "HTTP/1.1"
    # Also what is no HTTP request is answered with a status line.
    default_request_version = "HTTP/1.0"
    server_version = "sandbox"
    sys_version = ""
    timeout = settings.READ_SECONDS
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_GET(self) -> None:
        self._answer(self._refuse_method)

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            connections.close_all()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` header: by the platform's clock, which may be ahead of ours."""
        try:
            return format_datetime(clock.now(), usegmt=True)
        except DatabaseError:
            return super().date_time_string(timestamp)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Requests that http.server itself refuses: plain text instead of its page."""
        self.close_connection = True
        phrase = HTTPStatus(code).phrase
        self._send(code, f"{phrase}\n".encode(), "text/plain; charset=utf-8")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        logger.debug(format, *args)

    def _answer(self, handler: Any) -> None:
        try:
            connection.close_if_unusable_or_obsolete()
            handler()
        except HttpError as error:
            self._send(error.status, f"{error.text}\n".encode(), "text/plain; charset=utf-8", error.headers)
        except Dropped:
            self.close_connection = True
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # the last resort: a client must never see a traceback
            logger.exception("internal error")
            self.close_connection = True
            self._send(500, b"Internal error\n", "text/plain; charset=utf-8")

    def _refuse_method(self) -> None:
        self.close_connection = True
        if self._path() not in ("/v1", "/control"):
            raise HttpError(404, "Not found")
        raise HttpError(405, "Use POST", Allow="POST")

    def _post(self) -> None:
        body = self._body()
        path = self._path()
        if path == "/v1":
            self._xmlrpc(body)
        elif path == "/control":
            self._control(body)
        else:
            raise HttpError(404, "Not found")

    def _path(self) -> str:
        return self.path.partition("?")[0].rstrip("/")

    def _body(self) -> bytes:
        """The request's body, of a known and bounded length, within a bounded time."""
        self.close_connection, keep = True, self.close_connection
        if self.headers.get("Transfer-Encoding"):
            raise HttpError(411, "Length required")
        lengths = set(self.headers.get_all("Content-Length") or [])
        if not lengths:
            raise HttpError(411, "Length required")
        text = lengths.pop()
        if lengths or not (text.isascii() and text.isdigit() and len(text) < 12):
            raise HttpError(400, "Bad Content-Length")
        length = int(text)
        if length > settings.MAX_REQUEST_BYTES:
            raise HttpError(413, f"At most {settings.MAX_REQUEST_BYTES} bytes")
        body = self._read(length)
        if self.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise HttpError(415, "No compressed requests")
        self.close_connection = keep
        return body

    def _read(self, length: int) -> bytes:
        deadline = time.monotonic() + settings.READ_SECONDS
        parts: list[bytes] = []
        while length > 0:
            part = self.rfile.read1(min(length, 65536))
            if not part:
                raise Dropped
            if time.monotonic() > deadline:
                raise HttpError(408, "Too slow")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _control(self, body: bytes) -> None:
        # A browser names where a request comes from; no page may move the platform's clock.
        if not ipaddress.ip_address(self.client_address[0]).is_loopback or "Origin" in self.headers:
            raise HttpError(403, "Loopback only")
        try:
            answer = control.handle(body, self.server.switchboard)
        except ValueError as error:
            raise HttpError(400, str(error)) from None
        self._send(200, json.dumps(answer).encode() + b"\n", "application/json")

    def _xmlrpc(self, body: bytes) -> None:
        group = self._authenticated()
        try:
            method, arguments = wire.request(body)
        except Fault as fault:
            self._send_xml(wire.fault(fault.code, fault.text))
            return
        self._count(group, method, arguments)
        self._strike_before(self.server.switchboard.take(BEFORE, method))
        try:
            result = dispatch.call(group, method, arguments, self.client_address[0])
            answer = wire.response(result)
        except Fault as fault:
            answer = wire.fault(fault.code, fault.text)
        self._strike_after(self.server.switchboard.take(AFTER, method), answer)

    def _authenticated(self) -> ResourceGroup:
        refusal = HttpError(401, "Unauthorized", **{"WWW-Authenticate": 'Basic realm="API"'})
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        try:
            if scheme.lower() != "basic":
                raise ValueError(scheme)
            user, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (ValueError, binascii.Error):
            raise refusal from None
        group = keys.authenticate(user.replace("\0", ""), password)
        if group is None:
            raise refusal
        return group

    def _count(self, group: ResourceGroup, method: str, arguments: list[Any]) -> None:
        kind = arguments[0] if method == "query" and arguments else None
        known = method if method in dispatch.METHODS else "other"
        kind = kind if isinstance(kind, str) and kind in REGISTRY else None
        self.server.switchboard.count(group.name, known, kind)

    def _strike_before(self, fault: InjectedFault | None) -> None:
        if fault is None:
            return
        if fault.kind == "drop_before":
            raise Dropped
        time.sleep(fault.value)

    def _strike_after(self, fault: InjectedFault | None, answer: bytes) -> None:
        if fault is None:
            self._send_xml(answer)
        elif fault.kind == "drop_after":
            raise Dropped
        elif fault.kind == "status":
            raise HttpError(fault.value, HTTPStatus(fault.value).phrase if fault.value in _PHRASES else "Fault")
        elif fault.kind == "garbage":
            self._send_xml(str(_GARBAGE if fault.value is None else fault.value).encode(errors="replace"))
        elif fault.kind == "fault":
            self._send_xml(wire.fault(*_described(fault.value)))
        else:
            # The length is that of the whole answer: the client has to notice that it is cut off.
            kept = len(answer) // 2 if fault.value is None else fault.value
            self.close_connection = True
            self._send_xml(answer[:kept], length=len(answer))

    def _send_xml(self, answer: bytes, length: int | None = None) -> None:
        self._send(200, answer, "text/xml; charset=utf-8", length=length)

    def _send(
        self,
        status: int,
        body: bytes,
        content_type: str,
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


_PHRASES = {status.value for status in HTTPStatus}


def _described(value: Any) -> tuple[int, str]:
    """Code and text of an injected fault: a number, a text, or `{"code": n, "text": "…"}`."""
    match value:
        case int():
            return value, "injected fault"
        case {"code": int(code)}:
            return code, str(value.get("text", "injected fault"))
        case None:
            return 1, "injected fault"
        case _:
            return 1, str(value)
