"""What a machine's record says of its deletion: the day, the stages reached, and what follows (vm_18 … vm_21)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.resources.spec import Record, Value
from portal.resources.times import midnight, parse_day

# Days from the deadline to each stage (vm_19, vm_22).
STAGES = {"prepare": -5, "soft": 0, "hard": 3, "purge": 32, "recycle": 38}
SHUT_DOWN = frozenset({"soft", "hard"})  # from the first of these on, the machine is off
ANNOUNCED = "is shut down for deletion"  # how the platform's sentence about it ends, in a maintenance of the machine


@dataclass(frozen=True, slots=True)
class Deletion:
    """The field `deletion` as far as it can be read."""

    deadline: date | None = None
    stages: tuple[str, ...] = ()
    is_pending: bool = False  # also where the day cannot be read: any update cancels it (vm_20)

    @property
    def is_shut_down(self) -> bool:
        """Whether it has come to the shutdown; cancelling it then starts the machine again (vm_21)."""
        return not SHUT_DOWN.isdisjoint(self.stages)

    @property
    def shuts_down(self) -> datetime | None:
        """When the machine is shut down; None where no day is known."""
        return midnight(day_of("soft", self.deadline)) if self.deadline else None

    @property
    def gone(self) -> datetime | None:
        """When nothing is left to bring back; None where no day is known."""
        return midnight(day_of("hard", self.deadline)) if self.deadline else None


def day_of(stage: str, deadline: date) -> date:
    """The day, in Berlin, at whose beginning a stage is reached."""
    return deadline + timedelta(days=STAGES[stage])


def read_deletion(value: Value) -> Deletion:
    """Read the field's value; whatever in it is not as documented is taken for absent."""
    if not isinstance(value, dict):
        return Deletion()
    deadline, stages = value.get("deadline"), value.get("stages")
    named = tuple(stage for stage in stages if isinstance(stage, str)) if isinstance(stages, list) else ()
    return Deletion(parse_day(str(deadline)[:10]), named, bool(deadline or stages))


def only_announces(maintenance: Record) -> bool:
    """Whether a maintenance says no more than that its machine will be deleted: nothing is changed in it."""
    activities = maintenance.get("activities")
    is_only_one = not isinstance(activities, list) or len(activities) <= 1
    return is_only_one and str(maintenance.get("comment") or "").endswith(ANNOUNCED)
