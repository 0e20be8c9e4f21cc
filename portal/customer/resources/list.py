"""Lists of all resource types. One address for page and part; POST to it is the refresh button."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import Verb
from portal.changes.reads.pending import pending_of
from portal.customer.polls import noted
from portal.customer.shell import render_live, wants_part
from portal.inventory import reads, watched_customers
from portal.inventory.reads import Listing
from portal.resources.spec import ResourceType
from portal.resources.times import berlin_today
from portal.resources.types import TYPES
from portal.ui.lists import filters
from portal.ui.lists.page import ListPage
from portal.ui.spreadsheets import downloads
from portal.ui.spreadsheets.records import record_sheet


def type_of(scope: Scope, type_name: str) -> ResourceType:
    """The type of that name. Http404 where there is none, 403 where the role doesn't see it."""
    resource_type = TYPES.get(type_name)
    if resource_type is None:
        raise Http404
    scope.require(Verb.SEE, type_name)
    return resource_type


@noted
@require_http_methods(["GET", "HEAD", "POST"])
def resource_list(request: HttpRequest, customer_no: str, type_name: str) -> HttpResponseBase:
    """The list of a type, filtered by the address; its `#table` for htmx, a file for `?format=csv|xlsx`."""
    scope = get_scope(request.user, customer_no)
    page = _list_page(request, scope, type_of(scope, type_name))
    if downloads.is_asked(request):
        return _download(request, page)
    if request.method == "POST" and not wants_part(request):
        return redirect(page.own_address)
    if page.is_live:
        watched_customers.watch(scope.customer)
    return render_live(
        request,
        scope,
        "resources/list.html",
        "table",
        {"list": page},
        page,
        pending=page.pending,
        push=page.own_address,
    )


def current(request: HttpRequest, scope: Scope, resource_type: ResourceType) -> Listing:
    """What is known, at once for a part; POST, the refresh button, asks the platform."""
    if request.method == "POST":
        return reads.refresh(scope, resource_type.name)
    return reads.listing(scope, resource_type.name, wait=not wants_part(request))


def _list_page(request: HttpRequest, scope: Scope, resource_type: ResourceType) -> ListPage:
    listing = current(request, scope, resource_type)
    query = filters.read_query(resource_type, request.GET)
    return ListPage(scope, resource_type, query, request.GET.getlist("columns"), listing, pending_of(scope))


def _download(request: HttpRequest, page: ListPage) -> HttpResponseBase:
    """All that matches, on all pages, named by the day that it is in Berlin."""
    sheet = record_sheet(page.type, page.all_matching, page.state_text if page.type.has_states else None)
    customer = page.scope.customer
    name = f"{customer.number}-{page.type.name}-{berlin_today(page.listing.platform_now)}"
    asked = {"records": len(page.all_matching), "filters": request.GET.urlencode()}
    return downloads.download(request, sheet, name, customer=customer, target=page.type.name, **asked)
