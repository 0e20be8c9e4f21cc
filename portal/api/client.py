"""The platform's methods (`api/methods.md`), for one key."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

from .decode import decode_answer
from .encode import check_text, encode_call
from .errors import ApiError, Unreadable, Unsendable
from .pieces import as_records, read_records
from .session import BasicAuth
from .transport import Reply, Transport
from .values import Answer, Call, Record, Value

logger = logging.getLogger("portal.api")


class Client:
    """Calls the platform at `url` as the resource group `user` with its access `key`.

    Timeouts in seconds: to connect, to wait for the next bytes, and over a whole call including a retry.
    `max_bytes` bounds an answer, decompressed. `observe` is told of each finished call; what it raises is logged.
    `check` is asked before each call, and may raise an ApiError instead of letting it go out.

    `ping`, `query` and `log` keep connections alive and try once more when one breaks; `apply` goes out once, on a
    connection of its own. All of them raise `ApiError` and nothing else, given arguments of the right types
    (otherwise `TypeError`). Can be shared among threads; make one per process.

    Raises `ValueError` for a URL that is not plain http(s), `Unsendable` for a user or key that HTTP Basic cannot
    carry.
    """

    def __init__(
        self,
        url: str,
        user: str,
        key: str,
        *,
        connect_timeout: float = 3,
        read_timeout: float = 20,
        deadline: float = 60,
        max_bytes: int = 64 * 2**20,
        observe: Callable[[Call], None] | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        self.url = _plain_url(url)
        self.user = user
        self._observe = observe
        self._check = check
        self._transport = Transport(
            self.url,
            _basic_auth(user, key),
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            max_bytes=max_bytes,
        )

    def __repr__(self) -> str:
        return f"<Client {self.user} at {self.url}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes kept connections."""
        self._transport.close()

    def ping(self) -> Answer[str]:
        """'pong' (api_01)."""
        return self._call("ping", (), "", _as_text)

    def query(self, type_name: str, filter: Mapping[str, Value] | None = None) -> Answer[list[Record]]:  # noqa: A002
        """All records of a type that the key reaches and that match `filter` exactly (api_03, api_11)."""
        params = (type_name,) if filter is None else (type_name, filter)
        return self._call("query", params, type_name, as_records)

    def query_anew[T](
        self, type_name: str, known: Container[str], make: Callable[[Record], T]
    ) -> Answer[list[tuple[str, T | None]]]:
        """All records of a type: a digest of how each stands in the answer, and what `make` makes of it.

        One that is known by its digest is None, and is not read. '' stands for no digest.
        """
        return self._send("query", (type_name,), type_name, lambda body: read_records(body, known, make))

    def apply(self, records: Sequence[Mapping[str, Value]]) -> Answer[list[Record]]:
        """Sets or deletes `records`, in order, all or nothing; the full records as they are then (api_04 to api_10).

        When it raises, `may_have_been_sent` says whether the change can have happened.
        """
        types = dict.fromkeys(str(record.get("__type__", "?")) for record in records)
        return self._call("apply", (list(records),), ",".join(types), as_records, fresh=True)

    def log(self, serial: int | None = None) -> Answer[list[Record]]:
        """The calls made with this key: the latest 10, or all after `serial` (api_14)."""
        return self._call("log", () if serial is None else (serial,), "", as_records)

    def _call[T](
        self,
        method: str,
        params: tuple[object, ...],
        types: str,
        shape: Callable[[Value], T],
        *,
        fresh: bool = False,
    ) -> Answer[T]:
        return self._send(method, params, types, lambda body: shape(decode_answer(body)), fresh=fresh)

    def _send[T](
        self, method: str, params: tuple[object, ...], types: str, read: Callable[[bytes], T], *, fresh: bool = False
    ) -> Answer[T]:
        if self._check:
            self._check()
        started = time.monotonic()
        outcome, received = "", 0
        try:
            reply: Reply = self._transport.post(encode_call(method, *params), fresh=fresh)
            received = len(reply.body)
            answer = Answer(read(reply.body), reply.date)
            outcome = "ok"
            return answer
        except ApiError as error:
            outcome = type(error).__name__
            raise
        finally:
            seconds = time.monotonic() - started
            self._report(Call(method, types, self.user, seconds, outcome or "error", received))

    def _report(self, call: Call) -> None:
        logger.log(
            logging.INFO if call.outcome == "ok" else logging.WARNING,
            "%s %r as %r: %s, %.3f s, %d bytes",
            *(call.method, call.type, call.user, call.outcome, call.seconds, call.received),
        )
        if self._observe:
            try:
                self._observe(call)
            except Exception:  # statistics must not turn a change that was made into an error
                logger.exception("the observer of API calls failed")


def _as_text(value: Value) -> str:
    if not isinstance(value, str):
        raise Unreadable("the answer is no text")
    return value


def _plain_url(url: str) -> str:
    """`url`, if it is http(s) with a host and without user or key: those would end up in logs."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0:
            return url
    raise ValueError("the platform's URL is http(s)://host[:port]/path, without user and password")


def _basic_auth(user: str, key: str) -> BasicAuth:
    for name, text in (("user", user), ("key", key)):
        try:
            check_text(text)
        except Unsendable as error:
            raise Unsendable(error.text, name) from None
    if ":" in user:  # everything from the first colon on would be read as the key
        raise Unsendable("a colon cannot be sent", "user")
    return BasicAuth(user, key)
