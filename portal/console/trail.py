"""Audit trails as staff see them: a customer's own page in the console's frame, and the portal's for admins."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from portal.accounts.models import Customer
from portal.console.shell import render_console
from portal.console.staff import find_customer, for_admins, for_staff
from portal.customer.audit.trail import download, trail_for


@for_staff
@require_safe
def trail(request: HttpRequest, number: str) -> HttpResponseBase:
    """The trail, newest first; `?format=csv|xlsx|jsonl` gives all that is filtered, oldest first."""
    customer = find_customer(number)
    return _answer(request, customer)


@for_admins
@require_safe
def own(request: HttpRequest) -> HttpResponseBase:
    """The same of what belongs to no customer: staff and their roles, announcements, people without a customer."""
    return _answer(request, None)


def _answer(request: HttpRequest, customer: Customer | None) -> HttpResponseBase:
    found = trail_for(request, customer)
    context = {"customer": customer, "trail": found}
    return download(request, found) or render_console(request, "console/trail.html", context)
