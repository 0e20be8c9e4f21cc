"""Applying a plan: now or at a time, stopping it, and bringing one that is under way a step on.

A plan that is applied is changes of the ordinary pipeline (portal.changes), made in the transaction that applies it.
`advance` looks how far they are: it may be called as often as one likes, by any number of workers.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope, scope_now
from portal.accounts.roles import CHANGES, Role, Verb
from portal.changes import decisions
from portal.changes.errors import ChangeError, TooLate
from portal.changes.models import Change
from portal.changes.models import State as Sent
from portal.changes.rights import asked
from portal.changes.submit import PlanPart, release, submit
from portal.plans import approval
from portal.plans.errors import Edited, NotReady
from portal.plans.held import held, on_record, tell
from portal.plans.models import Part, Plan, State
from portal.plans.review import Review
from portal.plans.visibility import require_all


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
            on_record(now, "scheduled", after={"not_before": not_before.isoformat(), "entries": len(review.all)})
        else:
            _send(scope, now, review)
    return now


def stop(scope: Scope, plan: Plan) -> None:
    """Hold back what has not been sent. What an earlier part has brought about stays so.

    Raises NotOpen, TooLate where nothing can be held back any more, and NotReady for who does not see all of it, or
    where only a new key can tell whether it was sent.
    """
    scope.require(Verb.CHANGE, CHANGES)
    with held(plan, State.SCHEDULED, State.APPLYING) as now:
        if not require_all(scope, list(now.entries.filter(change=None))):
            raise NotReady("hidden")
        under_way = [part.change for part in _parts(now) if not part.is_over]
        if under_way and all(change.is_open_question for change in under_way):
            raise NotReady("perhaps_sent")
        tell(now.customer)
        if now.state == State.SCHEDULED:
            _set(now, State.OPEN, not_before=None)
        elif _hold_back(scope, _parts(now)):
            _step(now)
        else:
            raise TooLate(now.state)
        on_record(now, "stopped")


def _hold_back(scope: Scope, parts: Sequence[Part]) -> int:
    """What of them has not been sent stays here. How many."""
    count = 0
    for part in parts:
        if not part.is_over:
            with suppress(TooLate):
                decisions.cancel(scope, part.change)
                count += 1
    return count


def due() -> list[int]:
    """Ids of plans that may be a step further than they say."""
    scheduled = Q(state=State.SCHEDULED, not_before__lte=timezone.now())
    return list(Plan.objects.filter(scheduled | Q(state=State.APPLYING)).order_by("pk").values_list("pk", flat=True))


def advance(pk: int) -> None:
    """A step, if there is one to take."""
    with transaction.atomic():
        found = Plan.objects.select_for_update(of=("self",), no_key=True).select_related(
            "customer", "applied_by", "in_place_of"
        )
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
        is_through = part.change.recorded_at is not None
        if is_through and plan.entries.filter(pk__in=part.entries, change=None).update(change=part.change):
            tell(plan.customer)
    following = next((part for part in parts if part.change.recorded_at is None), None)
    if following is None:
        _set(plan, State.APPLIED)
    elif following.is_over:
        _open_again(plan, parts)
    elif following.change.state == Sent.DRAFT:
        release(following.change)


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
    except PermissionDenied:
        reason = "forbidden"
    else:
        return
    if reason == "unknown":
        return  # until the platform answers
    _set(plan, State.OPEN, not_before=None, obstacle=reason)
    on_record(plan, "not_sent", after={"reason": reason})


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
    entries = {(entry.type_name, entry.key): entry for entry in review.all}
    groups = {record: entry.group for record, entry in entries.items()}
    attempt, token = plan.attempt + 1, uuid4().hex
    for position, (_key, items) in enumerate(review.split.parts):
        intents = [intent for intent, _group in items]
        part = PlanPart(plan.number, stands_by=position > 0, groups=groups)
        try:
            change = submit(scope, intents, f"{token}-{position}", of_plan=part)
        except ChangeError as error:
            raise NotReady("no_key") from error
        except Http404 as error:  # gone since it was looked at, a moment ago
            raise NotReady("conflict") from error
        ids = [entries[intent.type_name, intent.key].pk for intent in intents]
        Part.objects.create(plan=plan, attempt=attempt, position=position, change=change, entries=ids)
    earlier = Change.objects.filter(pk__in=plan.parts.filter(attempt__lt=attempt).values("change"), state=Sent.REJECTED)
    earlier.update(state=Sent.SUPERSEDED)  # needs nobody any more: this attempt decides
    _set(plan, State.APPLYING, attempt=attempt, applied_at=timezone.now(), obstacle="", **_applier(scope))
    on_record(plan, "applied", after={"entries": len(entries), "changes": len(review.split.parts)})


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
