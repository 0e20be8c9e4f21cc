"""Where a person arrives, and the customer's overview."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portal.accounts.access import get_scope, memberships_of


def home(request: HttpRequest) -> HttpResponse:
    """On to the person's first customer; a page that says so where they have none."""
    memberships = memberships_of(request.user)
    if memberships:
        return redirect("customer:overview", memberships[0].customer.number)
    return render(request, "overview/nothing.html")


def overview(request: HttpRequest, customer_no: str) -> HttpResponse:
    """What is going on, what comes next, what needs someone."""
    return render(request, "overview/overview.html", {"scope": get_scope(request.user, customer_no)})
