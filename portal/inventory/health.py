"""How current the snapshots are, of all customers together, for whoever watches over the portal."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched

from portal.accounts.models import ApiKey
from portal.inventory import store
from portal.inventory.place import Place, place_of
from portal.inventory.store import Seen
from portal.resources.types import TYPES

AT_ONCE = 1000  # places looked at by one read


@dataclass(slots=True)
class Snapshots:
    """Of one type: ages in seconds of all there are, and how many could not be fetched anew, by reason."""

    ages: list[float] = field(default_factory=list)
    failing: Counter[str] = field(default_factory=Counter)


def snapshots() -> dict[str, Snapshots]:
    """Resource type → what is known of it. Raises Away."""
    now = time.time()
    found = {name: Snapshots() for name in TYPES}
    for place, seen in _look([place_of(key, name) for key in ApiKey.objects.all() for name in TYPES]):
        head, failure = seen.head, seen.failure
        if head is not None:
            found[place.type_name].ages.append(now - head.fetched)
        if failure is not None and (head is None or failure.at > head.fetched):
            found[place.type_name].failing[failure.reason] += 1
    return found


def _look(places: Sequence[Place]) -> Iterator[tuple[Place, Seen]]:
    for some in batched(places, AT_ONCE):
        yield from store.look(some).items()
