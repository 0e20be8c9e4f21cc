"""Brings a change one step on: out to the platform, or to what became of it, or into the inventory.

Everything here may be killed at any moment and run again: what counts is in the row, and each step is a compare-and-set
on it (leases).
"""

import logging
import time
from collections.abc import Sequence

from django.utils import timezone

from portal.accounts.keys.sealing import Broken
from portal.api import ApiError, Client, Fault, Refused, Unsendable
from portal.changes import outcome, reconcile, rights, settle, timing
from portal.changes.conflicts import conflicts, own_values
from portal.changes.enqueue import nudge
from portal.changes.intent import as_sent
from portal.changes.leases import count_attempt, depart, heads, is_late, kept, let_go, take
from portal.changes.models import Change, Item, State
from portal.changes.platform_state import by_key, look
from portal.inventory.platform.clients import client_for
from portal.logs import request_id
from portal.resources.spec import Value

FEW = 100  # records that are looked for by name; of more, all that was set since is gone through

logger = logging.getLogger(__name__)


def perform(pk: str) -> None:
    """One step of this change, if it is due, its turn, and nobody else's; then word to the next of its customer."""
    change = take(pk)
    if change is None:
        return
    with request_id.using(change.request_id or request_id.current()):
        with kept(change):
            _step(change)
        nudge_next(change)


def _step(change: Change) -> None:
    items = list(change.items.order_by("position"))
    if change.state == State.RECORDED:
        settle.conclude(change, items, late=True)
        return
    _advance(change, items)
    if change.state == State.RECORDED:
        settle.conclude(change, items)


def nudge_next(change: Change) -> None:
    """A message for what comes next of this customer."""
    for following in heads(change.customer):
        nudge(following)


def _advance(change: Change, items: Sequence[Item]) -> None:
    client = _client(change)
    if client is None:
        outcome.park(change)
    elif change.state == State.UNKNOWN:
        reconcile.find_out(change, items, client)
    else:
        _send(change, items, client)


def _client(change: Change) -> Client | None:
    try:
        return client_for(change.api_key) if change.api_key is not None else None
    except Broken:
        logger.exception("The key of %s cannot be opened", change.key_group)
        return None


def _send(change: Change, items: Sequence[Item], client: Client) -> None:
    started = time.monotonic()
    count_attempt(change)
    if _is_overtaken(change, items):
        outcome.finish(change, State.SUPERSEDED, {"kind": "superseded", "text": ""})
        return
    if change.sent_at is not None and reconcile.find_out(change, items, client, resending=True):
        return
    try:
        serial = reconcile.latest_serial(client)
        present = look(client, items)
    except ApiError as error:
        outcome.not_sent(change, error)
        return
    if refusal := rights.refusal(change, items, present):
        outcome.finish(change, State.REJECTED, refusal)
    elif found := conflicts(items, present, own_values(change)):
        outcome.in_conflict(change, found)
    elif time.monotonic() - started > timing.hard_limit() - timing.deadline():
        # Too late to send and live to hear the answer.
        let_go(change, State.QUEUED, next_attempt_at=timezone.now() + timing.backoff(change.attempts))
    elif depart(change, serial):
        _apply(change, items, client)
    else:
        let_go(change)


def _apply(change: Change, items: Sequence[Item], client: Client) -> None:
    """The one place where something is asked of the platform."""
    if is_late(change):
        outcome.put_back(change)
        return
    try:
        answer = client.apply(records_of(items))
    except (Fault, Unsendable) as error:
        outcome.rejected(change, items, error)
    except Refused as error:
        outcome.park(change, error)
    except ApiError as error:
        (outcome.maybe_sent if error.may_have_been_sent else outcome.not_sent)(change, error)
    else:
        outcome.recorded(change, items, by_key(answer.value))


def records_of(items: Sequence[Item]) -> list[dict[str, Value]]:
    """What `apply` is given."""
    return [as_sent(item.type_name, item.key, item.action, item.wanted) for item in items]


def _is_overtaken(change: Change, items: Sequence[Item]) -> bool:
    """Whether a newer change has set any of the same already: sending this one would bring older values back."""
    mine = {(item.type_name, item.key): item for item in items}
    newer = Item.objects.filter(
        change__customer=change.customer_id,
        change__turn__gt=change.turn,
        change__recorded_at__isnull=False,
        type_name__in={item.type_name for item in items},
    )
    if len(mine) <= FEW:
        newer = newer.filter(key__in=[item.key for item in items])
    found = newer.only("type_name", "key", "action", "creates", "wanted").iterator()
    return any(_touches(mine[place], other) for other in found if (place := (other.type_name, other.key)) in mine)


def _touches(item: Item, other: Item) -> bool:
    """Whether both, about the same record, have a say in the same: another field is another matter."""
    if any(one.action == "delete" or one.creates for one in (item, other)) or not item.wanted:
        return True
    return not item.wanted.keys().isdisjoint(other.wanted)
