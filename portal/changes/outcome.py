"""Where a change goes from what the platform said, or didn't: one function per outcome. All need its lease."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import ApiKey
from portal.api import ApiError, Fault, NotReachable, Refused, Unsendable
from portal.changes import timing
from portal.changes.leases import let_go, move
from portal.changes.models import Change, Item, State
from portal.changes.platform_state import Present
from portal.resources.types import TYPES

FAULT = re.compile(r"^(?P<type>\S+) (?P<key>.+?): (?P<field>\w+): (?P<reason>.+)$", re.DOTALL)


def recorded(change: Change, items: Sequence[Item], present: Present) -> bool:
    """The platform has accepted it; `present` are the full records. It stays ours, to be carried on."""
    for item in items:
        item.result = present.get((item.type_name, item.key), {})
    with transaction.atomic():
        now = timezone.now()
        if not move(change, State.RECORDED, recorded_at=now, next_attempt_at=now, answer={}):
            return False
        Item.objects.bulk_update(items, ["result"], batch_size=100)
    if change.api_key is not None and change.api_key.refused_at is not None:
        ApiKey.objects.filter(pk=change.api_key.pk, generation=change.api_key.generation).update(refused_at=None)
    return True


def not_sent(change: Change, error: ApiError) -> None:
    """Nothing has left the house, or it was turned away whole: again later, for as long as it takes."""
    if isinstance(error, Refused):
        park(change, error)
        return
    asked = getattr(error, "retry_after", None) or 0 if isinstance(error, NotReachable) else 0
    wait = max(timing.backoff(change.attempts), timedelta(seconds=min(asked, timing.BACKOFF[-1])))
    let_go(
        change,
        State.QUEUED,
        next_attempt_at=timezone.now() + wait,
        sent_at=change.sent_at,
        log_serial=change.log_serial,
        answer={"kind": "unreachable", "text": str(error)},
    )


def put_back(change: Change) -> None:
    """It was written down as sent, and then did not go out."""
    let_go(change, State.QUEUED, next_attempt_at=timezone.now(), **_sending(change))


def maybe_sent(change: Change, error: ApiError) -> None:
    """Nobody knows: look before doing anything else."""
    look_at = timezone.now() + timing.look_again(1)
    answer = {"kind": "unreachable", "text": str(error)}
    let_go(change, State.UNKNOWN, next_attempt_at=look_at, looks=1, answer=answer)


def rejected(change: Change, items: Sequence[Item], error: Fault | Unsendable) -> None:
    """The platform said no. Its own words, and the place they are about where it can be told."""
    answer: dict[str, Any]
    if isinstance(error, Unsendable):
        answer = {"kind": "unsendable", "text": error.text, "field": error.field or "", "item": None}
    else:
        answer = {"kind": "fault", "code": error.code, "text": error.text, **place_of_fault(error.text, items)}
    finish(change, State.REJECTED, answer)


def park(change: Change, error: ApiError | None = None) -> None:
    """The key is refused, or there is none any more: waits for a new one. Unless there is one already."""
    key = change.api_key
    kind = "refused" if key is not None else "no_key"
    answer = {"kind": kind, "text": str(error or ""), "sent": change.sent_at is not None}
    with transaction.atomic():
        if key is not None:
            same_key = ApiKey.objects.filter(pk=key.pk, generation=key.generation)
            if not same_key.update(refused_at=timezone.now()):
                put_back(change)
                return
        let_go(change, State.PARKED, answer=answer, **_sending(change))


def in_conflict(change: Change, found: Sequence[Mapping[str, Any]]) -> None:
    """What the person saw has changed meanwhile: asks them."""
    let_go(change, State.CONFLICT, answer={"kind": "conflict", "text": "", "items": list(found)})


def finish(change: Change, state: State, answer: Mapping[str, Any]) -> bool:
    """Its end."""
    return let_go(change, state, answer=dict(answer), done_at=timezone.now())


def place_of_fault(text: str, items: Sequence[Item]) -> dict[str, Any]:
    """Which field of which item it is about: `<type> <primary key>: <key>: <reason>`; '' and None where unknown."""
    match = FAULT.match(text)
    if match is None:
        return {"field": "", "item": None}
    # The parts of the primary key may come in another order than in our URLs.
    parts = sorted(match["key"].split("/"))
    named = [item for item in items if item.type_name == match["type"] and sorted(item.key.split("/")) == parts]
    if not named and len(items) == 1 and items[0].type_name == match["type"]:
        named = list(items)
    item = named[0] if named else None
    known = item is not None and (match["field"] in TYPES[item.type_name].field_names or match["field"] in item.wanted)
    return {
        "field": match["field"] if known else "",
        "item": item.position if item else None,
        "reason": match["reason"],
    }


def _sending(change: Change) -> dict[str, Any]:
    """What is known of its last sending, as it was before an attempt that did not get out."""
    return {"sent_at": change.sent_at, "log_serial": change.log_serial}
