"""Takes what a person asks for: a row, committed; then a nudge. Submitting twice is one change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import ApiKey, Customer
from portal.changes import rights
from portal.changes.enqueue import nudge
from portal.changes.errors import NeedsApproval
from portal.changes.intent import Intent
from portal.changes.keys import key_for, parents_of
from portal.changes.models import Change, Item, State
from portal.changes.places import NOTHING, placed, remembering
from portal.changes.production import needs_approval

__all__ = ["Intent", "submit"]

MOST_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class PlanPart:
    """That a change is one of a plan: of which, whether it stands by until `release`d, and where its records were when
    they were put in (by type and key).
    """

    number: int
    stands_by: bool = False
    groups: Mapping[tuple[str, str], str] = field(default_factory=dict)


def submit(scope: Scope, wanted: Sequence[Intent], token: str, *, of_plan: PlanPart | None = None) -> Change:
    """One change from all that is wanted, in order; the earlier one where this token has been submitted before.

    `token` is the form's own, at most 64 characters. Raises PermissionDenied for a role that may not, Http404 for what
    lies outside the scope or a verb that the type doesn't have, ChangeError for what a person can mend (NoKey,
    Unsendable) or has to have approved (NeedsApproval; a plan has seen to that), ValueError for what no form of ours
    asks.
    """
    if not token or len(token) > 64 or not 0 < len(wanted) <= MOST_ITEMS:
        raise ValueError("token or number of items")
    if any(not scope.may_change(item.type_name) for item in wanted):
        raise PermissionDenied
    if (earlier := _submitted(scope, token)) is not None:
        return earlier
    for item in wanted:
        item.check()
    items = placed(scope, wanted, lately=of_plan.groups if of_plan else NOTHING)
    if of_plan is None and needs_approval(scope, items):
        raise NeedsApproval
    api_key = key_for(scope.customer, items, parents_of(scope))
    return _write(scope, remembering(scope, items), token, api_key, of_plan)


def release(change: Change) -> bool:
    """What has stood by goes out in its turn, which is now; False where it stands by no more."""
    with transaction.atomic():
        turn, now = next_turn(change.customer), timezone.now()
        standing_by = Change.objects.filter(pk=change.pk, state=State.DRAFT)
        released = standing_by.update(state=State.QUEUED, turn=turn, next_attempt_at=now)
        transaction.on_commit(partial(nudge, str(change.pk)))
    return bool(released)


def next_turn(customer: Customer) -> int:
    """The last turn of the customer's line. Holds the customer's row until the transaction's end."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    return 1 + (Change.objects.filter(customer=customer).aggregate(last=Max("turn"))["last"] or 0)


def _submitted(scope: Scope, token: str) -> Change | None:
    return Change.objects.filter(customer=scope.customer, author=scope.user, token=token).first()


@transaction.atomic
def _write(
    scope: Scope, items: list[tuple[Intent, str]], token: str, api_key: ApiKey, of_plan: PlanPart | None
) -> Change:
    turn = next_turn(scope.customer)
    if (earlier := _submitted(scope, token)) is not None:  # the other click was faster
        return earlier
    last = Change.objects.filter(customer=scope.customer).aggregate(last=Max("number"))["last"]
    stands_by = of_plan is not None and of_plan.stands_by
    change = Change.objects.create(
        customer=scope.customer,
        number=(last or 0) + 1,
        turn=turn,
        author=scope.user,
        **rights.asked(scope),
        token=token,
        api_key=api_key,
        key_group=api_key.resource_group,
        key_generation=api_key.generation,
        state=State.DRAFT if stands_by else State.QUEUED,
        plan_number=of_plan.number if of_plan else None,
    )
    Item.objects.bulk_create(_item(change, position, *item) for position, item in enumerate(items))
    asked = [
        (f"{one.type_name}/{one.key}", one.before, {"change": change.number, "action": one.action, **one.wanted})
        for one, _place in items
    ]
    trail.record_all("change.submitted", asked, customer=scope.customer)
    if not stands_by:
        transaction.on_commit(partial(nudge, str(change.pk)))
    return change


def _item(change: Change, position: int, wanted: Intent, group: str) -> Item:
    return Item(
        change=change,
        position=position,
        type_name=wanted.type_name,
        key=wanted.key,
        group=group,
        action=wanted.action,
        creates=wanted.creates,
        wanted=dict(wanted.wanted),
        before=dict(wanted.before),
    )
