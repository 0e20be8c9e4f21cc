"""The values that go over the wire, and what comes back with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

type Value = bool | int | float | str | list[Value] | dict[str, Value] | None
"""What JSON can hold, too: dates, decimals and base64 stay the text that the platform sent."""

type Record = dict[str, Value]
"""One record as `query` and `apply` answer it: every key, also those that no document names."""


@dataclass(frozen=True, slots=True)
class Answer[T]:
    """What the platform said, and when by its own clock (aware, UTC; None if it did not say)."""

    value: T
    platform_time: datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call, for logs and statistics.

    `type`: the resource types concerned, comma separated, or "". `outcome`: "ok", the name of the `ApiError`, or
    "error" for a mistake of ours. `received`: bytes of the answer, decompressed; 0 if there was none.
    """

    method: str
    type: str
    user: str
    seconds: float
    outcome: str
    received: int
