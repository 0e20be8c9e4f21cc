"""Which changes a person may see: those of the customer, of types their role may see, within their groups."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES, Verb
from portal.changes.models import Change, Item
from portal.inventory import reads
from portal.resources.types import TYPES


def visible_items(scope: Scope, items: QuerySet[Item]) -> QuerySet[Item]:
    """Those of the items that the scope may see."""
    types = [name for name in TYPES if scope.may_see(name)]
    return items.filter(_within(scope), type_name__in=types)


def visible_changes(scope: Scope) -> QuerySet[Change]:
    """Changes of which the scope may see something; `shown_items` are the items that it may."""
    scope.require(Verb.SEE, CHANGES)
    changes = Change.objects.filter(customer=scope.customer.pk)
    if not sees_all(scope):
        changes = changes.filter(Exists(visible_items(scope, Item.objects.filter(change=OuterRef("pk")))))
    return changes.select_related("author").prefetch_related(
        Prefetch("items", visible_items(scope, Item.objects.order_by("position")), "shown_items")
    )


def find_change(scope: Scope, pk: UUID | str) -> Change:
    """One change that the scope may see something of; Http404 otherwise."""
    try:
        return visible_changes(scope).get(pk=pk)
    except (Change.DoesNotExist, ValidationError, ValueError):
        raise Http404 from None


def require_change(scope: Scope, change: Change) -> None:
    """Whether the person may act on all of a change: Http404 where part of it is out of sight, else a 403."""
    items = Item.objects.filter(change=change)
    if change.customer_id != scope.customer.pk or visible_items(scope, items).count() != items.count():
        raise Http404
    for item in items:
        scope.require(Verb.CHANGE, item.type_name)


def sees_all(scope: Scope) -> bool:
    """Whether nothing of any change is out of sight: then it need not be asked for each."""
    return not scope.root and all(scope.may_see(name) for name in TYPES)


def _within(scope: Scope) -> Q:
    """By the group that places a record; a group that is there already counts as placed in itself."""
    return Q(group__in=list(reads.listing(scope, "resourcegroup").by_key)) if scope.root else Q()
