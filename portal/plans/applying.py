"""Applying a plan: now or at a time, stopping it, and bringing one that is under way a step on.

A plan that is applied is changes of the ordinary pipeline (portal.changes), made in the transaction that applies it.
`advance` looks how far they are: it may be called as often as one likes, by any number of workers.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.accounts.access import Scope, scope_now
from portal.accounts.audit import trail
from portal.accounts.roles import CHANGES, Role, Verb
from portal.changes import decisions
from portal.changes.errors import ChangeError
from portal.changes.models import Change
from portal.changes.models import State as Sent
from portal.changes.rights import asked
from portal.changes.submit import PlanPart, release, submit
from portal.plans import approval
from portal.plans.errors import Edited, NotReady
from portal.plans.held import held, tell
from portal.plans.models import Part, Plan, State
from portal.plans.review import Review
from portal.plans.visibility import require_all

NOT_TAKEN = (Sent.REJECTED, Sent.CONFLICT, Sent.SUPERSEDED, Sent.CANCELLED)

logger = logging.getLogger(__name__)


def apply(scope: Scope, plan: Plan, *, revision: int, not_before: datetime | None = None) -> Plan:
    """Send it, or have it sent not before that time.

    Raises Edited where it is not of that revision any more, NotOpen, NotReady with what stands in its way, and
    PermissionDenied for who may not change something of it.
    """
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.OPEN) as now:
        if now.revision != revision:
            raise Edited
        review = _ready(scope, now)
        if not_before is not None and not_before > timezone.now():
            _set(now, State.SCHEDULED, not_before=not_before, obstacle="", **_applier(scope))
            _note(now, "scheduled", after={"not_before": not_before.isoformat(), "entries": len(review.all)})
        else:
            _send(scope, now, review)
    return now


def stop(scope: Scope, plan: Plan) -> None:
    """Hold back what has not been sent. What an earlier part has brought about stays so. Raises NotOpen, TooLate."""
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.SCHEDULED, State.APPLYING) as now:
        require_all(scope, list(now.entries.filter(change=None)))
        for part in _parts(now):
            if part.change.recorded_at is None and part.change.state not in NOT_TAKEN:
                decisions.cancel(scope, part.change)
        _note(now, "stopped")
        if now.state == State.SCHEDULED:
            _set(now, State.OPEN, not_before=None)
        else:
            _step(now)


def due() -> list[int]:
    """Ids of plans that may be a step further than they say."""
    scheduled = Q(state=State.SCHEDULED, not_before__lte=timezone.now())
    return list(Plan.objects.filter(scheduled | Q(state=State.APPLYING)).order_by("pk").values_list("pk", flat=True))


def advance(pk: int) -> None:
    """A step, if there is one to take."""
    with transaction.atomic():
        found = Plan.objects.select_for_update(of=("self",)).select_related("customer", "applied_by", "in_place_of")
        plan = found.filter(pk=pk).first()
        if plan is not None and plan.state == State.APPLYING:
            _step(plan)
        elif plan is not None and plan.state == State.SCHEDULED and _is_time(plan):
            _send_at_its_time(plan)


def _is_time(plan: Plan) -> bool:
    return plan.not_before is None or plan.not_before <= timezone.now()


def _step(plan: Plan) -> None:
    """Note what is through; then the next part, or the end, or open again with what was not taken."""
    parts = _parts(plan)
    for part in parts:
        if part.change.recorded_at is not None:
            plan.entries.filter(pk__in=part.entries, change=None).update(change=part.change)
    if any(part.change.recorded_at is None and part.change.state in NOT_TAKEN for part in parts):
        _open_again(plan, parts)
    elif all(part.change.recorded_at is not None for part in parts):
        _set(plan, State.APPLIED)
    else:
        first = next(part for part in parts if part.change.recorded_at is None)
        if first.change.state == Sent.DRAFT:
            release(first.change)


def _open_again(plan: Plan, parts: Sequence[Part]) -> None:
    """What was not taken is open to be mended; nothing of it is sent by itself any more."""
    for part in parts:
        if part.change.state in (Sent.DRAFT, Sent.CONFLICT):
            undone = Change.objects.filter(pk=part.change.pk, state=part.change.state)
            undone.update(state=Sent.CANCELLED, done_at=timezone.now(), lease_holder="", lease_until=None)
    _set(plan, State.OPEN, not_before=None)


def _send_at_its_time(plan: Plan) -> None:
    """If it still may and can be; else it is open again, and says why not."""
    scope = _scope_of_applier(plan)
    try:
        if scope is None:
            raise NotReady("forbidden")
        with transaction.atomic():
            _send(scope, plan, _ready(scope, plan))
    except NotReady as error:
        reason = error.reason
    except Exception as error:  # noqa: BLE001 - whatever it is, the plan must say that it was not sent
        logger.warning("Plan %s was not sent at its time: %s", plan, type(error).__name__)
        reason = "forbidden"
    else:
        return
    _set(plan, State.OPEN, not_before=None, obstacle=reason)
    _note(plan, "not_sent", after={"reason": reason})


def _ready(scope: Scope, plan: Plan) -> Review:
    """What is to be sent, seen by who sends it; NotReady where it cannot be, PermissionDenied where they may not."""
    review = Review.of(scope, plan)
    require_all(scope, review.visible)
    if review.obstacle:
        raise NotReady(review.obstacle)
    if approval.is_required(scope, review.all) and not approval.is_approved(plan, review.all):
        raise NotReady("approval")
    return review


def _send(scope: Scope, plan: Plan, review: Review) -> None:
    """One change for each part; those after the first stand by."""
    entries = {(entry.type_name, entry.key): entry.pk for entry in review.all}
    attempt = plan.attempt + 1
    for position, (_key, items) in enumerate(review.split.parts):
        intents = [intent for intent, _group in items]
        token = f"plan-{plan.pk}-{attempt}-{position}"
        try:
            change = submit(scope, intents, token, of_plan=PlanPart(plan.number, stands_by=position > 0))
        except ChangeError as error:
            raise NotReady("no_key") from error
        ids = [entries[intent.type_name, intent.key] for intent in intents]
        Part.objects.create(plan=plan, attempt=attempt, position=position, change=change, entries=ids)
    earlier = Change.objects.filter(pk__in=plan.parts.filter(attempt__lt=attempt).values("change"), state=Sent.REJECTED)
    earlier.update(state=Sent.SUPERSEDED)  # needs nobody any more: this attempt decides
    _set(plan, State.APPLYING, attempt=attempt, applied_at=timezone.now(), obstacle="", **_applier(scope))
    _note(plan, "applied", after={"entries": len(entries), "changes": len(review.split.parts)})


def _parts(plan: Plan) -> list[Part]:
    """Of the latest attempt, each with its change."""
    return list(plan.parts.filter(attempt=plan.attempt).select_related("change").order_by("position"))


def _applier(scope: Scope) -> dict[str, object]:
    who = asked(scope)
    return {"applied_by": who["asked_by"], "in_place_of": who["in_place_of"]}


def _scope_of_applier(plan: Plan) -> Scope | None:
    """As they are now: staff may what the person may in whose place they did it."""
    user = plan.applied_by
    if user is None or not user.is_active:
        return None
    if plan.in_place_of is not None:
        scope = scope_now(plan.customer, plan.in_place_of) if user.is_staff else None
        return scope and Scope(scope.customer, user, Role(scope.role), scope.root)
    return scope_now(plan.customer, user)


def _set(plan: Plan, state: State, **fields: object) -> None:
    plan.state = state
    for name, value in fields.items():
        setattr(plan, name, value)
    plan.save(update_fields=["state", *fields])
    tell(plan.customer)


def _note(plan: Plan, what: str, **details: Any) -> None:
    """On record, together with what it does; by the portal itself where nobody asks."""
    trail.record(f"plan.{what}", customer=plan.customer, target=f"plan {plan.number}", **details)
