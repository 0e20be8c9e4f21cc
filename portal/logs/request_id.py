"""The id of what goes on in this thread: of a request, and of the work that came of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from uuid import uuid4

HEADER = "request_id"  # of messages

_current: ContextVar[str] = ContextVar("request id", default="")


def current() -> str:
    """'' where nobody has begun anything."""
    return _current.get()


def new() -> str:
    """Twelve digits: few enough to be told by telephone."""
    return uuid4().hex[:12]


@contextmanager
def using(request_id: str) -> Iterator[None]:
    """What is logged within belongs to it."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def carried[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """The same function for a thread that is about to start: what it logs belongs to what starts it."""
    request_id = current()

    @wraps(function)
    def in_thread(*args: P.args, **kwargs: P.kwargs) -> R:
        with using(request_id):
            return function(*args, **kwargs)

    return in_thread
