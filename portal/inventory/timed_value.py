"""Values that a process keeps for some seconds rather than asking the database for them on every page."""

from collections.abc import Callable
from time import monotonic
from typing import Any

_all: "list[TimedValue[Any]]" = []


class TimedValue[T]:
    """`now = TimedValue(look_up, seconds=5)`: `now()` is what `look_up` answered at most so many seconds ago."""

    def __init__(self, look_up: Callable[[], T], *, seconds: float) -> None:
        self._look_up = look_up
        self._seconds = seconds
        self._kept: tuple[T, float] | None = None  # and until when
        _all.append(self)

    def __call__(self) -> T:
        if self._kept is None or monotonic() >= self._kept[1]:
            self._kept = (self._look_up(), monotonic() + self._seconds)
        return self._kept[0]

    def forget(self, **_signal: Any) -> None:
        """Look anew next time."""
        self._kept = None


def forget_all() -> None:
    for kept in _all:
        kept.forget()
