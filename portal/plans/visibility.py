"""What of a plan a person sees: entries of types their role sees, within their groups; and that there is more."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import QuerySet
from django.http import Http404

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES, Verb
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
    plan = plans_of(scope).select_related("customer").filter(number=number).first() if number < HIGHEST else None
    if plan is None or not sees(scope, plan):
        raise Http404
    return plan


def sees(scope: Scope, plan: Plan) -> bool:
    """Whether the person sees it: who sees only part of the customer sees plans that hold something of theirs, and
    their own.
    """
    if not scope.root or plan.author_id == scope.user.pk:
        return True
    return bool(visible_entries(scope, list(plan.entries.all())))


def visible_entries(scope: Scope, entries: Sequence[Entry]) -> list[Entry]:
    """Those of the entries of one plan that the scope sees."""
    if not scope.root:
        return [entry for entry in entries if scope.may_see(entry.type_name)]
    groups = {*reads.listing(scope, GROUP).by_key, *planned_groups(scope, entries)}
    return [entry for entry in entries if scope.may_see(entry.type_name) and _is_within(entry, groups)]


def planned_groups(scope: Scope, entries: Iterable[Entry]) -> dict[str, str]:
    """Groups that these entries create where the person sees it: group → the one above it, in order."""
    created = {entry.key: entry.group for entry in entries if entry.creates and entry.type_name == GROUP}
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
    return len(visible_entries(scope, entries)) == len(entries)


def _stands_in(group: str, known: Mapping[str, object], created: Mapping[str, str]) -> bool:
    """Whether it is known, or comes to stand below one that is."""
    seen: set[str] = set()
    while group in created and group not in known and group not in seen:
        seen.add(group)
        group = created[group]
    return group in known


def _is_within(entry: Entry, groups: Iterable[str]) -> bool:
    """By the group that places it; one that moves a group elsewhere, also by where that is."""
    return entry.group in groups or (entry.type_name == GROUP and entry.creates and entry.key in groups)
