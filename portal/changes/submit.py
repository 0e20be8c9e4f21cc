"""Takes what a person asks for: a row, committed; then a nudge. Submitting twice is one change."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.http import Http404

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import ApiKey, Customer
from portal.changes import rights
from portal.changes.enqueue import nudge
from portal.changes.intent import DELETION, Intent
from portal.changes.keys import key_for, parents_of
from portal.changes.models import Change, Item
from portal.inventory import reads

__all__ = ["Intent", "submit"]

MOST_ITEMS = 200


def submit(scope: Scope, wanted: Sequence[Intent], token: str) -> Change:
    """One change from all that is wanted, in order; the earlier one where this token has been submitted before.

    `token` is the form's own, at most 64 characters. Raises PermissionDenied for a role that may not, Http404 for what
    lies outside the scope or a verb that the type doesn't have, ChangeError for what a person can mend (NoKey,
    Unsendable), ValueError for what no form of ours asks.
    """
    if not token or len(token) > 64 or not 0 < len(wanted) <= MOST_ITEMS:
        raise ValueError("token or number of items")
    if any(not scope.may_change(item.type_name) for item in wanted):
        raise PermissionDenied
    if (earlier := _submitted(scope, token)) is not None:
        return earlier
    for item in wanted:
        item.check()
    places = _places(scope, wanted)
    items = [(_knowing_of_deletion(scope, item), place) for item, place in zip(wanted, places, strict=True)]
    api_key = key_for(scope.customer, items, parents_of(scope))
    return _write(scope, items, token, api_key)


def next_turn(customer: Customer) -> int:
    """The last turn of the customer's line. Holds the customer's row until the transaction's end."""
    Customer.objects.select_for_update().get(pk=customer.pk)
    return 1 + (Change.objects.filter(customer=customer).aggregate(last=Max("turn"))["last"] or 0)


def _submitted(scope: Scope, token: str) -> Change | None:
    return Change.objects.filter(customer=scope.customer, author=scope.user, token=token).first()


@transaction.atomic
def _write(scope: Scope, items: list[tuple[Intent, str]], token: str, api_key: ApiKey) -> Change:
    turn = next_turn(scope.customer)
    if (earlier := _submitted(scope, token)) is not None:  # the other click was faster
        return earlier
    last = Change.objects.filter(customer=scope.customer).aggregate(last=Max("number"))["last"]
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
    )
    Item.objects.bulk_create(_item(change, position, *item) for position, item in enumerate(items))
    for item, _place in items:
        target = f"{item.type_name}/{item.key}"
        after = {"change": change.number, "action": item.action, **item.wanted}
        trail.record("change.submitted", customer=scope.customer, target=target, before=item.before, after=after)
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


def _places(scope: Scope, wanted: Sequence[Intent]) -> list[str]:
    """The group that places each record; Http404 where one of them, or a group it refers to, is not in the scope."""
    new: set[str] = set()  # groups that an earlier item creates
    places: list[str] = []
    for item in wanted:
        if any(group not in new and reads.record(scope, "resourcegroup", group) is None for group in item.groups_named):
            raise Http404
        places.append(_place_of_new(item) if item.creates else _place(scope, item))
        if item.is_new_group:
            new.add(item.key)
    return places


def _knowing_of_deletion(scope: Scope, item: Intent) -> Intent:
    """With the deletion that is planned as far as known, where nobody said what the person saw of it."""
    if not item.cancels_deletion or DELETION in item.before:
        return item
    record = reads.record(scope, item.type_name, item.key)
    return replace(item, before={**item.before, DELETION: record.get(DELETION) if record else None})


def _place(scope: Scope, item: Intent) -> str:
    record = reads.record(scope, item.type_name, item.key)
    if record is None or not record.group:
        raise Http404
    return record.group


def _place_of_new(item: Intent) -> str:
    """Where it is to be created: always said, never left to the platform's default."""
    if item.is_new_group:
        place = item.wanted.get("parent")
    else:
        place = item.type.group({**item.wanted, **item.type.key_values(item.key)})
    if not isinstance(place, str) or not place:
        raise ValueError(f"{item.type_name}: the group it is to be in")
    return place
