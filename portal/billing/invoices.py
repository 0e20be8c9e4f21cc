"""One invoice: its items by product, exact sums, and how it differs from the month before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.billing import amounts, months
from portal.billing.matching import Things, name_of
from portal.resources.spec import Record, Value
from portal.resources.times import parse_day
from portal.ui import addresses
from portal.ui.values import choice_label
from portal.ui.values import text as value_text

SHOWN_CHANGES = 100

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


@dataclass(frozen=True, slots=True)
class Product:
    """Items of one product and what they come to."""

    name: str
    items: Sequence[Item]

    @property
    def total(self) -> Decimal:
        return amounts.add(item.price for item in self.items)

    @property
    def shown_total(self) -> SafeString:
        return amounts.shown(self.total)


@dataclass(frozen=True, slots=True)
class Change:
    """What one thing costs more or less than the month before."""

    kind: str  # new | gone | more | less
    name: str
    product: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return amounts.subtract(self.after, self.before)

    @property
    def word(self) -> str:
        return {"new": _("new"), "gone": _("gone"), "more": _("more"), "less": _("less")}[self.kind]

    @property
    def shown(self) -> tuple[str, str, str]:
        """Before, after, difference."""
        before = amounts.shown(self.before) if self.kind != "new" else "–"
        after = amounts.shown(self.after) if self.kind != "gone" else "–"
        return before, after, amounts.difference(self.difference)


@dataclass(frozen=True)
class Invoice:
    """An invoice as pages and paper show it. `previous` is that of the month before, None where there is none."""

    record: Record
    customer_no: str
    previous: Record | None = None
    things: Things | None = None  # that were consumed in its month
    gone: datetime | None = None  # when the platform last listed it, where it does not any more

    @property
    def month(self) -> str:
        return months.label(self.record.key)

    @property
    def period(self) -> str:
        """1 Oct 2026 – 31 Oct 2026, in the person's language; a day that cannot be read as it came."""
        names = ("consumption_start", "consumption_end")
        return " – ".join(value_text(self.record.type.field(name), self.record[name] or "?") for name in names)

    @property
    def address(self) -> str:
        return addresses.record(self.customer_no, "invoice", self.record.key)

    @property
    def status(self) -> str:
        return choice_label(self.record.type.field("status"), str(self.record["status"] or ""))

    @property
    def total(self) -> Decimal | None:
        return amounts.parse(self.record["total"])

    @property
    def shown_total(self) -> str:
        return amounts.shown(self.total) if self.total is not None else str(self.record["total"] or "–")

    @property
    def file_name(self) -> str:
        """Sorts by customer, then by month; without an ending."""
        return f"invoice-{safe_name(self.customer_no)}-{safe_name(self.record.key)[:7]}"

    @cached_property
    def items(self) -> Sequence[Item]:
        return read_items(self.record["items"], self._addresses)

    @cached_property
    def products(self) -> Sequence[Product]:
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.product, []).append(item)
        return [Product(name, items) for name, items in sorted(found.items())]

    @property
    def sum(self) -> Decimal:
        """Of the items, which should be the total (in_02)."""
        return amounts.add(item.price for item in self.items)

    @property
    def shown_sum(self) -> SafeString:
        return amounts.shown(self.sum)

    @property
    def exact_sum(self) -> str:
        return amounts.exact(self.sum)

    @property
    def gap(self) -> str:
        """By how much the total is not the sum of the items; '' where it is, or where there is no total."""
        if self.total is None or self.total == self.sum:
            return ""
        return amounts.exact_difference(amounts.subtract(self.total, self.sum))

    @property
    def odd_prices(self) -> int:
        """Items whose price is no amount: they count for nothing in the sums."""
        return sum(item.price is None for item in self.items)

    @cached_property
    def changes(self) -> Sequence[Change]:
        """What costs more or less than the month before, the largest difference first."""
        if self.previous is None:
            return ()
        return compare(read_items(self.previous["items"]), self.items)

    @property
    def largest_changes(self) -> Sequence[Change]:
        """As many as somebody reads."""
        return self.changes[:SHOWN_CHANGES]

    @property
    def other_changes(self) -> tuple[int, str] | None:
        """How many there are besides, and what they come to; None for none."""
        others = self.changes[SHOWN_CHANGES:]
        return (len(others), amounts.difference(amounts.add(one.difference for one in others))) if others else None

    @property
    def previous_month(self) -> str:
        return months.label(self.previous.key) if self.previous else ""

    @property
    def difference(self) -> str:
        """Of the totals, '' where there is none to tell."""
        before, after = amounts.parse(self.previous["total"]) if self.previous else None, self.total
        return "" if before is None or after is None else amounts.difference(amounts.subtract(after, before))

    def _addresses(self, description: str, product: str) -> str:
        thing = self.things.of(description, product) if self.things else None
        return addresses.record(self.customer_no, "consumption", thing.key) if thing else ""


def read_items(items: Value, address_of: AddressOf = lambda description, product: "") -> list[Item]:
    """The items as they came; one that is none is shown as text, without a price."""
    return [_item(one, address_of) for one in items] if isinstance(items, list) else []


def compare(before: Iterable[Item], after: Iterable[Item]) -> list[Change]:
    """New, gone, grown and shrunk things, the largest difference first; what costs the same to the cent is left out."""
    old, new = _sums(before), _sums(after)
    found = []
    for product, name in {**old, **new}:
        identity = (product, name)
        was, now = old.get(identity), new.get(identity)
        if was is None or now is None:
            kind = "new" if was is None else "gone"
        elif amounts.is_same(was, now):
            continue
        else:
            kind = "more" if now > was else "less"
        found.append(Change(kind, name, product, was or Decimal(), now or Decimal()))
    return sorted(found, key=lambda one: (-abs(one.difference), one.name))


def previous_of(record: Record, records: Sequence[Record]) -> Record | None:
    """The invoice of the calendar month before."""
    day = parse_day(record.key)
    if day is None:
        return None
    before = (day.year - 1, 12) if day.month == 1 else (day.year, day.month - 1)
    return next((one for one in records if (other := parse_day(one.key)) and (other.year, other.month) == before), None)


def safe_name(text: str) -> str:
    """A text that may stand in a file name."""
    return "".join(letter for letter in text if letter.isascii() and (letter.isalnum() or letter == "-")) or "0"


def _sums(items: Iterable[Item]) -> Mapping[tuple[str, str], Decimal]:
    prices: dict[tuple[str, str], list[Decimal | None]] = {}
    for item in items:
        prices.setdefault(item.identity, []).append(item.price)
    return {identity: amounts.add(found) for identity, found in prices.items()}


def _item(one: Value, address_of: AddressOf) -> Item:
    if not isinstance(one, Mapping):
        return Item(str(one), "", None, "–")
    description, product = str(one.get("description") or ""), str(one.get("product") or "")
    price = one.get("price")
    address = address_of(description, product)
    return Item(description, product, amounts.parse(price), str(price or "–"), address)
