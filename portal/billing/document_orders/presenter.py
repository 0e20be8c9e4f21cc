"""An order in words: what it is, how far it is, and what to do where it has failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from portal.accounts.models import PaperSize
from portal.billing.document_orders import orders
from portal.billing.document_orders.models import Form, Job, Reason, State
from portal.billing.document_orders.worker import MOST_LINES
from portal.billing.usage import months
from portal.ui import links, support_contact

ICONS = {
    State.WAITING: "hourglass",
    State.WORKING: "loader-2",
    State.DONE: "circle-check",
    State.FAILED: "alert-octagon",
}
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
WHY: Mapping[Reason, object] = {
    Reason.MISSING: lazy(
        "PDFs cannot be created on this server: a library is missing. The operator of the "
        "portal can install it (Debian: apt install %(packages)s). Until then, print the page: "
        "browsers can save it as PDF."
    ),
    Reason.UNKNOWN: lazy("The platform did not answer, and there is no data for these months yet. Try again later."),
    Reason.GONE: lazy("One of the months no longer exists. Create the others."),
    Reason.TOO_LONG: lazy(
        "More than %(lines)s lines are too many for one PDF. Select fewer months, or a ZIP; if "
        "a single month is too long, use the spreadsheet."
    ),
    Reason.INTERRUPTED: lazy("It was interrupted twice. Select fewer months, or a ZIP."),
    Reason.FORBIDDEN: lazy(
        "Your role or your groups have changed since: you can no longer see these months. A "
        "manager of the customer can change that."
    ),
    Reason.BROKEN: lazy("Something went wrong; it is in our log. Create it again; if it fails again, ask %(support)s."),
}


@dataclass(frozen=True)
class OrderPresenter:
    """Everything that templates/billing/job.html and jobs.html ask for."""

    job: Job

    @property
    def address(self) -> str:
        return f"{self.papers_address}{self.job.pk}/"

    @property
    def papers_address(self) -> str:
        return links.page(self.job.customer.number, "paper")

    @property
    def back(self) -> tuple[str, str]:
        """(address, label) of the page it came from."""
        number, first = self.job.customer.number, self.job.months[0]
        if self.job.kind == "invoice" and len(self.job.months) == 1:
            return links.record(number, "invoice", first), f"{_('Invoice')} {months.label(first)}"
        label = _("Invoices") if self.job.kind == "invoice" else _("Consumption")
        return links.of_type(number, self.job.kind), label

    @property
    def what(self) -> str:
        """Invoices, January 2026 – October 2026."""
        first, last = self.job.months[0], self.job.months[-1]
        if first == last:
            kind = _("Invoice") if self.job.kind == "invoice" else _("Consumption")
            return f"{kind} {months.label(first)}"
        kind = _("Invoices") if self.job.kind == "invoice" else _("Consumption")
        return f"{kind} {months.label(first)} – {months.label(last)}"

    @property
    def as_what(self) -> str:
        """One PDF, A4."""
        return f"{Form(self.job.form).label}, {PaperSize(self.job.size).label}"

    @property
    def word(self) -> str:
        return str(State(self.job.state).label)

    @property
    def icon(self) -> str:
        return ICONS[State(self.job.state)]

    @property
    def last(self) -> str:
        """The last of its months."""
        return str(self.job.months[-1])

    @property
    def total(self) -> int:
        return len(self.job.months)

    @cached_property
    def ahead(self) -> int:
        return orders.ahead_of(self.job)

    @property
    def progress(self) -> str:
        if self.job.state == State.WAITING:
            if self.job.attempts:
                return _("It was interrupted and is starting again.")
            if self.ahead:
                return ngettext(
                    "%(count)s export is ahead of it.", "%(count)s exports are ahead of it.", self.ahead
                ) % {"count": self.ahead}
            return _("It starts as soon as a worker is free.")
        return _("%(made)s of %(total)s months created.") % {"made": self.job.made, "total": self.total}

    @property
    def why(self) -> str:
        """Why it failed, and what to do."""
        if not self.job.reason:
            return ""
        return str(WHY[Reason(self.job.reason)]) % {
            "packages": PACKAGES,
            "lines": f"{MOST_LINES:,}",
            "support": support_contact.who(),
        }

    @property
    def size(self) -> str:
        return filesizeformat(self.job.bytes)

    @property
    def tag(self) -> str:
        """Changes whenever the page does."""
        return f'"{self.job.state}-{self.job.made}-{self.job.attempts}-{self.ahead}"'
