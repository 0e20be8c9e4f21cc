"""The invoices of a customer by year, with sums; filtered by status and amount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.billing import sums
from portal.billing.invoices import amounts
from portal.billing.invoices.invoice import Invoice, among
from portal.billing.usage import months
from portal.inventory.reads import Listing, Source
from portal.ui import links
from portal.ui.format.values import choice_label

MOST_MONTHS = 120  # that are looked through for missing ones


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: parameters `year`, `status`, `least` and `most` (amounts, as typed)."""

    year: str = ""
    status: str = ""
    least: str = ""
    most: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)  # parameter -> what is wrong with it

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Asked":
        """From an address; what cannot be understood is kept, named, and left aside."""
        found = {name: params.get(name, "").strip() for name in ("year", "status", "least", "most")}
        wrong = {
            name: _("Enter an amount in digits, such as 1200 or 99.50.")
            for name in ("least", "most")
            if found[name] and amounts.typed(found[name]) is None
        }
        return cls(**found, wrong=wrong)

    @property
    def is_filtered(self) -> bool:
        return bool(self.year or self.status or self.least or self.most)

    def fits(self, invoice: Invoice) -> bool:
        least, most, total = amounts.typed(self.least), amounts.typed(self.most), invoice.total
        if self.year and invoice.record.key[:4] != self.year:
            return False
        if self.status and invoice.record["status"] != self.status:
            return False
        if (least is not None or most is not None) and total is None:
            return False
        return (least is None or total >= least) and (most is None or total <= most)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Missing:
    """A month between two invoices, of which there is none."""

    period: str

    @property
    def month(self) -> str:
        return months.label(self.period)


@dataclass(frozen=True, slots=True)
class Year:
    """The invoices of a year that were asked for, the latest first; with `missing` ones among them."""

    name: str
    rows: Sequence[Invoice | Missing]

    @property
    def span(self) -> tuple[str, str] | None:
        """Periods of its first and its last invoice; None where it has none."""
        found = [row.record.key for row in self.rows if isinstance(row, Invoice)]
        return (found[-1], found[0]) if found else None

    @property
    def total(self) -> SafeString:
        """A month without an invoice is unknown: the sum is not all that there is to pay."""
        return sums.money(sums.of(row.total if isinstance(row, Invoice) else None for row in self.rows))


@dataclass(frozen=True)
class InvoiceList:
    """Everything that templates/billing/invoices.html asks for."""

    customer_no: str
    listing: Listing
    asked: Asked
    gone: Mapping[str, datetime] = field(default_factory=dict)  # when the platform last listed it, by key

    @property
    def address(self) -> str:
        return links.of_type(self.customer_no, "invoice")

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a download carries along."""
        asked = self.asked
        pairs = (("year", asked.year), ("status", asked.status), ("least", asked.least), ("most", asked.most))
        return [(name, value) for name, value in pairs if value]

    @property
    def nothing_known(self) -> bool:
        return self.listing.source is Source.NEVER

    @cached_property
    def invoices(self) -> Sequence[Invoice]:
        """All of them, the latest first."""
        records = sorted(self.listing.records, key=lambda record: record.key, reverse=True)
        return [among(records, record, self.customer_no, self.gone) for record in records]

    @cached_property
    def found(self) -> Sequence[Invoice]:
        return [invoice for invoice in self.invoices if self.asked.fits(invoice)]

    @cached_property
    def rows(self) -> Sequence[Invoice | Missing]:
        """What was asked for, with the months in between that have no invoice: what those would be nobody can tell."""
        asked = self.asked
        if asked.status or asked.least or asked.most:
            return self.found
        there = {invoice.record.key: invoice for invoice in self.invoices}
        found = months.without_gaps(list(there), MOST_MONTHS)
        older = [period for period in there if period < found[-1]] if found else []
        rows = [there.get(period) or Missing(period) for period in [*found, *older]]
        return [row for row in rows if asked.year in ("", _period(row)[:4])]

    @property
    def years(self) -> Sequence[Year]:
        found: dict[str, list[Invoice | Missing]] = {}
        for row in self.rows:
            found.setdefault(_period(row)[:4], []).append(row)
        return [Year(name, rows) for name, rows in found.items()]

    @property
    def all_years(self) -> Sequence[str]:
        return list(dict.fromkeys(invoice.record.key[:4] for invoice in self.invoices))

    @property
    def statuses(self) -> Sequence[tuple[str, str]]:
        """(value, label) of those that occur."""
        field_of = self.listing.type.field("status")
        values = sorted({str(invoice.record["status"] or "") for invoice in self.invoices} - {""})
        return [(value, choice_label(field_of, value)) for value in values]


def _period(row: Invoice | Missing) -> str:
    return row.record.key if isinstance(row, Invoice) else row.period
