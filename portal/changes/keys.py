"""Which API key a change goes out with: that of the nearest group, from the group concerned upwards, that has one."""

from collections.abc import Iterable, Mapping

from portal.accounts.models import ApiKey, Customer
from portal.changes.errors import NoKey
from portal.changes.wanted import Wanted
from portal.resources.types import TYPES


def key_for(customer: Customer, wanted: Iterable[Wanted], parents: Mapping[str, str]) -> ApiKey:
    """The nearest key that reaches all groups concerned. `parents`: group → the group above it. Raises NoKey."""
    keys = {key.resource_group: key for key in ApiKey.objects.filter(customer=customer)}
    wanted = list(wanted)
    parents = {**parents, **_new_groups(wanted)}
    groups = frozenset(group for item in wanted for group in _groups_concerned(item, parents))
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


def _new_groups(wanted: list[Wanted]) -> dict[str, str]:
    """Groups that the change itself creates, and their parents."""
    return {item.key: str(item.wanted.get("parent", "")) for item in wanted if item.is_new_group}


def _groups_concerned(item: Wanted, parents: Mapping[str, str]) -> set[str]:
    """The group that places the record, and those that it is to be moved to or created in."""
    named = set(item.named_groups)
    if item.type_name != "resourcegroup":
        return named | {item.group}
    if item.creates:
        return named
    if item.action == "delete":  # a key cannot delete its own group (rg_11): one above it, where there is one
        return {parents.get(item.key) or item.key}
    return named | {item.key}


def group_of(item: Wanted) -> str:
    """Which group places the record, from what is asked for; '' where its key doesn't say."""
    resource_type = TYPES[item.type_name]
    if item.is_new_group:
        return str(item.wanted.get("parent", ""))
    return resource_type.group({**item.wanted, **resource_type.key_values(item.key)}) or ""
