"""What is put on paper: a month's invoice or consumption, for whom, printed when and by whom.

The page for printing and the PDF are the same document (templates/print/document.html).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.timezone import now
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.billing.archive import archive
from portal.billing.archive.archive import Complete
from portal.billing.documents.consumption_paper import MonthUsed
from portal.billing.invoices import invoice
from portal.billing.invoices.invoice import Invoice, safe_name
from portal.billing.invoices.trend import Trend
from portal.billing.usage import months
from portal.billing.usage.usage import used
from portal.inventory import reads
from portal.inventory.reads import Listing, Source
from portal.resources.spec import Record
from portal.ui.format import dates

INVOICE, CONSUMPTION = "invoice", "consumption"
KINDS = (INVOICE, CONSUMPTION)
USUAL_AMOUNT = 18  # letters: 100,000.0000 EUR


@dataclass(frozen=True)
class Printing:
    """By whom a paper is printed, and when."""

    customer: Customer
    person: str
    at: datetime = field(default_factory=now)

    @property
    def moment(self) -> str:
        """24 Nov 2026, 13:46 CET."""
        return zoned(self.at)


def zoned(moment: datetime | None) -> str:
    """In full, with the zone it is told in; '' for never."""
    return dates.full(moment, name_zone=True) if moment else ""


@dataclass(frozen=True)
class PrintedDocument:
    """One paper. `content` is an Invoice with its `trend`, or a MonthUsed."""

    kind: str
    month: str  # a period, such as 2026-10-01
    printing: Printing
    as_of: datetime | None
    invoice: Invoice | None = None
    trend: Trend | None = None
    used: MonthUsed | None = None
    gone: datetime | None = None  # when the platform last listed the invoice, where it does not any more

    @property
    def template(self) -> str:
        return f"print/{self.kind}.html"

    @property
    def heading(self) -> str:
        what = _("Invoice") if self.kind == INVOICE else _("Consumption")
        return f"{what} {months.label(self.month)}"

    @property
    def title(self) -> str:
        """Of the document, and at the top of each sheet."""
        customer = self.printing.customer
        return f"{self.heading} · {customer.name} ({customer.number})"

    @property
    def known(self) -> str:
        """When the platform last said so."""
        return zoned(self.as_of)

    @property
    def lines(self) -> int:
        """Roughly, of its tables."""
        things = sum(len(section.page.records) for section in self.used.sections) if self.used else 0
        return things + (len(self.invoice.items) if self.invoice else 0)

    @property
    def is_wide(self) -> bool:
        """Whether some amount takes more room than usual."""
        items = self.invoice.items if self.invoice else ()
        return any(len(item.shown) > USUAL_AMOUNT for item in items)

    @property
    def file_name(self) -> str:
        """invoice-10001-2026-10: sorts by kind, customer and month; without an ending."""
        return f"{self.kind}-{safe_name(self.printing.customer.number)}-{safe_name(self.month)[:7]}"


@dataclass(frozen=True)
class PrintableRecords:
    """All that can be put on paper of one kind, as a scope sees it. Waits for the platform where nothing is known."""

    scope: Scope
    kind: str
    printing: Printing

    @cached_property
    def complete(self) -> Complete:
        """Also with what the platform lists no more."""
        return archive.complete(self.scope, reads.listing(self.scope, self.kind))

    @property
    def listing(self) -> Listing:
        return self.complete.listing

    @property
    def is_known(self) -> bool:
        return self.listing.source is not Source.NEVER

    @cached_property
    def months(self) -> Sequence[str]:
        """From the latest to the oldest."""
        if self.kind == INVOICE:
            return sorted(self.listing.by_key, reverse=True)
        return used(self.scope, self.listing).months

    def paper(self, month: str) -> PrintedDocument:
        """KeyError where there is nothing of that month."""
        if month not in self.months:
            raise KeyError(month)
        if self.kind == CONSUMPTION:
            found = MonthUsed(self.scope, self.complete, month)
            return PrintedDocument(self.kind, month, self.printing, self.listing.as_of, used=found)
        record = self.listing.by_key[month]
        return PrintedDocument(
            self.kind,
            month,
            self.printing,
            self.listing.as_of,
            invoice=self._invoice(record),
            trend=Trend.until(record, self.listing.records),
            gone=self.complete.gone.get(month),
        )

    def _invoice(self, record: Record) -> Invoice:
        consumption = archive.complete(self.scope, reads.listing(self.scope, CONSUMPTION)).listing
        return invoice.of(self.scope, self.listing.records, record, consumption, is_linked=False)


def html(paper: PrintedDocument, extra: Mapping[str, object] | None = None) -> SafeString:
    """The document, in the language that is active."""
    return render_to_string("print/document.html", {"paper": paper, **(extra or {})})
