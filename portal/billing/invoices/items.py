"""The items of an invoice as they came: a description in free text, a product, and a price."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from portal.billing.invoices import amounts
from portal.billing.usage.matching import name_of
from portal.resources.spec import Value

type AddressOf = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an invoice. `price` is None where the platform sent no amount; `raw` is what it sent."""

    description: str
    product: str
    price: Decimal | None
    raw: str
    address: str = ""  # of its consumption, '' where it cannot be matched

    @property
    def shown(self) -> str:
        """With every digit: it is what the others are made of."""
        return self.raw if self.price is None else amounts.exact(self.price)

    @property
    def identity(self) -> tuple[str, str]:
        """By which it is found in another month."""
        return self.product, name_of(self.description)


def read_items(items: Value, address_of: AddressOf = lambda description, product: "") -> list[Item]:
    """The items as they came; one that is none is shown as text, without a price."""
    return [_item(one, address_of) for one in items] if isinstance(items, list) else []


def _item(one: Value, address_of: AddressOf) -> Item:
    if not isinstance(one, Mapping):
        return Item(str(one), "", None, "–")
    description, product = str(one.get("description") or ""), str(one.get("product") or "")
    price = one.get("price")
    address = address_of(description, product)
    return Item(description, product, amounts.parse(price), str(price or "–"), address)
