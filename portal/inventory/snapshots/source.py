"""How current something is that is shown, and why it is not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """How current a listing is."""

    FRESH = "fresh"
    STALE = "stale"  # a refresh is on its way behind it
    OFFLINE = "offline"  # the platform did not answer, or not to this key: last known
    NEVER = "never"  # nothing is known: it is being fetched, unless a trouble stands beside it, or there is no key


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the part of one API key is not current."""

    group: str  # the resource group of the key
    reason: str  # unreachable | refused | unreadable | fault
    since: datetime  # by our clock
    text: str  # plain English, for the curious and for logs; a fault's own words
