"""Why something cannot be done with a plan, as pages act on it. Who may not at all gets Http404 or a 403.

PlanError
├── NotOpen      the plan is not in a state (any more) in which that can be done
├── TooMany      more entries than a plan holds
├── Edited       it was edited since the person looked
├── Overtaken    what the form stood on was changed by somebody else meanwhile
├── NotRenamed   the entry cannot take that name
├── Outdated     what a record has now is not what the person decided about
└── NotReady     it cannot be applied as it is: conflicts, contradictions, no key, no approval, nothing in it
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.plans.models import Entry, Plan


class PlanError(Exception):
    """Something that a person can read and act on."""


class NotOpen(PlanError):
    """`state` is the one the plan is in instead."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class TooMany(PlanError):
    """`count` entries it would have."""

    def __init__(self, count: int) -> None:
        super().__init__(str(count))
        self.count = count


class Edited(PlanError):
    """Somebody has edited it meanwhile."""


class Overtaken(PlanError):
    """Something of the plan is not what the form stood on (`based_on`): these `fields` of its description, or an entry,
    which is as `entry` now, None where it was taken out.
    """

    def __init__(self, plan: "Plan", fields: Sequence[str] = (), entry: "Entry | None" = None) -> None:
        super().__init__(str(plan))
        self.plan = plan
        self.fields = fields
        self.entry = entry


class NotRenamed(PlanError):
    """`reason`: taken, by another entry; needed, by those that are in the group of that name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Outdated(PlanError):
    """What stands in the way of that entry is something else by now: `field` of it, '' for all of it."""

    def __init__(self, entry: int, field: str) -> None:
        super().__init__(field)
        self.entry = entry
        self.field = field


class NotReady(PlanError):
    """`reason`: empty, unknown, hidden, conflict, contradiction, no_key, too_large, approval; gone, settled,
    perhaps_sent, forbidden, taken_out, not_through.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
