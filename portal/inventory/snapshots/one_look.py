"""A request looks into Redis once: all that its page shows was known at one moment.

Without it each part of a page (its list, the states in it, the numbers beside the navigation) would look by itself.
What this thread waits for, or learns meanwhile, is looked at anew.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse

from portal.inventory.snapshots.snapshot_key import SnapshotKey

type Answer = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class _Looks:
    """What this request has seen, and where it has seen to it that the platform is asked."""

    is_visit: bool = True
    seen: dict[SnapshotKey, Any] = field(default_factory=dict)
    behind: set[SnapshotKey] = field(default_factory=set)
    coming: list[bool] = field(default_factory=list)


_looks: ContextVar[_Looks | None] = ContextVar("looks of this request", default=None)


def one_look(get_response: Answer) -> Answer:
    """Middleware: before whatever reads."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with looking_once():
            return get_response(request)

    return middleware


@contextmanager
def looking_once() -> Iterator[None]:
    token = _looks.set(_Looks())
    try:
        yield
    finally:
        _looks.reset(token)


@contextmanager
def looking_only() -> Iterator[None]:
    """One look by nobody: what is known is read, nothing is asked for, and no visit is counted."""
    token = _looks.set(_Looks(is_visit=False))
    try:
        yield
    finally:
        _looks.reset(token)


def is_visit() -> bool:
    """Whether this is a request: somebody waits for what is looked at."""
    looks = _looks.get()
    return looks is not None and looks.is_visit


def is_looking_only() -> bool:
    """Whether nobody waits, and nothing is to be asked for."""
    looks = _looks.get()
    return looks is not None and not looks.is_visit


def look[S](
    known: Callable[[Sequence[SnapshotKey]], dict[SnapshotKey, S]],
    places: Sequence[SnapshotKey],
    beside: Callable[[], Sequence[SnapshotKey]],
) -> dict[SnapshotKey, S]:
    """What is known of these places. The first look of a request also takes in those `beside` them."""
    looks = _looks.get()
    if looks is None:
        return known(places)
    seen = looks.seen
    if any(place not in seen for place in places):
        seen.update(known(list(dict.fromkeys((*places, *beside())))))
    return {place: seen[place] for place in places}


def look_again() -> None:
    """What has been seen may not be so any more."""
    if (looks := _looks.get()) is not None:
        looks.seen.clear()


def note_coming() -> None:
    """What this request shows is about to be replaced: something later is being read."""
    if (looks := _looks.get()) is not None:
        looks.coming.append(True)


def is_about_to_change() -> bool:
    """Whether something of what this request has seen is about to be replaced."""
    looks = _looks.get()
    return bool(looks and looks.coming)


def is_first(place: SnapshotKey) -> bool:
    """Whether this request has not seen to a refresh of it yet; outside of one always."""
    if (looks := _looks.get()) is None:
        return True
    is_new = place not in looks.behind
    looks.behind.add(place)
    return is_new
