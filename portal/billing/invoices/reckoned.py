"""What is worked out of an invoice's items: kept for as long as it, the one before, and what was used are the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from portal.billing import sums
from portal.billing.invoices.comparison import Comparison, costs
from portal.billing.invoices.items import AddressOf, Item, read_items
from portal.billing.sums import Sum
from portal.billing.usage.matching import Things
from portal.inventory.listings.merging import same
from portal.inventory.weighted_cache import WeightedCache
from portal.resources.spec import Record

MOST_ITEMS = 20_000


@dataclass(frozen=True, slots=True)
class Product:
    """Items of one product and what they come to."""

    name: str
    items: Sequence[Item]
    total: Sum
    _rows: dict[str, SafeString] = field(default_factory=dict, repr=False, compare=False)

    @property
    def shown_total(self) -> SafeString:
        return sums.money(self.total)

    @property
    def rows(self) -> SafeString:
        """Its items as rows of a table (print/items.html): made once in each language."""
        language = get_language() or ""
        if language not in self._rows:
            self._rows[language] = render_to_string("print/items.html", {"items": self.items})
        return self._rows[language]


@dataclass(frozen=True, eq=False)
class Reckoned:
    """Of an invoice; nothing in it depends on who looks. `made_of`: what it is held against (see `Invoice`)."""

    record: Record
    previous: Record | None
    things: Things | None
    previous_things: Things | None
    address_of: AddressOf

    @property
    def made_of(self) -> tuple[object, ...]:
        return (self.record, self.previous, self.things, self.previous_things)

    @cached_property
    def items(self) -> Sequence[Item]:
        return read_items(self.record["items"], self.address_of)

    @cached_property
    def products(self) -> Sequence[Product]:
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.product, []).append(item)
        return [Product(name, items, sums.of(one.price for one in items)) for name, items in sorted(found.items())]

    @cached_property
    def sum(self) -> Sum:
        """Of the items, which should be the total (in_02)."""
        return sums.of(item.price for item in self.items)

    @cached_property
    def comparison(self) -> Comparison | None:
        """With the month before; None where that has no invoice."""
        if self.previous is None:
            return None
        before = costs(read_items(self.previous["items"]), self.previous_things)
        return Comparison.of(before, costs(self.items, self.things), self.record.key)


_known: WeightedCache[object, Reckoned] = WeightedCache(MOST_ITEMS, lambda one: len(one.record["items"] or ()) + 1)


def kept(slot: object, made_of: tuple[object, ...], make: Callable[[], Reckoned]) -> Reckoned:
    """What was worked out before in this slot, if of the very same."""
    found = _known.get(slot)
    if found is None or not same(found.made_of, made_of):
        found = make()
        _known.put(slot, found)
    return found
