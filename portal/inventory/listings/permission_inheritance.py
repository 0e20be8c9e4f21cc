"""What holds in a group because of a group above it: permissions person by person (pm_04), service users (su_03)."""

from dataclasses import dataclass

from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.merging import View
from portal.resources.spec import Record


@dataclass(frozen=True, slots=True)
class Held:
    """A permission or a service user that holds in a group, and where that comes from."""

    record: Record
    origin: str  # the group that defines it
    inherited: bool
    visible: bool  # whether the scope may open it; else it is shown without a link


def holding(tree: GroupTree, group: str, permissions: View, allowed: frozenset[str] | None) -> tuple[Held, ...]:
    """The permissions that hold in a group: of each uid those of the nearest group that defines any (pm_04).

    `allowed` are the groups a limited scope sees, None for all.
    """
    found: dict[str, list[Held]] = {}
    for origin in reversed(tree.path(group)):
        new: dict[str, list[Held]] = {}
        for record in permissions.index.by_group.get(origin, ()):
            new.setdefault(str(record.get("uid")), []).append(_held(record, origin, group, allowed))
        found = new | found
    return tuple(held for uid in sorted(found) for held in found[uid])


def reaching(tree: GroupTree, group: str, service_users: View, allowed: frozenset[str] | None) -> tuple[Held, ...]:
    """The service users that exist in a group: its own, and those of the groups above (su_03), nearest first."""
    return tuple(
        _held(record, origin, group, allowed)
        for origin in reversed(tree.path(group))
        for record in service_users.index.by_group.get(origin, ())
    )


def _held(record: Record, origin: str, group: str, allowed: frozenset[str] | None) -> Held:
    return Held(record, origin, origin != group, allowed is None or origin in allowed)
