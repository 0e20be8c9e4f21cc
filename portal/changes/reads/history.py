"""What was asked for and what became of it: of a customer, filtered and paged, and of one resource."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.people.people import named_so
from portal.changes.models import Change, Item, State
from portal.changes.reads.pending import ATTENTION_FOR
from portal.changes.reads.visibility import visible_changes, visible_items

PER_PAGE = (25, 50, 100, 250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for; empty means any. `text` is looked for in records, their groups, and who asked."""

    states: Sequence[str] = ()
    types: Sequence[str] = ()
    authors: Sequence[str] = ()  # e-mail addresses
    text: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Changes, newest first, each with `shown_items`."""

    changes: list[Change]
    total: int
    number: int
    pages: int
    per_page: int


def history(scope: Scope, filters: Filters, *, page: int = 1, per_page: int = 50) -> Page:
    """A page of the customer's changes; a page number beyond the last gives the last. 403 for who sees no changes."""
    found = matching(scope, filters)
    per_page = per_page if per_page in PER_PAGE else 50
    total = found.count()
    pages = max(1, -(-total // per_page))
    number = min(max(page, 1), pages)
    start = (number - 1) * per_page
    return Page(list(found[start : start + per_page]), total, number, pages, per_page)


def history_of(scope: Scope, type_name: str, key: str, *, most: int = 50) -> list[Change]:
    """Changes of one resource, newest first."""
    items = visible_items(scope, Item.objects.filter(change__customer=scope.customer.pk, type_name=type_name, key=key))
    latest = items.order_by("-change__number").values_list("change", flat=True).distinct()[:most]
    found = list(latest)  # nothing has been asked of most records: then this is all that is looked up
    return list(visible_changes(scope).filter(pk__in=found).order_by("-number")) if found else []


def needing_someone(scope: Scope, *, most: int = 20) -> list[Change]:
    """What goes no further until a person acts, and what was rejected lately and not put away; newest first."""
    waiting = visible_changes(scope).filter(done_at=None, state__in=(State.CONFLICT, State.PARKED))
    since = timezone.now() - ATTENTION_FOR
    rejected = visible_changes(scope).filter(state=State.REJECTED, done_at__gte=since)
    return [*waiting.order_by("-number")[:most], *rejected.order_by("-number")[:most]][:most]


def matching(scope: Scope, filters: Filters) -> QuerySet[Change]:
    """All that is looked for, newest first; 403 for who sees no changes."""
    changes = visible_changes(scope)
    if filters.states:
        changes = changes.filter(state__in=filters.states)
    if filters.authors:
        changes = changes.filter(author__email__in=filters.authors)
    items = visible_items(scope, Item.objects.filter(change=OuterRef("pk")))
    if filters.types:
        changes = changes.filter(Exists(items.filter(type_name__in=filters.types)))
    if filters.text:
        changes = changes.filter(mentions(items, filters.text))
    return changes.order_by("-number")


def mentions(items: QuerySet[Item], text: str) -> Q:
    """Changes of records, or of records in a group, that are named so, or by people that are; of those items."""
    named = items.filter(Q(key__icontains=text) | Q(group__icontains=text))
    return Q(Exists(named)) | Q(author__in=named_so(text))
