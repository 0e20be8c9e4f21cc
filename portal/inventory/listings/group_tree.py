"""The tree of resource groups: what is above, below and right below a group."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from portal.inventory.listings.listing import Listing
from portal.inventory.listings.merging import View


class GroupTree:
    """Groups by their parent. Groups whose parent is not known are roots; cycles end where they close."""

    def __init__(self, groups: View | Listing) -> None:
        self.groups = groups

    @classmethod
    def of(cls, groups: View | Listing) -> "GroupTree":
        """The tree of these groups, made once for each view of them."""
        return groups.index.once("tree", lambda: cls(groups))

    @cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for record in self.groups.records:
            found.setdefault(self.parent(record.key), []).append(record.key)
        return {parent: tuple(names) for parent, names in found.items()}

    def __contains__(self, name: object) -> bool:
        return name in self.groups.by_key

    def parent(self, name: str) -> str:
        """Name of the known group above, '' for none."""
        record = self.groups.by_key.get(name)
        parent = record.get("parent") if record is not None else ""
        return parent if isinstance(parent, str) and parent in self.groups.by_key and parent != name else ""

    def children(self, name: str) -> tuple[str, ...]:
        """The groups right below, in natural order; of '' the roots."""
        return self._children.get(name, ())

    def path(self, name: str) -> tuple[str, ...]:
        """From the root down to the group itself; () for a group that is not known."""
        path: list[str] = []
        while name in self and name not in path:
            path.append(name)
            name = self.parent(name)
        return tuple(reversed(path))

    def below(self, name: str) -> frozenset[str]:
        """The group and all below it; nothing for a group that is not known."""
        return frozenset(found for found, _ in self.walk(name)) if name in self else frozenset()

    def walk(self, name: str = "") -> Iterator[tuple[str, int]]:
        """Each group and its depth, parents first, from the group (depth 0) or, for '', from all roots."""
        seen: set[str] = set()
        waiting = [(name, 0)] if name else [(root, 0) for root in reversed(self.children(""))]
        while waiting:
            found, depth = waiting.pop()
            if found not in seen:
                seen.add(found)
                yield found, depth
                waiting.extend((child, depth + 1) for child in reversed(self.children(found)))
