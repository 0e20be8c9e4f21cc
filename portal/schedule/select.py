"""What somebody asks for of all events: by kind, group, machine and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.resources.phases import Phase
from portal.resources.spelling import plain
from portal.schedule.events import Event, Events, Kind


@dataclass(frozen=True)
class Wanted:
    """What to show; empty is all. `text` is looked for in the names of machines and groups."""

    kinds: Sequence[Kind] = ()
    groups: Sequence[str] = ()
    text: str = ""

    @property
    def is_all(self) -> bool:
        return not (self.kinds or self.groups or self.text)


def matching(events: Events, wanted: Wanted) -> Sequence[Event]:
    """In the order of time."""
    if wanted.is_all:
        return events.all
    text = plain(wanted.text)
    return [
        one
        for one in events.all
        if (not wanted.kinds or one.kind in wanted.kinds)
        and (not wanted.groups or events.group_of(one) in wanted.groups)
        and (not text or text in plain(one.machine) or text in plain(events.group_of(one)))
    ]


def by_phase(events: Sequence[Event], now: datetime) -> dict[Phase, list[Event]]:
    """In progress by their ends, upcoming ones soonest first, past ones latest first (resources.phases)."""
    found: dict[Phase, list[tuple[tuple[int, float], Event]]] = {phase: [] for phase in Phase}
    for one in events:
        standing = one.standing(now)
        found[standing.phase].append((standing.order, one))
    return {phase: [one for _order, one in sorted(placed, key=lambda pair: pair[0])] for phase, placed in found.items()}


def between(events: Sequence[Event], begins: datetime, ends: datetime) -> list[Event]:
    """Those that are not over before the one moment, and begin before the other."""
    return [one for one in events if one.starts < ends and (one.ends or one.starts) >= begins]
