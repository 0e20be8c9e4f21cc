"""Makes an order in a worker: paper by paper, so that its page can say how far it is and a killed worker is noticed."""

import io
import logging
import zipfile
from collections.abc import Iterator

from django.utils import timezone, translation

from portal.accounts import reader_settings
from portal.accounts.access import Scope, scope_now
from portal.accounts.roles import Role
from portal.billing.document_orders import leases
from portal.billing.document_orders.models import Form, Job, Reason
from portal.billing.documents import document, page_margins, pdf
from portal.billing.documents.document import PrintableRecords, PrintedDocument, Printing
from portal.billing.documents.presses import presses
from portal.billing.invoices.invoice import safe_name

MOST_LINES = 8000  # of one PDF: takes half a minute, and half a gigabyte of memory

logger = logging.getLogger(__name__)


class Unable(Exception):
    """It cannot be made; the reason is for the person."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Lost(Exception):
    """The order was given to another worker."""


def make(pk: str) -> None:
    """The whole order, if it waits and none is in hand; then it has a file, or a reason why not."""
    job = leases.take(pk)
    if job is None:
        return
    try:
        with (
            leases.kept(job),
            translation.override(job.language),
            timezone.override(reader_settings.zone_of(job.author)),
        ):
            leases.finish(job, _file(job), file_name(job))
    except Lost:
        logger.warning("Order %s went to another worker", pk)
    except Unable as unable:
        leases.fail(job, unable.reason, unable.detail)
    except pdf.Missing as missing:
        logger.error("No PDF can be made here: %s", missing)
        leases.fail(job, Reason.MISSING, str(missing))
    except Exception as error:
        logger.exception("Order %s", pk)
        leases.fail(job, Reason.BROKEN, type(error).__name__)


def file_name(job: Job) -> str:
    """invoice-10001-2026-10.pdf; of several months invoice-10001-2026-01--2026-12.zip."""
    first, last = safe_name(job.months[0])[:7], safe_name(job.months[-1])[:7]
    months = first if first == last else f"{first}--{last}"
    return f"{job.kind}-{safe_name(job.customer.number)}-{months}.{job.form}"


def _file(job: Job) -> bytes:
    pdf.library()  # before anything else is done for nothing
    if job.form == Form.ZIP:
        return _zip(job)
    found = list(_papers(job))
    if sum(paper.lines for paper in found) > MOST_LINES:
        raise Unable(Reason.TOO_LONG)
    press, documents = pdf.renderer(job.size), []
    for number, paper in enumerate(found, start=1):
        documents.append(press.lay_out(*_text(paper)))
        _advance(job, number)
    return pdf.as_pdf(documents, _title(found))


def _zip(job: Job) -> bytes:
    """A PDF of each month. They are made side by side, while the next ones are written."""
    file, names = io.BytesIO(), []

    def texts() -> Iterator[tuple[str, str]]:
        for paper in _papers(job):
            if paper.lines > MOST_LINES:
                raise Unable(Reason.TOO_LONG)
            names.append(f"{paper.file_name}.pdf")
            yield _text(paper)

    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,  # PDFs are compressed already
        presses(job.size, len(job.months)) as make,
    ):
        for number, data in enumerate(make(texts()), start=1):
            archive.writestr(names[number - 1], data)
            _advance(job, number)
    return file.getvalue()


def _text(paper: PrintedDocument) -> tuple[str, str]:
    """What it says, and what stands in its margins."""
    return document.html(paper), page_margins.css(paper.title)


def _advance(job: Job, made: int) -> None:
    if not leases.advance(job, made):
        raise Lost


def _papers(job: Job) -> Iterator[PrintedDocument]:
    """In order of their months. Raises Unable."""
    scope = _scope(job)
    if scope is None or not scope.may_see(job.kind):
        raise Unable(Reason.FORBIDDEN)
    shelf = PrintableRecords(scope, job.kind, Printing(job.customer, str(job.author)))
    if not shelf.is_known:
        raise Unable(Reason.UNKNOWN)
    for month in job.months:
        try:
            yield shelf.paper(month)
        except KeyError as error:
            raise Unable(Reason.GONE, month) from error


def _scope(job: Job) -> Scope | None:
    """What its author may see now; of staff, who ordered it in somebody's place, what that person could see then."""
    if (scope := scope_now(job.customer, job.author)) is not None:
        return scope
    is_staff = job.author.is_active and job.author.is_staff
    return Scope(job.customer, job.author, Role(job.role), job.root) if is_staff else None


def _title(found: list[PrintedDocument]) -> str:
    first, last = found[0], found[-1]
    return first.title if first is last else f"{first.heading} – {last.title}"
