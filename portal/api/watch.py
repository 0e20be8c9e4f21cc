"""A deadline over one whole call.

Socket timeouts bound each single wait, so a server that drips a byte per second is never cut off by them: not in
the body, and not in the headers, which http.client reads by itself. So a timer shuts the socket down when the
call's time is up; whoever waits on it wakes at once. Connections find the watch of the call that is using them in
a context variable. Looking up the host name is the one step that Python cannot interrupt.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType

_current: ContextVar[Watch] = ContextVar("portal_api_watch")


class Watch:
    """Used as `with Watch(60) as watch:` around one call; once.

    `passed`: the time was up before the call was over. `sent`: a first byte of the request may have left.
    """

    def __init__(self, seconds: float) -> None:
        self.sent = False
        self.passed = False
        self._end = time.monotonic() + seconds
        self._over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._token: Token[Watch] | None = None

    def __enter__(self) -> Watch:
        self._timer.start()
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._token is not None
        _current.reset(self._token)
        with self._lock:  # from here on the connection may serve another call: hands off
            self._over = True
            self._socket = None
        self._timer.cancel()

    @property
    def remaining(self) -> float:
        """Seconds left, at least a millisecond, so that it can be a timeout."""
        return max(self._end - time.monotonic(), 0.001)

    def sending_on(self, sock: socket.socket) -> None:
        """A request is about to go out on `sock`.

        Sending may take as long as the call: urllib3 would give it the time meant for connecting.
        """
        with self._lock:
            self._socket = sock
            if self.passed:
                raise TimeoutError("the deadline has passed")
            self.sent = True
            sock.settimeout(self.remaining + 1)  # later than the cut

    def _cut(self) -> None:
        with self._lock:
            if self._over:
                return
            self.passed = True
            if self._socket:
                shut_down(self._socket)


def sending_on(sock: socket.socket) -> None:
    """Tells the watch of the running call, if there is one, that a request is about to go out on `sock`."""
    if watch := _current.get(None):
        watch.sending_on(sock)


def shut_down(sock: socket.socket) -> None:
    """Wakes whoever waits on `sock`, from any thread.

    On the plain socket below TLS: SSLSocket.shutdown would take the TLS state away under the reader.
    """
    with suppress(OSError):  # not connected any more
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
