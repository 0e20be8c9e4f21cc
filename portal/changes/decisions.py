"""What a person may decide about a change meanwhile, and what a new key sets going again.

All take a scope and check it as `submit` does; TooLate where the change is not in a state for it (any more). Asking
anew for what was rejected or is in conflict raises NeedsApproval where the customer has come to require that.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import ApiKey
from portal.changes import rights
from portal.changes.enqueue import nudge
from portal.changes.errors import NeedsApproval, Taken, TooLate
from portal.changes.intent import Intent
from portal.changes.models import Change, Item, State
from portal.changes.production import needs_approval
from portal.changes.reads.pending import parked_by_key
from portal.changes.reads.visibility import require_change
from portal.changes.submit import next_turn, submit
from portal.inventory.platform import circuit_breaker
from portal.resources.spec import Settable
from portal.resources.types import TYPES

NOBODYS = {"lease_holder": "", "lease_until": None}


def cancel(scope: Scope, change: Change) -> None:
    """Take it back before it is sent; a rejected one is put away."""
    require_change(scope, change)
    # Queued and perhaps sent before: whoever looks that up right now must be able to write what they find.
    looked_up = Q(state=State.QUEUED, sent_at__isnull=False) & ~Q(lease_holder="")
    # Of a plan, and perhaps on the platform: the plan has to say which, and only a key that works can tell.
    open_question = Q(state=State.PARKED, sent_at__isnull=False, plan_number__isnull=False)
    states = (State.DRAFT, State.QUEUED, State.PARKED, State.CONFLICT, State.REJECTED)
    open_ = Change.objects.filter(pk=change.pk, state__in=states).exclude(looked_up | open_question)
    with transaction.atomic():
        _decide(change, "cancelled", open_.update(state=State.CANCELLED, done_at=timezone.now(), **NOBODYS))


def retry(scope: Scope, change: Change) -> None:
    """Ask again, now: what was rejected or is parked, or waits for its next attempt."""
    require_change(scope, change)
    now = timezone.now()
    waiting = Change.objects.filter(pk=change.pk, state=State.QUEUED, lease_holder="")
    if waiting.update(next_attempt_at=now, **rights.asked(scope)):
        change.refresh_from_db()
        _note(change, "retried")
        nudge(str(change.pk))
        return
    _require_own(change)
    _require_approved(scope, change)
    with transaction.atomic():
        again = _ask_again(scope, change)
        if change.state == State.REJECTED:
            again["sent_at"] = None  # what the platform turned down can't take effect any more
        stopped = Change.objects.filter(pk=change.pk, state=change.state, state__in=(State.REJECTED, State.PARKED))
        _decide(change, "retried", stopped.update(**again))


def look(scope: Scope, change: Change) -> None:
    """Find out now what became of an unknown one, without waiting for the next look that is due by itself."""
    require_change(scope, change)
    waiting = Change.objects.filter(pk=change.pk, state=State.UNKNOWN, lease_holder="")
    updated = waiting.update(next_attempt_at=timezone.now())
    change.refresh_from_db()
    if not updated:
        raise TooLate(change.state)
    _note(change, "looked_up")
    transaction.on_commit(partial(nudge, str(change.pk)))


def resolve_conflict(scope: Scope, change: Change, *, overwrite: bool) -> None:
    """Set what was wanted over what is there now, or drop it. A record that is gone cannot be overwritten: TooLate."""
    require_change(scope, change)
    if not overwrite:
        cancel(scope, change)
        return
    _require_own(change)
    _require_approved(scope, change)
    with transaction.atomic():
        found = change.answer.get("items", ()) if change.state == State.CONFLICT else ()
        again = _ask_again(scope, change)
        if any(one["reason"] == "gone" for one in found):
            raise TooLate(change.state)
        _require_present(scope, change, found)
        _decide(change, "overwritten", Change.objects.filter(pk=change.pk, state=State.CONFLICT).update(**again))
        for one in found:
            _accept_present(change, one)


def replace(scope: Scope, change: Change, wanted: Sequence[Intent], token: str) -> Change:
    """What the form of a rejected or conflicting change, filled again, asks for; the old one is superseded."""
    require_change(scope, change)
    with transaction.atomic():
        new = submit(scope, wanted, token)
        old = Change.objects.filter(pk=change.pk, state__in=(State.REJECTED, State.CONFLICT)).exclude(pk=new.pk)
        old.update(state=State.SUPERSEDED, done_at=timezone.now(), **NOBODYS)
    return new


def resume(api_key: ApiKey) -> int:
    """A key is there, or works again: what waits for its group goes on, in its old turn. How many changes.

    What was to go out with a key that was taken away, or was followed by it, has the new one.
    """
    group = Change.objects.filter(customer=api_key.customer_id, key_group=api_key.resource_group)
    group.filter(done_at=None, api_key=None).exclude(state=State.PARKED).update(api_key=api_key)
    waiting = parked_by_key(api_key.customer).get(api_key.resource_group, 0)
    parked = group.filter(state=State.PARKED).order_by("turn")
    ids = [str(pk) for pk in parked.values_list("pk", flat=True)]
    parked.filter(pk__in=ids).order_by().update(
        state=State.QUEUED,
        api_key=api_key,
        key_generation=api_key.generation,
        next_attempt_at=timezone.now(),
        answer={},
        **NOBODYS,
    )
    for pk in ids[:1]:
        transaction.on_commit(partial(nudge, pk))
    return waiting


def refused_keys() -> list[str]:
    """The ids of keys that the platform refused and for which something waits."""
    parked = Change.objects.filter(state=State.PARKED, api_key__refused_at__isnull=False)
    return [str(pk) for pk in parked.order_by().values_list("api_key", flat=True).distinct()]


def resume_accepted() -> None:
    """What waits for a key that the platform refused, and accepts again by now, goes on: nobody enters it anew."""
    accepted = Change.objects.filter(state=State.PARKED, api_key__isnull=False, api_key__refused_at=None)
    for key in ApiKey.objects.filter(pk__in=accepted.order_by().values("api_key")):
        with transaction.atomic():
            resume(key)


def resume_unreached() -> None:
    """Where the platform answers again: whatever waits because it did not answer need not wait any longer."""
    if circuit_breaker.answers_again():
        waiting = Change.objects.filter(done_at=None, state=State.QUEUED, lease_holder="", answer__kind="unreachable")
        waiting.update(next_attempt_at=timezone.now())


def _require_own(change: Change) -> None:
    """TooLate where its plan asks for it anew: what was rejected there, or is in conflict, is open there again."""
    if change.plan_number is not None and change.state in (State.REJECTED, State.CONFLICT):
        raise TooLate(change.state)


def _require_approved(scope: Scope, change: Change) -> None:
    """NeedsApproval for what was asked for before that was required, and would be asked for anew."""
    wanted = [
        (Intent(type_name=item.type_name, key=item.key, wanted=item.wanted, creates=item.creates), item.group)
        for item in change.items.all()
    ]
    stopped = change.state in (State.REJECTED, State.CONFLICT)
    if stopped and change.plan_number is None and needs_approval(scope, wanted):
        raise NeedsApproval


def _require_present(scope: Scope, change: Change, found: Sequence[Mapping[str, Any]]) -> None:
    """Taken where what is there instead of something new is outside of what the person sees."""
    items = {item.position: item for item in change.items.all()}
    for one in found:
        item = items[one["item"]]
        if one["reason"] == "exists" and not rights.sees(scope, item):
            raise Taken(item.key)


def _ask_again(scope: Scope, change: Change) -> dict[str, Any]:
    """Fields of a change that a person asks for anew: last in the line, by the key that its group has now."""
    key = ApiKey.objects.filter(customer=change.customer_id, resource_group=change.key_group).first()
    return {
        "state": State.QUEUED,
        "turn": next_turn(change.customer),
        "api_key": key,
        "key_generation": key.generation if key else change.key_generation,
        "next_attempt_at": timezone.now(),
        "done_at": None,
        "answer": {},
        **rights.asked(scope),
        **NOBODYS,
    }


def _decide(change: Change, what: str, updated: int) -> None:
    """What was decided holds and goes on record, if the change was still in a state for it."""
    before = change.state
    change.refresh_from_db()
    if not updated:
        raise TooLate(change.state)
    _note(change, what, before)
    if change.state == State.QUEUED:
        transaction.on_commit(partial(nudge, str(change.pk)))


def _note(change: Change, what: str, before: str = "") -> None:
    """On record (accounts.audit.trail), together with what it does."""
    trail.record(
        f"change.{what}",
        customer=change.customer,
        target=f"change {change.number}",
        before={"state": before} if before else None,
        after={"state": change.state},
    )


def _accept_present(change: Change, found: Mapping[str, Any]) -> None:
    """The person knows now what is there: that is what they saw."""
    item = Item.objects.get(change=change, position=found["item"])
    if found["reason"] == "exists":
        resource_type = TYPES[item.type_name]
        fixed = {field.name for field in resource_type.fields if field.settable is not Settable.ALWAYS}
        item.wanted = {name: value for name, value in item.wanted.items() if name not in fixed}
        item.creates = False
    item.before |= {name: one["present"] for name, one in found["fields"].items()}
    item.save(update_fields=["wanted", "creates", "before"])
