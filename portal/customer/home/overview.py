"""Where a person arrives, and the customer's overview."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.accounts.access import get_scope, memberships_of
from portal.changes.reads.pending import pending_of
from portal.customer.home.page import Overview
from portal.customer.polls import noted
from portal.customer.shell import render_live, wants_part
from portal.inventory import reads, watched_customers

TEMPLATE = "overview/overview.html"


def home(request: HttpRequest) -> HttpResponse:
    """On to the person's first customer; a page that says so where they have none."""
    memberships = memberships_of(request.user)
    if memberships:
        return redirect("customer:overview", memberships[0].customer.number)
    return render(request, "overview/nothing.html")


@noted
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest, customer_no: str) -> HttpResponseBase:
    """What is going on, what comes next, what needs someone; its `#overview` for htmx. POST asks the platform again."""
    scope = get_scope(request.user, customer_no)
    page = Overview(scope, pending_of(scope))
    if request.method == "POST":
        for name, listing in page.listings.items():
            if not listing.type.money:
                reads.refresh(scope, name)
        page = Overview(scope, page.pending)
        if not wants_part(request):
            return redirect(page.own_address)
    if page.is_live:
        watched_customers.watch(scope.customer)
    return render_live(request, scope, TEMPLATE, "overview", {"page": page}, page, pending=page.pending)
