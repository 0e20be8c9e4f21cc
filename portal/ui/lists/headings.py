"""The headings of a list: links that sort, and say by `aria-sort` how it is sorted."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from portal.inventory.listings.select import Query
from portal.ui.lists.columns import ResourceTable


@dataclass(frozen=True, slots=True)
class Heading:
    """One column's heading; `address` sorts by it, the other way round where it is sorted by already."""

    name: str
    label: str
    classes: str
    sort: str  # ascending | descending | ''
    address: str  # '' where it cannot be sorted by

    @property
    def icon(self) -> str:
        return {"ascending": "arrow-up", "descending": "arrow-down"}.get(self.sort, "selector")


def headings(
    table: ResourceTable, query: Query, address_of: Callable[[Query], str], roomy: Collection[str] = ()
) -> list[Heading]:
    """A heading for each column that is shown, in order; those in `roomy` stand back where there is no room."""
    found = []
    for column in table.columns.iterall():
        alias = column.order_by_alias
        sort = ("descending" if alias.is_descending else "ascending") if column.is_ordered else ""
        wanted = str(alias.opposite if column.is_ordered else alias)
        address = address_of(replace(query, sort=wanted, page=1)) if column.orderable else ""
        classes = [column.column.attrs.get("th", {}).get("class", ""), "if-room" if column.name in roomy else ""]
        found.append(Heading(column.name, str(column.header), " ".join(filter(None, classes)), sort, address))
    return found
