"""What became of changes: done, rejected, in conflict, waiting for a key.

`data` of its facts: {"number", "count": how many records, "action": set|delete, "creates", "is_in_force": whether the
platform says so, "answer": the platform's words, "key_group"}.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from portal.changes.models import Change, Item, State
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
    first = Prefetch("items", Item.objects.filter(position=0))
    changes = Change.objects.filter(ended | waiting).annotate(count=Count("items")).prefetch_related(first)
    for change in changes.order_by("created"):
        found.setdefault(change.customer_id, []).extend(_facts(change))
    return found


def _facts(change: Any) -> Iterable[Fact]:
    """Of a change with its first item and how many there are."""
    first = next(iter(change.items.all()), None)
    if first is None:
        return
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
            "count": change.count,
            "action": first.action,
            "creates": first.creates,
            "is_in_force": change.state == State.DONE,
            "answer": str(change.answer_to(first.position).get("text") or "")[:1000],
            "key_group": change.key_group,
        },
        people=frozenset(pk for pk in asked if pk is not None),
        dated=change.done_at or change.created,
    )
