"""Which API key a change goes out with: that of the nearest group, from the group concerned upwards, that has one."""

from collections.abc import Iterable, Mapping

from portal.accounts.models import ApiKey, Customer
from portal.changes.errors import NoKey
from portal.changes.wanted import Wanted


def key_for(customer: Customer, items: Iterable[tuple[Wanted, str]], parents: Mapping[str, str]) -> ApiKey:
    """The nearest key that reaches all groups concerned. Raises NoKey.

    `items` are what is wanted, each with the group that places it; `parents` says which group is above which.
    """
    items = list(items)
    keys = {key.resource_group: key for key in ApiKey.objects.filter(customer=customer)}
    parents = {**parents, **{item.key: group for item, group in items if item.is_new_group}}
    groups = frozenset(group for item, place in items for group in _groups_concerned(item, place, parents))
    chains = [[name for name in upwards(group, parents) if name in keys] for group in sorted(groups)]
    for name in chains[0] if chains else ():
        if all(name in chain for chain in chains):
            return keys[name]
    raise NoKey(groups)


def upwards(group: str, parents: Mapping[str, str]) -> list[str]:
    """The group and those above it, nearest first; ends where the tree isn't known, or bites its tail."""
    chain: list[str] = []
    while group and group not in chain:
        chain.append(group)
        group = parents.get(group, "")
    return chain


def _groups_concerned(item: Wanted, place: str, parents: Mapping[str, str]) -> set[str]:
    """The group that places the record, and those that it is to be moved to."""
    if item.type_name == "resourcegroup" and item.action == "delete":
        # A key cannot delete its own group (rg_11): one from above, where there is one.
        return {parents.get(place) or place}
    return {place} | item.groups_named
