"""What became of changes: done, rejected, in conflict, waiting for a key.

`data` of its facts: {"number", "count": how many records, "action": set|delete, "creates", "is_in_force": whether the
platform says so, "answer": the platform's words, "key_group"}.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from portal.changes.models import Change, State
from portal.notify.facts import Fact

TOLD = {
    State.DONE: "change.done",
    State.RECORDED: "change.done",
    State.REJECTED: "change.rejected",
    State.CONFLICT: "change.conflict",
    State.PARKED: "change.parked",
}
WAITING = (State.CONFLICT, State.PARKED)  # for a person: they have no end yet


def facts(since: datetime) -> dict[int, list[Fact]]:
    """Customer's id → what came to its end since, and what waits for somebody."""
    ended = Q(done_at__gte=since, state__in=[state for state in TOLD if state not in WAITING])
    waiting = Q(done_at=None, state__in=WAITING)
    found: dict[int, list[Fact]] = {}
    for change in Change.objects.filter(ended | waiting).prefetch_related("items").order_by("created"):
        found.setdefault(change.customer_id, []).extend(_facts(change))
    return found


def _facts(change: Change) -> Iterable[Fact]:
    items = list(change.items.all())
    if not items:
        return
    first = items[0]
    asked = {change.author_id, change.asked_by_id, change.in_place_of_id} - {None}
    yield Fact(
        kind=TOLD[State(change.state)],
        key=f"change/{change.pk}/{change.state}/{change.attempts}",
        at=change.done_at or timezone.now(),
        thread=f"change/{change.pk}",
        type_name=first.type_name,
        record=first.key,
        group=first.group,
        data={
            "number": change.number,
            "count": len(items),
            "action": first.action,
            "creates": first.creates,
            "is_in_force": change.state == State.DONE,
            "answer": str(change.answer_to(first.position).get("text") or "")[:1000],
            "key_group": change.key_group,
        },
        people=frozenset(pk for pk in asked if pk is not None),
        dated=change.done_at or change.created,
    )
