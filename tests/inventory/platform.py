"""A platform for the tests of the read side: real HTTP, real XML-RPC, any records, and it counts who asks."""

import threading
import xmlrpc.client
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

type Raw = dict[str, Any]


class Platform:
    """Answers `query` from `records` per user; `before_answer` and `answer` let a test get in between."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}  # user -> key
        self.records: dict[tuple[str, str], list[Raw]] = {}  # user, type -> records
        self.queries: list[tuple[str, str]] = []  # user, type
        self.before_answer: Callable[[str, str], None] = lambda user, type_name: None
        self.body: bytes | None = None  # answered instead of records
        self.status = 200
        self.date: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def count(self, type_name: str, user: str | None = None) -> int:
        return sum(1 for one, asked in self.queries if asked == type_name and user in (None, one))

    def accepts(self, authorization: str) -> str | None:
        """The user that signs in so, None for who may not."""
        with suppress(ValueError, IndexError):
            user, _, key = b64decode(authorization.split()[1]).decode().partition(":")
            return user if self.keys.get(user) == key else None
        return None

    def query(self, user: str, type_name: str, wanted: Raw) -> list[Raw]:
        self.queries.append((user, type_name))
        records = [
            dict(raw)
            for raw in self.records.get((user, type_name), [])
            if all(raw.get(name) == value for name, value in wanted.items())
        ]
        self.before_answer(user, type_name)
        return records


def _handler(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two packets: the second would wait for 40 ms

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            user = platform.accepts(self.headers.get("Authorization", ""))
            if user is None:
                self._answer(401, b"")
                return
            params, _ = xmlrpc.client.loads(sent.decode(), use_builtin_types=True)
            wanted = params[1] if len(params) > 1 else {}
            found = platform.query(user, str(params[0]), wanted) if params else "pong"  # type: ignore[arg-type]
            body = xmlrpc.client.dumps((found,), methodresponse=True, allow_none=True).encode()
            self._answer(platform.status, platform.body if platform.body is not None else body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return platform.date or super().date_time_string(timestamp)

        def log_message(self, *args: object) -> None:
            pass

        def _answer(self, status: int, body: bytes) -> None:
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

    return Handler
