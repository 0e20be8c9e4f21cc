"""A fact: something that happened, as a source has found it, before it is noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One occurrence of a customer to be noted. See models.Occurrence for what the fields hold.

    `people`: ids of those who asked for it (of kinds that are `own`), or whom it concerns beside those of the kind.
    `knowing`: ids of those who have been told already, and hear of it no second time.
    `dated`: when it came to be, where `at` is only when that was seen; what is too old is no news (noting.OLDEST).
    """

    kind: str
    key: str
    at: datetime
    thread: str
    type_name: str = ""
    record: str = ""
    group: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    people: frozenset[int] = frozenset()
    knowing: frozenset[int] = frozenset()
    dated: datetime | None = None
