"""One invoice: its items by product, exact sums, and what it is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.billing import sums
from portal.billing.invoices import amounts, resizes
from portal.billing.invoices.comparison import Change, Comparison, Resizes
from portal.billing.invoices.items import Item
from portal.billing.invoices.reckoned import Product, Reckoned, kept
from portal.billing.sums import Sum
from portal.billing.usage import months, usage
from portal.billing.usage.matching import Things
from portal.inventory.reads import Listing
from portal.resources.spec import Record
from portal.resources.times import parse_day
from portal.ui import links
from portal.ui.format.values import choice_label
from portal.ui.format.values import text as value_text


@dataclass(frozen=True)
class Invoice:
    """An invoice as pages and paper show it. `previous` is that of the month before, None where there is none."""

    record: Record
    customer_no: str
    previous: Record | None = None
    has_past: bool = False  # whether there is any earlier one
    things: Things | None = None  # that were consumed in its month
    previous_things: Things | None = None  # and in the one before
    resizes: Resizes = lambda names: {}
    is_linked: bool = True  # its items, to what was consumed; paper leads nowhere
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
        return links.record(self.customer_no, "invoice", self.record.key)

    @property
    def file_address(self) -> str:
        """Of its items for a spreadsheet."""
        return f"{self.address}?format=xlsx"

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

    @property
    def items(self) -> Sequence[Item]:
        return self._reckoned.items

    @property
    def products(self) -> Sequence[Product]:
        return self._reckoned.products

    @property
    def sum(self) -> Sum:
        """Of the items, which should be the total (in_02)."""
        return self._reckoned.sum

    @property
    def shown_sum(self) -> SafeString:
        return sums.money(self.sum)

    @property
    def exact_sum(self) -> str:
        return amounts.exact(self.sum.known)

    @property
    def gap(self) -> str:
        """By how much the total is not the sum of the items; '' where it is, or where one of them is unknown."""
        if self.total is None or self.sum.value is None or self.total == self.sum.value:
            return ""
        return amounts.exact_difference(amounts.subtract(self.total, self.sum.value))

    @property
    def odd_prices(self) -> int:
        """Items whose price is no amount."""
        return self.sum.unknown

    @property
    def comparison(self) -> Comparison | None:
        """With the month before; None where that has no invoice."""
        return self._reckoned.comparison

    @cached_property
    def largest_changes(self) -> Sequence[Change]:
        """Of the comparison, with the changes that resized machines, as far as this person sees them."""
        return self.comparison.largest(self.resizes) if self.comparison else ()

    @property
    def previous_month(self) -> str:
        return months.label(months.before(self.record.key))

    @property
    def difference(self) -> str:
        """Of the totals; '' for the first invoice, which nothing came before."""
        if not self.has_past:
            return ""
        before, after = amounts.parse(self.previous["total"]) if self.previous else None, self.total
        return _("unknown") if before is None or after is None else amounts.difference(amounts.subtract(after, before))

    @cached_property
    def _reckoned(self) -> Reckoned:
        made_of = (self.record, self.previous, self.things, self.previous_things)
        slot = (self.customer_no, self.record.key, self.is_linked)
        return kept(slot, made_of, lambda: Reckoned(*made_of, self._addresses))

    def _addresses(self, description: str, product: str) -> str:
        thing = self.things.of(description, product) if self.things and self.is_linked else None
        return links.record(self.customer_no, "consumption", thing.key) if thing else ""


def among(
    records: Sequence[Record], record: Record, customer_no: str, gone: Mapping[str, datetime] | None = None
) -> Invoice:
    """An invoice with what it is held against, in a list of them."""
    past = any(one.key < record.key for one in records)
    return Invoice(record, customer_no, previous_of(record, records), has_past=past, gone=(gone or {}).get(record.key))


def of(
    scope: Scope, records: Sequence[Record], record: Record, consumption: Listing, *, is_linked: bool = True
) -> Invoice:
    """An invoice among the others, with what was consumed in its month and in the one before."""
    used, before = usage.used(scope, consumption), months.before(record.key)
    return replace(
        among(records, record, scope.customer.number),
        things=used.things(record.key),
        previous_things=used.things(before),
        resizes=lambda names: resizes.between(scope, names, before, record.key),
        is_linked=is_linked,
    )


def previous_of(record: Record, records: Sequence[Record]) -> Record | None:
    """The invoice of the calendar month before."""
    before = months.before(record.key)
    return next((one for one in records if before and one.key[:8] == before[:8] and parse_day(one.key)), None)


def safe_name(text: str) -> str:
    """A text that may stand in a file name."""
    return "".join(letter for letter in text if letter.isascii() and (letter.isalnum() or letter == "-")) or "0"
