"""The invoices of a customer by year, with sums; filtered by status and amount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.billing import amounts
from portal.billing.invoices import Invoice, previous_of
from portal.inventory.reads import Listing, Source
from portal.ui import addresses
from portal.ui.values import choice_label


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
            name: _("This is no amount: write digits, such as 1200 or 99.50.")
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
class Year:
    """The invoices of a year that were asked for, the latest first."""

    name: str
    invoices: Sequence[Invoice]

    @property
    def total(self) -> SafeString:
        return amounts.shown(amounts.add(invoice.total for invoice in self.invoices))


@dataclass(frozen=True)
class InvoiceList:
    """Everything that templates/billing/invoices.html asks for."""

    customer_no: str
    listing: Listing
    asked: Asked
    gone: Mapping[str, datetime] = field(default_factory=dict)  # when the platform last listed it, by key

    @property
    def address(self) -> str:
        return addresses.of_type(self.customer_no, "invoice")

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
        gone = self.gone
        return [
            Invoice(record, self.customer_no, previous_of(record, records), gone=gone.get(record.key))
            for record in records
        ]

    @cached_property
    def found(self) -> Sequence[Invoice]:
        return [invoice for invoice in self.invoices if self.asked.fits(invoice)]

    @property
    def years(self) -> Sequence[Year]:
        found: dict[str, list[Invoice]] = {}
        for invoice in self.found:
            found.setdefault(invoice.record.key[:4], []).append(invoice)
        return [Year(name, invoices) for name, invoices in found.items()]

    @property
    def all_years(self) -> Sequence[str]:
        return list(dict.fromkeys(invoice.record.key[:4] for invoice in self.invoices))

    @property
    def statuses(self) -> Sequence[tuple[str, str]]:
        """(value, label) of those that occur."""
        field_of = self.listing.type.field("status")
        values = sorted({str(invoice.record["status"] or "") for invoice in self.invoices} - {""})
        return [(value, choice_label(field_of, value)) for value in values]
