"""Where in time a record stands: it goes on, comes, or is past. Lists of such records begin with what goes on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.resources.labels import mark as _


class Phase(StrEnum):
    """In the order of a list."""

    IN_PROGRESS = "in-progress"
    UPCOMING = "upcoming"
    PAST = "past"


WORDS = {Phase.IN_PROGRESS: _("In progress"), Phase.UPCOMING: _("Upcoming"), Phase.PAST: _("Past")}
RANKS = {phase: rank for rank, phase in enumerate(Phase)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A phase, and the moment that counts in it: when it ends, begins, or began; None where that cannot be read."""

    phase: Phase
    at: datetime | None

    @property
    def order(self) -> tuple[int, float]:
        """Soonest first; of what is past the latest."""
        seconds = self.at.timestamp() if self.at else float("inf")
        return RANKS[self.phase], -seconds if self.phase is Phase.PAST else seconds
