"""Who may work on a change: one worker at a time, taken by compare-and-set, and one change in flight per customer.

A lease is kept alive by the process that holds it (`kept`), and so is over seconds after that was killed.
"""

import secrets
from contextlib import AbstractContextManager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from portal import leasing
from portal.accounts.models import Customer
from portal.changes import timing
from portal.changes.models import IN_FLIGHT, WORKABLE, Change, State


def due(customer: Customer | None = None) -> QuerySet[Change]:
    """Changes on which nobody works and somebody may, those first whose turn comes first."""
    now = timezone.now()
    changes = Change.objects.filter(_free(), done_at=None, state__in=WORKABLE, next_attempt_at__lte=now)
    return (changes if customer is None else changes.filter(customer=customer)).order_by("turn")


def heads(customer: Customer | None = None, *, most: int = 1000) -> list[str]:
    """Ids of the first that is due in each line: of each customer and key, since what is parked holds up one key."""
    first: dict[tuple[object, str], str] = {}
    for pk, owner, key_group in due(customer).values_list("pk", "customer", "key_group")[:most]:
        first.setdefault((owner, key_group), str(pk))
    return list(first.values())


def take(pk: str) -> Change | None:
    """The change, held by the caller under a lease; None where it is not due, not its turn, or somebody else's."""
    with transaction.atomic():
        change = due().select_related("api_key", "customer", "author", "asked_by", "in_place_of").filter(pk=pk).first()
        if change is None:
            return None
        if change.state == State.QUEUED and not _is_its_turn(change):
            return None
        holder, until = secrets.token_hex(16), timezone.now() + timing.lease()
        free = Change.objects.filter(_free(), pk=pk, state=change.state)
        if not free.update(lease_holder=holder, lease_until=until):
            return None
    change.lease_holder, change.lease_until = holder, until
    return change


def kept(change: Change) -> AbstractContextManager[None]:
    """While the block goes on the lease does not expire, as long as this process lives."""
    mine = Change.objects.filter(pk=change.pk, lease_holder=change.lease_holder)
    return leasing.renewed(lambda: mine.update(lease_until=timezone.now() + timing.lease()))


def depart(change: Change, log_serial: int | None) -> bool:
    """Right before sending: still ours, still its turn. True: it is on its way, and nothing else of the customer is.

    Who is held up from then on for longer than `timing.on_its_way` may not send it any more (`is_late`): by then it is
    reckoned when the call must have landed, and it might go out twice.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            if not _is_its_turn(change):
                return False
            held = _held(change, State.QUEUED).filter(lease_until__gt=now)
            fields = {"state": State.SENDING, "sent_at": now, "log_serial": log_serial}
            departed = held.update(lease_until=now + timing.lease(), **fields)
    except IntegrityError:  # one_change_in_flight: the database has the last word
        return False
    if departed:  # `sent_at` and `log_serial` stay as they were: they come back if nothing gets out
        change.state, change.departed = State.SENDING, now
    return bool(departed)


def is_late(change: Change) -> bool:
    """Whether it departed too long ago for its call to go out now."""
    return change.departed is None or timezone.now() > change.departed + timing.on_its_way()


def move(change: Change, to: State, **fields: Any) -> bool:
    """From the state it was taken in (or sent from) to another, keeping the lease; False where it is not ours now."""
    moved = bool(_held(change, State(change.state)).update(state=to, **fields))
    if moved:
        change.state = to
        for name, value in fields.items():
            setattr(change, name, value)
    return moved


def let_go(change: Change, to: State | None = None, **fields: Any) -> bool:
    """`move`, and nobody's any more."""
    return move(change, State(to or change.state), lease_holder="", lease_until=None, **fields)


def expire() -> int:
    """What was being sent when its worker went away may have been sent: it is to be found out. How many."""
    now = timezone.now()
    lost = Change.objects.filter(state=State.SENDING, lease_until__lte=now)
    return lost.update(state=State.UNKNOWN, lease_holder="", lease_until=None, next_attempt_at=now, looks=0)


def count_attempt(change: Change) -> None:
    """One more try to get it out."""
    Change.objects.filter(pk=change.pk).update(attempts=F("attempts") + 1)
    change.attempts += 1


def _held(change: Change, state: State) -> QuerySet[Change]:
    return Change.objects.filter(pk=change.pk, state=state, lease_holder=change.lease_holder)


def _free() -> Q:
    """An expired lease is none. `sending` is not among these: what became of it has to be found out first."""
    return Q(lease_holder="") | Q(lease_until__lte=timezone.now())


def _is_its_turn(change: Change) -> bool:
    """Nothing of the customer is in flight or ahead in the line. Keeps the customer's row locked."""
    Customer.objects.select_for_update(no_key=True).get(pk=change.customer_id)
    others = Change.objects.filter(customer=change.customer_id, done_at=None).exclude(pk=change.pk)
    if others.filter(state__in=IN_FLIGHT).exists():
        return False
    parked = others.filter(state=State.PARKED)
    ahead = others.filter(state=State.QUEUED, turn__lt=change.turn)
    held_up = Exists(parked.filter(key_group=OuterRef("key_group"), turn__lt=OuterRef("turn")))
    return not (
        parked.filter(key_group=change.key_group, turn__lt=change.turn).exists() or ahead.exclude(held_up).exists()
    )
