"""What one call may reach: the key's group and its descendants (api_03), at one moment of the platform's time."""

from dataclasses import dataclass, field
from datetime import datetime

from portal.sandbox.models import Machine, ResourceGroup


@dataclass
class Scope:
    """The reach of one call. `groups` holds all reachable groups by id; `reload` after changing the tree."""

    key_group: ResourceGroup
    now: datetime
    groups: dict[int, ResourceGroup] = field(default_factory=dict)
    # Also the groups out of reach that share the topmost ancestor: only for sums over them.
    tree: list[ResourceGroup] = field(default_factory=list)
    # Machines that grew in this call: limits are checked once all records are in (api_16).
    grown: dict[int, Machine] = field(default_factory=dict)
    # Groups that moved in it, with the line of ancestors that they had before.
    moved: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read the tree of groups anew."""
        tree = {group.pk: group for group in ResourceGroup.objects.filter(tree=self.key_group.tree).order_by("name")}
        for group in tree.values():
            if group.parent_id is not None:
                group.parent = tree[group.parent_id]
        self.key_group = tree[self.key_group.pk]
        self.tree = list(tree.values())
        self.groups = {pk: group for pk, group in tree.items() if self.key_group in ancestry(group)}

    def group(self, name: object) -> ResourceGroup | None:
        """The reachable group of that name."""
        return next((group for group in self.groups.values() if group.name == name), None)

    def below(self, group: ResourceGroup) -> list[ResourceGroup]:
        """A group and all its descendants."""
        return [other for other in self.groups.values() if group in ancestry(other)]


def ancestry(group: ResourceGroup) -> list[ResourceGroup]:
    """A group, its parent, and so on up to the topmost."""
    line = [group]
    while line[-1].parent is not None:
        line.append(line[-1].parent)
    return line
