"""Carries one request body to the platform and its answer back: HTTP, and nothing of XML-RPC.

Failures are translated where they are caught and raised afterwards, outside of the `except`: the exceptions of
requests hold the request with its Authorization header, so none may hang on ours as cause or context.
"""

from __future__ import annotations

import http.client
import re
import ssl
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from .errors import ApiError, NotReachable, Refused, Unreadable
from .session import BasicAuth, Session
from .watch import Watch

CHUNK = 64 * 1024
_FAILURES = (requests.RequestException, HTTPError, OSError)


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of a 200, decompressed, and the time in its Date header (aware, UTC)."""

    body: bytes = field(repr=False)  # up to 64 MiB: nothing for a traceback
    date: datetime | None


@dataclass(frozen=True, slots=True)
class _Lost:
    """A request without a response; `stale`: the connection broke, which another one may mend."""

    error: ApiError
    stale: bool


class Transport:
    """POSTs to one URL. Can be shared among threads, not among processes (sockets survive a fork)."""

    def __init__(
        self,
        url: str,
        auth: BasicAuth,
        *,
        connect_timeout: float,
        read_timeout: float,
        deadline: float,
        max_bytes: int,
    ) -> None:
        self.url = url
        self._auth = auth
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._session = Session(auth)

    def post(self, body: bytes, *, fresh: bool = False) -> Reply:
        """Sends `body` and gives back the answer.

        `fresh`: on a connection of its own, once. Otherwise on a kept one, and once more on a new one if it
        broke before an answer came. Raises `NotReachable`, `Refused` or `Unreadable`.
        """
        session = Session(self._auth) if fresh else self._session
        with Watch(self._deadline) as watch, session if fresh else nullcontext():
            response = self._send(session, body, watch)
            if isinstance(response, _Lost) and response.stale and not fresh and not watch.passed:
                session.close()  # only its idle connections, which are as stale
                response = self._send(session, body, watch)
            if isinstance(response, _Lost):
                raise response.error
            with response:
                return self._receive(response, watch)

    def close(self) -> None:
        """Closes the kept connections. The transport stays usable."""
        self._session.close()

    def _send(self, session: Session, body: bytes, watch: Watch) -> requests.Response | _Lost:
        connect, read = self._timeouts
        timeouts = (min(connect, watch.remaining), read)  # nothing to shut down before it is connected
        try:
            return session.post(self.url, body, timeout=timeouts, stream=True, allow_redirects=False)
        except _FAILURES as error:
            if not watch.passed and _is_garbled(error):
                return _Lost(Unreadable("the answer is not HTTP"), stale=False)
            stale = type(error) is requests.ConnectionError
            return _Lost(NotReachable(self._why(error, watch), may_have_been_sent=watch.sent), stale)

    def _receive(self, response: requests.Response, watch: Watch) -> Reply:
        date = _date(response.headers.get("Date"))
        if problem := _bad_status(response.status_code, _seconds(response.headers.get("Retry-After"), date)):
            raise problem
        read = self._read(response, watch)
        if watch.passed:
            raise NotReachable(self._late())
        if isinstance(read, ApiError):
            raise read
        return Reply(read, date)

    def _read(self, response: requests.Response, watch: Watch) -> bytes | ApiError:
        """The body, or what went wrong. The size is checked as it comes in, before and after decompression."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            return Unreadable("the answer is compressed in a way that was not asked for")
        unzip = zlib.decompressobj(wbits=31) if encoding != "identity" else None
        body = bytearray()
        try:
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                room = self._max_bytes - len(body) + 1
                body += unzip.decompress(chunk, room) if unzip else chunk
                if len(body) > self._max_bytes:
                    return Unreadable(f"the answer is larger than {self._max_bytes} bytes")
        except zlib.error:
            return Unreadable("the answer is not the gzip that it says")
        except ProtocolError:
            return Unreadable("the answer was cut off")
        except _FAILURES as error:
            return NotReachable(self._why(error, watch))
        if unzip and (not unzip.eof or unzip.unused_data):
            return Unreadable("the answer was cut off")
        return bytes(body)

    def _late(self) -> str:
        return f"no complete answer within {self._deadline:g} s"

    def _why(self, error: BaseException, watch: Watch) -> str:
        """Words for a failure: ours, and the operating system's or OpenSSL's; never those of the other side."""
        if watch.passed:
            return self._late()
        if isinstance(error, requests.Timeout | ReadTimeoutError):
            connecting = isinstance(error, requests.ConnectTimeout) or not watch.sent
            waited = self._timeouts[0] if connecting else self._timeouts[1]
            return f"no {'connection' if connecting else 'answer'} within {waited:g} s"
        return _root_words(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it, outermost first."""
    seen: BaseException | None = error
    while seen:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _is_garbled(error: BaseException) -> bool:
    """Whether something came back that is no HTTP; a connection that closes without a word is not that."""
    return any(
        isinstance(seen, http.client.HTTPException) and not isinstance(seen, http.client.RemoteDisconnected)
        for seen in _chain(error)
    )


def _root_words(error: BaseException) -> str:
    """What the innermost operating system or TLS error says."""
    words = "the connection broke"
    for seen in _chain(error):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"the certificate is not accepted: {seen.verify_message}"
        if isinstance(seen, ssl.SSLError):
            return f"TLS failed: {seen.reason or 'no reason given'}"
        if isinstance(seen, OSError) and seen.strerror:
            words = seen.strerror
        elif type(seen) is OSError:  # requests about a CA bundle that is not there
            words = str(seen)
    return words


def _bad_status(status: int, retry_after: float | None) -> ApiError | None:
    if status == 200:
        return None
    if status in (401, 403):
        return Refused(f"user and key are not accepted (HTTP {status})")
    if status == 429:  # turned away at the door, before anything was done
        return NotReachable("too many calls (HTTP 429)", may_have_been_sent=False, retry_after=retry_after)
    if status >= 500:
        return NotReachable(f"the platform is out of order (HTTP {status})", retry_after=retry_after)
    return Unreadable(f"HTTP {status} instead of an answer")  # redirects too: they are not followed


def _date(text: str | None) -> datetime | None:
    """The time in an HTTP header, or None if there is none or it is garbled."""
    try:
        found = parsedate_to_datetime(text or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _seconds(text: str | None, now: datetime | None) -> float | None:
    """Retry-After in seconds: given as such, or as a time, which counts from the answer's own Date."""
    if text and re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    then = _date(text)
    return max((then - (now or datetime.now(UTC))).total_seconds(), 0.0) if then else None
