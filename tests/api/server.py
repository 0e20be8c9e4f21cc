"""A platform that answers as told: an HTTP server on bare sockets, in threads of its own.

`platform.will(reaction, …)` scripts what happens to the next requests, one reaction each; after that it answers
"pong". A reaction gets the connection and the request, and says whether the connection stays open.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import xmlrpc.client
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

DRIP = 0.02
"""Seconds between two bytes of a drip."""


@dataclass(frozen=True)
class Request:
    connection: int
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def call(self) -> tuple[str, tuple[Any, ...]]:
        """Method and parameters, as Python's own XML-RPC reads them."""
        params, method = xmlrpc.client.loads(self.body, use_builtin_types=True)
        assert method
        return method, params


type Reaction = Callable[[Platform, socket.socket, Request], bool]


class Platform:
    """Serves until closed; `requests` is what came in, `connections` how many were opened."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._tls = tls
        self._reactions: deque[Reaction] = deque()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}/v1"

    def will(self, *reactions: Reaction) -> None:
        self._reactions.extend(reactions)

    def close(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.connections))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.settimeout(30)
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            with connection.makefile("rb") as stream:
                while request := _read(stream, number):
                    self.requests.append(request)
                    reaction = self._reactions.popleft() if self._reactions else answer("pong")
                    if not reaction(self, connection, request):
                        break
        connection.close()


def _read(stream: Any, connection: int) -> Request | None:
    line = stream.readline().decode("latin-1").strip()
    if not line:
        return None
    headers = {}
    while text := stream.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Request(connection, line, headers, stream.read(int(headers.get("content-length", 0))))


# --- what it can do -----------------------------------------------------------------------------------------------


def xml(value: object) -> bytes:
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True).encode()


def fault_xml(code: int, text: str) -> bytes:
    return xmlrpc.client.dumps(xmlrpc.client.Fault(code, text), methodresponse=True).encode()


def message(body: bytes, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def raw(data: bytes, keep: bool = False) -> Reaction:
    def react(platform: Platform, connection: socket.socket, request: Request) -> bool:
        connection.sendall(data)
        return keep

    return react


def reply(body: bytes, status: int = 200, **headers: str) -> Reaction:
    return raw(message(body, status, [(name.replace("_", "-"), value) for name, value in headers.items()]), keep=True)


def answer(value: object, **headers: str) -> Reaction:
    return reply(xml(value), **headers)


def drop(platform: Platform, connection: socket.socket, request: Request) -> bool:
    """Takes the request and hangs up: perhaps it was done, perhaps not."""
    return False


def reset(platform: Platform, connection: socket.socket, request: Request) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def answer_and_hang_up(platform: Platform, connection: socket.socket, request: Request) -> bool:
    """Answers as if the connection stayed, and closes it: what a keep-alive timeout on the other side looks like."""
    connection.sendall(message(xml("pong")))
    return False


def hang(platform: Platform, connection: socket.socket, request: Request) -> bool:
    platform.stopping.wait(30)
    return False


def drip(data: bytes, at_once: int = 0) -> Reaction:
    """Sends `at_once` bytes of `data`, and the rest byte by byte."""

    def react(platform: Platform, connection: socket.socket, request: Request) -> bool:
        connection.sendall(data[:at_once])
        for byte in data[at_once:]:
            if platform.stopping.wait(DRIP):
                break
            connection.sendall(bytes([byte]))
        return False

    return react


def bomb(size: int) -> bytes:
    """A gzip that is small and becomes `size` bytes of well-formed XML-RPC."""
    head, tail = xml("@").split(b"@")
    return gzip.compress(head + b"a" * (size - len(head) - len(tail)) + tail)


SLOW = message(xml("p" * 5_000), headers=[("X-Slow", "s" * 5_000)])
"""Too long to come drop by drop: the head ends after about 5,050 bytes."""
