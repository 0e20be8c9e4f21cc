"""Asks a web server as fast as it answers, and costs little itself: the server's processes need the cores.

Connections are kept alive, requests are bytes that were put together before, and of an answer no more is read than its
status, its headers and how long it is. One connection stays with one of the server's processes, so those are opened
evenly (`evenly`). One at a time, or several at once by one thread that waits for all of them.
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle

from scripts.processes import StartError

CHUNK = 64 * 1024
PATIENCE = 60  # seconds that an answer may take
TAG = "HX-PTag"  # of the version that a page shows (static/js/vendor/htmx-ptag.js)
MOST_TRIES = 200  # connections that are opened to have them evenly


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. With a body it is a POST of a form."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def raw(self) -> bytes:
        method = "GET" if self.body is None else "POST"
        headers = {"Host": "127.0.0.1", **self.headers}
        if self.body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(self.body))}
        lines = [f"{method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + (self.body or b"")

    def after(self, answer: "Answer") -> "Request":
        """What is asked next: a page that asks whether there is anything new says what it has by now."""
        tag = answer.headers.get("hx-ptag")
        return replace(self, headers={**self.headers, TAG: tag}) if tag and TAG in self.headers else self


@dataclass(slots=True)
class Answer:
    """One answer while it comes in."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    length: int = 0  # of the body
    body: bytearray = field(default_factory=bytearray)

    _head: bytearray = field(default_factory=bytearray)
    _missing: int = -1  # bytes of the body; -1 while the head is not complete

    def take(self, data: bytes | memoryview, *, keep: bool) -> bool:
        """Whether it is complete with these bytes; the body is only kept where somebody wants it."""
        if self._missing < 0:
            self._head += data
            head, end, rest = bytes(self._head).partition(b"\r\n\r\n")
            if not end:
                return False
            self._read_head(head.decode("latin-1"))
            data = rest
        self._missing -= len(data)
        if keep:
            self.body += data
        return self._missing <= 0

    def _read_head(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "transfer-encoding" in self.headers:
            raise StartError("an answer without a length cannot be measured")
        self.length = 0 if self.status in (204, 304) else int(self.headers.get("content-length", 0))
        self._missing = self.length


class Connection:
    """A kept one."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(CHUNK)
        self._answer = Answer()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.socket.close()

    def send(self, raw: bytes) -> None:
        self._answer = Answer()
        self.socket.sendall(raw)

    def receive(self, *, keep: bool = False) -> Answer | None:
        """What has come by now, of what was sent last: None while there is more to come."""
        count = self.socket.recv_into(self._buffer)
        if not count:
            raise ConnectionResetError("the server has closed the connection")
        return self._answer if self._answer.take(memoryview(self._buffer)[:count], keep=keep) else None

    def ask(self, raw: bytes, *, keep: bool = False) -> Answer:
        self.send(raw)
        while (answer := self.receive(keep=keep)) is None:
            pass
        return answer


@dataclass(frozen=True, slots=True)
class Taken:
    """What a while of asking has brought."""

    seconds: Sequence[float]  # of each answer
    wall: float  # how long it went on
    cpu: float  # seconds of the processor that asking took
    statuses: Counter[int]
    length: int  # bytes of the last body

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.wall


def ask_once(port: int, request: Request) -> Answer:
    """With its body, on a connection of its own."""
    with Connection(port) as connection:
        return connection.ask(request.raw, keep=True)


@contextmanager
def evenly(port: int, count: int, processes: int, who: Request) -> Iterator[list[Connection]]:
    """As many connections to each process, for as long as this lasts; `who` is answered with the process's name."""
    share = -(-count // processes)
    found: dict[bytes, list[Connection]] = {}
    with ExitStack() as opened:
        for _try in range(MOST_TRIES):
            connection = opened.enter_context(Connection(port))
            own = found.setdefault(bytes(connection.ask(who.raw, keep=True).body), [])
            if len(own) < share:
                own.append(connection)
            if sum(map(len, found.values())) == count:
                break
        else:
            raise StartError(f"{count} connections to {processes} web processes could not be had: {len(found)} answer")
        yield [one for some in found.values() for one in some]


def one_at_a_time(connections: Sequence[Connection], requests: Sequence[Request], seconds: float) -> Taken:
    """The requests in turn, over the connections in turn, each after the answer to the one before."""
    asked, turns = list(requests), cycle(range(len(requests)))
    took: list[float] = []
    statuses: Counter[int] = Counter()
    answer = Answer()
    began, cpu = time.perf_counter(), time.process_time()
    for connection in cycle(connections):
        turn = next(turns)
        raw, started = asked[turn].raw, time.perf_counter()
        answer = connection.ask(raw)
        ended = time.perf_counter()
        asked[turn] = asked[turn].after(answer)
        took.append(ended - started)
        statuses[answer.status] += 1
        if ended - began > seconds:
            break
    return Taken(took, time.perf_counter() - began, time.process_time() - cpu, statuses, answer.length)


def at_once(connections: Sequence[Connection], request: Request, seconds: float) -> Taken:
    """On each connection the same request, again and again; those that are under way at the end are waited for."""
    took: list[float] = []
    statuses: Counter[int] = Counter()
    length = 0
    began, cpu = time.perf_counter(), time.process_time()
    sent: dict[Connection, float] = {}
    with selectors.DefaultSelector() as waiting:
        for connection in connections:
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
            sent[connection] = time.perf_counter()
            connection.send(request.raw)
        while sent:
            for key, _events in waiting.select(PATIENCE):
                connection = key.data
                answer = connection.receive()
                if answer is None:
                    continue
                now = time.perf_counter()
                took.append(now - sent.pop(connection))
                statuses[answer.status] += 1
                length, request = answer.length, request.after(answer)
                if now - began < seconds:
                    sent[connection] = now
                    connection.send(request.raw)
    return Taken(took, time.perf_counter() - began, time.process_time() - cpu, statuses, length)
