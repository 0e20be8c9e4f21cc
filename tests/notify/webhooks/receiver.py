"""Receivers on the loopback interface, each as badly behaved as a test wants."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

type Behave = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """Takes one request after the other, each on a connection of its own; `behave` answers it."""

    def __init__(self, behave: Behave, context: ssl.SSLContext | None = None) -> None:
        self.behave = behave
        self.requests: list[bytes] = []
        self.ended = threading.Event()
        self._context = context
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self.ended.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _run(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _address = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            sock = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with sock:
                self.requests.append(read_request(sock))
                self.behave(sock)

    def drip(self, text: bytes, every: float) -> Behave:
        """One byte after the other, until nobody listens."""

        def go_on(sock: socket.socket) -> None:
            for byte in text:
                sock.sendall(bytes((byte,)))
                if self.ended.wait(every):
                    return

        return go_on


def read_request(sock: socket.socket) -> bytes:
    """Head and body."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = sock.recv(65536)
        if not more:
            return read
        read += more
    head, _blank, body = read.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(data: bytes) -> Behave:
    return lambda sock: sock.sendall(data)


def status(code: int, *headers: str) -> Behave:
    """An answer of that status with these headers."""
    lines = [f"HTTP/1.1 {code} Said", "Content-Length: 0", *headers]
    return answering("\r\n".join([*lines, "", ""]).encode())


def headers_of(request: bytes) -> dict[str, str]:
    """Names in lower case."""
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


def body_of(request: bytes) -> bytes:
    return request.partition(b"\r\n\r\n")[2]
