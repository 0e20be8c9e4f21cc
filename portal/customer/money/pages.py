"""Consumption and invoices: they stand before the generic pages of these two types, at the same addresses."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import THRESHOLDS, Verb
from portal.billing import spreadsheets
from portal.billing.archive import archive
from portal.billing.archive.archive import Complete
from portal.billing.documents.document import Printing, zoned
from portal.billing.invoices.invoice import Invoice, safe_name
from portal.billing.invoices.invoice import of as invoice_of
from portal.billing.invoices.list import Asked, InvoiceList
from portal.billing.invoices.trend import Trend
from portal.billing.usage.consumption import ConsumptionPage
from portal.billing.usage.history import HistoryPage
from portal.customer.resources.list import current
from portal.customer.shell import render_page
from portal.inventory import reads
from portal.inventory.reads import Listing, Source
from portal.resources.spec import Record
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.spreadsheets import downloads
from portal.ui.spreadsheets.sheets import Sheet

METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
def consumption(request: HttpRequest, customer_no: str) -> HttpResponseBase:
    """What was used in a month. `period`, `type`, `q`, `page`; `format=csv|xlsx` with `separator`."""
    scope, known = _look(request, customer_no, "consumption")
    page = ConsumptionPage(scope, known.listing, request.GET, known.gone)
    if downloads.is_asked(request):
        name = f"consumption-{safe_name(customer_no)}-{safe_name(page.month)[:7]}-{safe_name(page.kind)}"
        sheet = spreadsheets.consumption_sheet(page.records)
        return _download(request, scope, "consumption", name, sheet, len(page.records))
    if request.method == "POST":
        return redirect(request.get_full_path())
    limits = links.page(customer_no, "thresholds") if scope.may_see(THRESHOLDS) else ""
    return render_page(request, scope, "billing/consumption.html", {"page": page, "limits_address": limits})


@require_http_methods(METHODS)
def consumed(request: HttpRequest, customer_no: str, key: str) -> HttpResponseBase:
    """One thing over the months."""
    scope, known = _look(request, customer_no, "consumption")
    listing = known.listing
    if request.method == "POST":
        return redirect(request.path)
    record = _record(listing, key)
    if record is None:
        return _not_known(request, scope, listing, key)
    return render_page(
        request, scope, "billing/history.html", {"page": HistoryPage(scope, listing, record, known.gone)}
    )


@require_http_methods(METHODS)
def invoices(request: HttpRequest, customer_no: str) -> HttpResponseBase:
    """All invoices by year. `year`, `status`, `least`, `most`; `format=csv|xlsx` with `separator`."""
    scope, known = _look(request, customer_no, "invoice")
    page = InvoiceList(customer_no, known.listing, Asked.read(request.GET), known.gone)
    if downloads.is_asked(request):
        name = f"invoices-{safe_name(customer_no)}"
        return _download(request, scope, "invoice", name, spreadsheets.invoices_sheet(page.rows), len(page.found))
    if request.method == "POST":
        return redirect(request.get_full_path())
    return render_page(request, scope, "billing/invoices.html", {"page": page})


@require_http_methods(METHODS)
def invoice(request: HttpRequest, customer_no: str, key: str) -> HttpResponseBase:
    """One invoice, item by item. `format=csv|xlsx` with `separator`; printed, it is the paper."""
    scope, known = _look(request, customer_no, "invoice")
    listing = known.listing
    is_download = downloads.is_asked(request)
    if request.method == "POST" and not is_download:
        return redirect(request.path)
    record = _record(listing, key)
    if record is None:
        return _not_known(request, scope, listing, key)
    shown = _invoice(scope, listing, record)
    if is_download:
        sheet = spreadsheets.invoice_sheet(shown)
        return _download(request, scope, f"invoice/{key}", shown.file_name, sheet, len(shown.items))
    trend, printing = Trend.until(record, listing.records), Printing(scope.customer, str(scope.user))
    context = {
        "invoice": shown,
        "listing": listing,
        "trend": trend,
        "printing": printing,
        "known": zoned(listing.as_of),
        "gone": known.gone.get(record.key),
    }
    return render_page(request, scope, "billing/invoice.html", context)


def _look(request: HttpRequest, customer_no: str, type_name: str) -> tuple[Scope, Complete]:
    """What is known of a type, and what has vanished from the platform."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, type_name)
    return scope, archive.complete(scope, current(request, scope, TYPES[type_name]))


def _invoice(scope: Scope, listing: Listing, record: Record) -> Invoice:
    consumed_then = archive.complete(scope, reads.listing(scope, "consumption", wait=False)).listing
    return invoice_of(scope, listing.records, record, consumed_then)


def _record(listing: Listing, key: str) -> Record | None:
    """None where nothing is known of any; Http404 where there is none of that key."""
    if listing.source is Source.NEVER:
        return None
    if key not in listing.by_key:
        raise Http404
    return listing.by_key[key]


def _not_known(request: HttpRequest, scope: Scope, listing: Listing, key: str) -> HttpResponse:
    context = {"listing": listing, "key": key, "address": request.path, "is_loading": listing.is_loading}
    return render_page(request, scope, "resources/unknown.html", context)


def _download(
    request: HttpRequest, scope: Scope, target: str, name: str, sheet: Sheet, records: int
) -> HttpResponseBase:
    asked = {"records": records, "filters": request.GET.urlencode()}
    return downloads.download(request, sheet, name, customer=scope.customer, target=target, **asked)
