"""A record's page. One address for page and part; POST to it is the refresh button."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from portal.accounts.access import Scope, get_scope
from portal.changes.reads.pending import PendingIndex, pending_of
from portal.customer.plans.marks import in_plans
from portal.customer.polls import noted
from portal.customer.resources.list import current, type_of
from portal.customer.resources.lookup import NoRecord, was_shown
from portal.customer.resources.timeline import Entry, changes_of, not_taken, timeline, version_of
from portal.customer.shell import render_page, render_part, wants_part
from portal.inventory import watched_customers
from portal.inventory.reads import Listing, Source
from portal.resources.spec import Record, ResourceType
from portal.ui import links
from portal.ui.details.page import DetailPage
from portal.ui.pending_records import as_wanted

TEMPLATE = "resources/detail.html"


@noted
@require_http_methods(["GET", "HEAD", "POST"])
def resource_detail(request: HttpRequest, customer_no: str, type_name: str, key: str) -> HttpResponseBase:
    """All that is known of one record; its `#record` for htmx."""
    scope = get_scope(request.user, customer_no)
    resource_type = type_of(scope, type_name)
    listing, pending = current(request, scope, resource_type), pending_of(scope)
    if request.method == "POST" and not wants_part(request):
        return redirect(links.record(customer_no, type_name, key))
    record = listing.by_key.get(key)
    coming = None if record else _coming(resource_type, key, pending)
    if record is None and coming is None:
        return _missing(request, scope, listing, key, pending)
    page = DetailPage(scope, resource_type, record or coming, listing, pending, is_new=record is None)  # type: ignore[arg-type]
    return _answer(request, page)


def _answer(request: HttpRequest, page: DetailPage) -> HttpResponseBase:
    if page.is_live:
        watched_customers.watch(page.scope.customer)
    if wants_part(request) and request.headers.get("HX-PTag") == page.tag:
        return HttpResponseNotModified()
    entries = timeline(page.scope, page.record, page.maintenances, page.viewing)
    told = not_taken(entries, page.record.key, is_new=page.is_new)
    marks = in_plans(page.scope, page.type.name, page.record.key, page.surroundings.listings)
    context = {"page": page, "entries": entries, "told": told, "history_version": version_of(page.scope, entries)}
    context["in_plans"] = marks
    if not wants_part(request):
        return render_page(request, page.scope, TEMPLATE, context, pending=page.pending)
    response = render_part(request, page.scope, f"{TEMPLATE}#record", context, pending=page.pending)
    response.headers["HX-PTag"] = page.tag
    return response


def _coming(resource_type: ResourceType, key: str, pending: PendingIndex) -> Record | None:
    """The record of that key that is being created, or was lately refused, as asked for; None where none is."""
    some = (*pending.created(resource_type.name), *pending.refused_creations(resource_type.name))
    return next((as_wanted(one) for one in some if one.key == key), None)


def _is_creation_that_failed(latest: Entry, key: str) -> bool:
    told = latest.told
    return bool(told and not told.change.recorded_at and any(one.creates for one in told.items if one.key == key))


def _missing(request: HttpRequest, scope: Scope, listing: Listing, key: str, pending: PendingIndex) -> HttpResponse:
    """Nothing is known of anything: say so. It was here once: say what became of it. Else a 404 like any other."""
    if listing.source is Source.NEVER:
        context = {"listing": listing, "key": key, "address": request.path, "is_loading": listing.is_loading}
        return render_page(request, scope, "resources/unknown.html", context, pending=pending)
    entries = changes_of(scope, listing.type.name, key)
    if not entries:
        raise NoRecord(key)
    context = {"entries": entries, "type": listing.type, "key": key, "was_shown": was_shown(request)}
    context["was_created"] = not _is_creation_that_failed(entries[0], key)
    return render_page(request, scope, "resources/gone.html", context, pending=pending, status=404)
