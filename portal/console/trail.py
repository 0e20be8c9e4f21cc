"""The audit trail of a customer as staff see it: the customer's own page of it, in the console's frame."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from portal.console.shell import render_console
from portal.console.staff import find_customer, for_staff
from portal.customer.audit import download, trail_for


@for_staff
@require_safe
def trail(request: HttpRequest, number: str) -> HttpResponseBase:
    """The trail, newest first; `?format=csv|xlsx|jsonl` gives all that is filtered, oldest first."""
    customer = find_customer(number)
    found = trail_for(request, customer)
    context = {"customer": customer, "trail": found}
    return download(request, found) or render_console(request, "console/trail.html", context)
