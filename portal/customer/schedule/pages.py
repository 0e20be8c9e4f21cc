"""The schedule: one address for all its views and for their part; POST to it is the refresh button."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from portal.accounts.access import get_scope
from portal.accounts.roles import SCHEDULE, Verb
from portal.changes.reads.pending import pending_of
from portal.customer.polls import noted
from portal.customer.schedule.page import SchedulePage
from portal.customer.schedule.query import read_query
from portal.customer.schedule.sheet import schedule_sheet
from portal.customer.shell import render_live, wants_part
from portal.inventory import reads, watched_customers
from portal.resources.times import berlin_today
from portal.ui.spreadsheets import downloads

TEMPLATE = "schedule/schedule.html"


@noted
@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, customer_no: str) -> HttpResponseBase:
    """What will happen when, as the address asks for it; its `#table` for htmx, a file for `?format=csv|xlsx`."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, SCHEDULE)
    page = SchedulePage(scope, read_query(request.GET), pending_of(scope))
    if downloads.is_asked(request):
        return _download(request, page)
    if request.method == "POST":
        for name in page.listings:
            reads.refresh(scope, name)
        page = SchedulePage(scope, page.query, page.pending)
        if not wants_part(request):
            return redirect(page.own_address)
    if page.is_live:
        watched_customers.watch(scope.customer)
    return render_live(
        request, scope, TEMPLATE, "table", {"list": page}, page, pending=page.pending, push=page.own_address
    )


def _download(request: HttpRequest, page: SchedulePage) -> HttpResponseBase:
    """All that matches, of any time, named by the day that it is in Berlin."""
    customer = page.scope.customer
    asked = {"records": len(page.found), "filters": request.GET.urlencode()}
    name = f"{customer.number}-schedule-{berlin_today(page.now)}"
    return downloads.download(request, schedule_sheet(page), name, customer=customer, target="schedule", **asked)
