"""What has changed in the frame around a page: asked by the banner while it says that something does not answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from portal.accounts.access import get_scope
from portal.customer.shell import Shell, wants_part


@require_safe
def frame(request: HttpRequest, customer_no: str) -> HttpResponse:
    """Banner, counter and current plan, to be put in their places by htmx; no page of its own."""
    shell = Shell(get_scope(request.user, customer_no), request.path)
    return render(request, "components/updates.html", {"shell": shell}) if wants_part(request) else redirect(shell.home)
