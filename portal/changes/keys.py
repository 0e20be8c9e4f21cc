"""Which API key a change goes out with: that of the nearest group, from the group concerned upwards, that has one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey, Customer
from portal.changes.errors import NoKey
from portal.changes.intent import Intent
from portal.inventory import reads


def key_for(customer: Customer, items: Iterable[tuple[Intent, str]], parents: Mapping[str, str]) -> ApiKey:
    """The nearest key that reaches all groups concerned. Raises NoKey.

    `items` are what is wanted, each with the group that places it; `parents` says which group is above which.
    """
    return reaching(keys_of(customer), list(items), parents)[0]


def keys_of(customer: Customer) -> dict[str, ApiKey]:
    """The customer's keys by their groups."""
    return {key.resource_group: key for key in ApiKey.objects.filter(customer=customer)}


def reaching(
    keys: Mapping[str, ApiKey], items: Sequence[tuple[Intent, str]], parents: Mapping[str, str]
) -> list[ApiKey]:
    """Those of the keys that reach all groups concerned, nearest first. Raises NoKey where there is none."""
    parents = {**parents, **{item.key: group for item, group in items if item.is_new_group}}
    groups = frozenset(group for item, place in items for group in _groups_concerned(item, place, parents))
    chains = [[name for name in upwards(group, parents) if name in keys] for group in sorted(groups)]
    found = [keys[name] for name in (chains[0] if chains else ()) if all(name in chain for chain in chains)]
    if not found:
        raise NoKey(groups)
    return found


def is_keys_own(scope: Scope, group: str) -> bool:
    """Whether the group's own key is the topmost that reaches it: no key moves or deletes its own group (rg_11, rg_12).

    The record does not tell: such a group may have a parent, which the key does not reach.
    """
    return group in keys_own(scope)


def keys_own(scope: Scope) -> frozenset[str]:
    """All such groups of the customer."""
    keys = set(ApiKey.objects.filter(customer=scope.customer).values_list("resource_group", flat=True))
    parents = parents_of(scope) if keys else {}
    return frozenset(group for group in keys if keys.isdisjoint(upwards(group, parents)[1:]))


def parents_of(scope: Scope) -> Mapping[str, str]:
    """Group → the group above it, for the whole customer: keys may belong to groups above the person's root."""
    groups = reads.listing(replace(scope, root=""), "resourcegroup")
    return {record.key: str(record.get("parent") or "") for record in groups.records}


def upwards(group: str, parents: Mapping[str, str]) -> list[str]:
    """The group and those above it, nearest first; ends where the tree isn't known, or bites its tail."""
    chain: list[str] = []
    while group and group not in chain:
        chain.append(group)
        group = parents.get(group, "")
    return chain


def _groups_concerned(item: Intent, place: str, parents: Mapping[str, str]) -> set[str]:
    """The group that places the record, and those that it is to be moved to."""
    if item.type_name == "resourcegroup" and item.action == "delete":
        # A key cannot delete its own group (rg_11): one from above, where there is one.
        return {parents.get(place) or place}
    return {place} | item.groups_named
