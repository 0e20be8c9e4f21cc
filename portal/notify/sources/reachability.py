"""Whether the platform can be reached: not so for a while, and again.

`data` of its facts: {"since": when it began, by ISO 8601}.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from portal.inventory.reads import Listing, Source
from portal.notify.facts import Fact

A_WHILE = timedelta(minutes=15)
UNREACHABLE = "unreachable"


def away_since(listings: Iterable[Listing]) -> datetime | None:
    """Since when the platform has not answered; None while it does."""
    began = [trouble.since for one in listings for trouble in one.troubles if trouble.reason == UNREACHABLE]
    return min(began, default=None)


def is_back(listings: Iterable[Listing]) -> bool:
    """Whether it has answered lately."""
    return any(one.source is Source.FRESH for one in listings)


def away(since: datetime, now: datetime) -> Iterator[Fact]:
    """Word of it, once it has lasted."""
    if now - since >= A_WHILE:
        yield _fact("platform.unreachable", since, since + A_WHILE)


def back(since: datetime, now: datetime) -> Iterator[Fact]:
    """Word that it is over, to those who had word that it began."""
    yield _fact("platform.back", since, now)


def _fact(kind: str, since: datetime, at: datetime) -> Fact:
    began = since.isoformat()
    return Fact(kind, f"{kind}/{began}", at, f"platform/{began}", data={"since": began})
