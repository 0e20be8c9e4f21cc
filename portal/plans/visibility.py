"""What of a plan a person sees: entries of types their role sees, within their groups; and that there is more."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from django.db.models import QuerySet
from django.http import Http404

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES, Verb
from portal.changes.keys import parents_of
from portal.inventory import reads
from portal.plans.models import Entry, Plan

GROUP = "resourcegroup"
HIGHEST = 10**9  # of a plan's number


def plans_of(scope: Scope) -> QuerySet[Plan]:
    """The customer's plans; 403 for who sees no changes."""
    scope.require(Verb.SEE, CHANGES)
    return Plan.objects.filter(customer=scope.customer.pk).select_related("author")


def find_plan(scope: Scope, number: int) -> Plan:
    """The plan of that number, where the person sees something of it; Http404 otherwise."""
    plan = plans_of(scope).filter(number=number).first() if number < HIGHEST else None
    if plan is None or not sees(scope, plan):
        raise Http404
    plan.customer = scope.customer  # which knows its keys by now
    return plan


def sees(scope: Scope, plan: Plan) -> bool:
    """Whether the person sees it: who sees only part of the customer sees plans that hold something of theirs, and
    their own.
    """
    if not scope.root or plan.author_id == scope.user.pk:
        return True
    return bool(visible_entries(scope, list(plan.entries.all())))


class Placed(Protocol):
    """An entry, or what is known of one."""

    @property
    def type_name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def creates(self) -> bool: ...


def visible_entries[P: Placed](
    scope: Scope, entries: Sequence[P], known: Mapping[str, object] | None = None
) -> list[P]:
    """Those of the entries of one plan that the scope sees; `known` are its groups, where they are at hand."""
    if not scope.root:
        return [entry for entry in entries if scope.may_see(entry.type_name)]
    if known is None:
        known = reads.listing(scope, GROUP).by_key
    groups = {*known, *planned_groups(scope, entries, known)}
    mine = [entry for entry in entries if getattr(entry, "author_id", None) == scope.user.pk]
    elsewhere = _anywhere(scope, entries) if mine else set()
    # What somebody put into a group that is nowhere any more stays theirs, to be taken out.
    nowhere = {id(entry) for entry in mine if entry.group not in elsewhere}
    seen = (entry for entry in entries if id(entry) in nowhere or _is_within(entry, groups))
    return [entry for entry in seen if scope.may_see(entry.type_name)]


def _anywhere(scope: Scope, entries: Sequence[Placed]) -> set[str]:
    """All groups of the customer, and those that the plan creates."""
    return {*parents_of(scope), *(entry.key for entry in entries if entry.creates and entry.type_name == GROUP)}


def planned_groups(
    scope: Scope, entries: Iterable[Placed], known: Mapping[str, object] | None = None
) -> dict[str, str]:
    """Groups that these entries create where the person sees it: group → the one above it, in order."""
    created = {entry.key: entry.group for entry in entries if entry.creates and entry.type_name == GROUP}
    if known is None:
        known = reads.listing(scope, GROUP).by_key
    return {name: parent for name, parent in created.items() if _stands_in(parent, known, created)}


def require_entry(scope: Scope, entry: Entry, entries: Sequence[Entry]) -> None:
    """Http404 where the person does not see it, 403 where they may not change what it is about."""
    if entry not in visible_entries(scope, entries):
        raise Http404
    scope.require(Verb.CHANGE, entry.type_name)


def require_all(scope: Scope, entries: Sequence[Entry]) -> bool:
    """Whether the person sees all of it; 403 where they may not change something of what they see."""
    for entry in entries:
        scope.require(Verb.CHANGE, entry.type_name)
    return sees_all(scope, entries)


def sees_all(scope: Scope, entries: Sequence[Entry]) -> bool:
    """Whether nothing of it is out of the person's sight."""
    return len(visible_entries(scope, entries)) == len(entries)


def _stands_in(group: str, known: Mapping[str, object], created: Mapping[str, str]) -> bool:
    """Whether it is known, or comes to stand below one that is."""
    seen: set[str] = set()
    while group in created and group not in known and group not in seen:
        seen.add(group)
        group = created[group]
    return group in known


def _is_within(entry: Placed, groups: Iterable[str]) -> bool:
    """By the group that places it; one that moves a group elsewhere, also by where that is."""
    return entry.group in groups or (entry.type_name == GROUP and entry.creates and entry.key in groups)
