"""Faults that can be switched on, and counts of calls: what `/control` works with. In memory, gone on restart."""

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeGuard

#: Those that strike before the call is carried out, and those after.
BEFORE = ("delay", "drop_before")
AFTER = ("status", "drop_after", "truncate", "garbage", "fault")
_METHODS = ("apply", "query", "log", "ping", "*")


@dataclass
class InjectedFault:
    """One fault: `value` is seconds for delay, an HTTP status, bytes kept by truncate, what garbage or fault say."""

    kind: str
    value: Any
    method: str
    times: int


class Switchboard:
    """The faults that are on and the counts so far, for all threads of the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """No faults, counts at nothing."""
        with self._lock:
            self._faults: list[InjectedFault] = []
            self._calls: Counter[str] = Counter()
            self._types: Counter[str] = Counter()
            self._keys: dict[str, Counter[str]] = {}

    def switch_on(self, description: Any) -> None:
        """Add a fault, as JSON describes it. ValueError says what is wrong with it."""
        fault = _parsed(description)
        with self._lock:
            self._faults.append(fault)

    def take(self, kinds: tuple[str, ...], method: str) -> InjectedFault | None:
        """The first fault of these kinds that is on for a method; used up by one."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and fault.method in ("*", method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def count(self, key: str, method: str, kind: str | None) -> None:
        """Count a call with a valid key; `kind` is the type that a query is about."""
        with self._lock:
            self._calls[method] += 1
            self._keys.setdefault(key, Counter())[method] += 1
            if kind is not None:
                self._types[kind] += 1

    def stats(self) -> dict[str, Any]:
        """The counts since the last reset: calls by method, by key and method, queries by type."""
        with self._lock:
            return {
                "calls": dict(self._calls),
                "by_key": {key: dict(calls) for key, calls in self._keys.items()},
                "by_type": dict(self._types),
            }


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parsed(description: Any) -> InjectedFault:
    if not isinstance(description, dict) or not description.keys() <= {"kind", "value", "method", "times"}:
        raise ValueError("fault: must have kind, and may have value, method, times")
    kind, method = description.get("kind"), description.get("method", "*")
    value, times = description.get("value"), description.get("times", 1)
    if kind not in BEFORE + AFTER:
        raise ValueError(f"fault: kind must be one of {', '.join(BEFORE + AFTER)}")
    if method not in _METHODS:
        raise ValueError(f"fault: method must be one of {', '.join(_METHODS)}")
    if type(times) is not int or times < 1:
        raise ValueError("fault: times must be a positive integer")
    if kind == "delay" and not (_number(value) and 0 <= value <= 3600):
        raise ValueError("fault: value of delay must be seconds, an hour at most")
    if kind == "status" and not (type(value) is int and 200 <= value <= 599):
        raise ValueError("fault: value of status must be an HTTP status")
    if kind == "truncate" and value is not None and not (type(value) is int and value >= 0):
        raise ValueError("fault: value of truncate must be a number of bytes")
    return InjectedFault(kind, value, method, times)
