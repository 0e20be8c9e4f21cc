"""What is kept sealed in the database, whoever keeps it: all of it is sealed anew when the key ring has a new key."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored value: how to tell of it, whether the newest key sealed it, and how to seal it anew."""

    name: str
    is_newest: bool
    renew: Callable[[], bool]  # False where it was replaced meanwhile: that was with the newest key


type Values = Callable[[], Iterator[Sealed]]

_kept: list[Values] = []


def register(values: Values) -> Values:
    """Whoever seals something names here what there is of it."""
    _kept.append(values)
    return values


def all_sealed() -> Iterator[Sealed]:
    """Every value that is kept sealed."""
    for values in _kept:
        yield from values()
