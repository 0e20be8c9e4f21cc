"""One POST to a receiver that nobody knows: within ten seconds from first to last, to an address that was checked.

Nothing is taken from the environment, redirects are answers, and of an answer no more is read than is kept. That its
head is here decides: a body may go on for ever.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Buffer, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from portal.notify.webhooks import addresses
from portal.notify.webhooks.addresses import Target

DEADLINE = 10.0  # seconds, of all of it
MOST_BYTES = 64 * 1024  # that are read, with the head
EXCERPT = 200  # bytes of the answer that are kept
FOR_EXCERPT = 1.0  # second that is spent on those once the head is here
AGENT = "portal-webhooks/1.0"


class Problem(StrEnum):
    """Why there was no answer."""

    ADDRESS = "address"
    NAME = "name"
    INSECURE = "insecure"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    TLS = "tls"
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"
    SECRET = "secret"  # noqa: S105 - it could not be read, so nothing was sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `status` is None where nothing came (`problem`)."""

    status: int | None
    seconds: float
    problem: str = ""
    retry_after: str | None = None
    excerpt: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def call(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Never raises because of the other side."""
    begun = time.monotonic()
    try:
        return _call(url, body, headers, begun)
    except Exception as error:
        problem = _problem(error)
        if problem is None:
            raise
        return Answer(None, time.monotonic() - begun, problem)


def _call(url: str, body: bytes, headers: Mapping[str, str], begun: float) -> Answer:
    until = Until(begun + DEADLINE)
    target = addresses.parse(url)
    with _connect(target, until) as line:
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.default_port = addresses.HTTPS if target.is_secure else 80
        connection.sock = _Line(line, until)
        sent = {"content-type": "application/json", "user-agent": AGENT, "connection": "close", **headers}
        connection.request("POST", target.path, body, sent)
        response = connection.getresponse()
        retry_after = response.headers.get("Retry-After")
        excerpt = _excerpt(response, until)
    return Answer(response.status, time.monotonic() - begun, retry_after=retry_after, excerpt=excerpt)


@dataclass
class Until:
    """The end of the time for it."""

    end: float

    @property
    def seconds(self) -> float:
        """That are left. Raises TimeoutError where none are."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _connect(target: Target, until: Until) -> socket.socket:
    """To the first that answers of the addresses that were checked; nobody is asked for the name again."""
    found = addresses.resolve(target, until.seconds)
    last: OSError = ConnectionError()
    for left, (family, address) in zip(range(len(found), 0, -1), found, strict=True):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(until.seconds / left)  # no silent one takes the time of those behind it
            sock.connect(address)
            return _secure(sock, target, until) if target.is_secure else sock
        except OSError as error:
            sock.close()
            last = error
    raise last


def _secure(sock: socket.socket, target: Target, until: Until) -> socket.socket:
    sock.settimeout(until.seconds)
    return _tls().wrap_socket(sock, server_hostname=target.host)


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, and for the name; reading those takes its time."""
    return ssl.create_default_context()


class _Line:
    """What http.client takes for a socket: whatever is waited for on it ends with the deadline."""

    def __init__(self, sock: socket.socket, until: Until) -> None:
        self._sock = sock
        self._until = until

    def sendall(self, data: Buffer) -> None:
        left = memoryview(data)
        while left:
            self._sock.settimeout(self._until.seconds)
            left = left[self._sock.send(left) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, self._until), 1024)

    def close(self) -> None:
        """Whoever has connected it closes it."""


class _Incoming(io.RawIOBase):
    """What comes in on a socket, up to a deadline and so many bytes."""

    def __init__(self, sock: socket.socket, until: Until) -> None:
        self._sock = sock
        self._until = until
        self._room = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._room:
            raise http.client.HTTPException("too long")
        self._sock.settimeout(self._until.seconds)
        count = self._sock.recv_into(memoryview(buffer)[: self._room])
        self._room -= count
        return count


def _excerpt(response: http.client.HTTPResponse, until: Until) -> str:
    """The first of the body, as far as it comes soon."""
    until.end = min(until.end, time.monotonic() + FOR_EXCERPT)
    read = b""
    with suppress(OSError, http.client.HTTPException, ValueError):
        while len(read) < EXCERPT and (more := response.read1(EXCERPT - len(read))):
            read += more
    return read.decode(errors="replace").replace("\0", "\ufffd")


_REFUSED = {
    addresses.Wrong.UNKNOWN: Problem.NAME,
    addresses.Wrong.INSECURE: Problem.INSECURE,
}


def _problem(error: Exception) -> Problem | None:
    """None for what is a mistake of ours."""
    if isinstance(error, addresses.Refused):
        return _REFUSED.get(error.why, Problem.ADDRESS)
    kinds: tuple[tuple[type[Exception], Problem], ...] = (
        (TimeoutError, Problem.TIMEOUT),
        (ssl.SSLCertVerificationError, Problem.CERTIFICATE),
        (ssl.SSLError, Problem.TLS),
        (http.client.RemoteDisconnected, Problem.CONNECTION),
        (http.client.HTTPException, Problem.UNREADABLE),
        (OSError, Problem.CONNECTION),
    )
    return next((problem for kind, problem in kinds if isinstance(error, kind)), None)
