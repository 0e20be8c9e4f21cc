"""Pages for what went wrong: what happened, what is kept, what to do now."""

import logging
import sys

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from portal.accounts import view_as
from portal.accounts.access import NoAccess
from portal.accounts.page_stamp import keep_and_return
from portal.accounts.redirects import page_of, path_of
from portal.customer.resources.lookup import NoRecord, was_shown
from portal.customer.typed_input import kept_and_typed
from portal.logs import request_id
from portal.ui import links

log = logging.getLogger(__name__)

# What PostgreSQL calls a connection that failed, and its own end (appendix A of its manual).
AWAY = ("08", "57P")
SECONDS_UNTIL_AGAIN = 30


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def absent(request: HttpRequest) -> HttpResponse:
    raise Http404


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Absent, or not theirs. A page that stood open, and what is sent from one, is told what has gone meanwhile."""
    context: dict[str, object] = {"typed": kept_and_typed(request)}
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    if isinstance(exception, NoRecord) and was_shown(request):
        listed = links.of_type(kwargs["customer_no"], kwargs.get("type_name", "resourcegroup"))
        context |= {"gone": exception.args[0], "listed": listed}
    elif isinstance(exception, NoAccess) and view_as.present() is None:
        number = kwargs.get("customer_no", "")
        context["left"] = number if path_of(page_of(request)).startswith(f"/c/{number}/") else ""
    return render(request, "errors/404.html", context, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Anything may be broken here, the database too: nothing is looked up, not even who is asking."""
    reference, is_away = request_id.current() or request_id.new(), _is_database_away(sys.exception())
    log.error("error page %s for %s %s", reference, request.method, request.path)
    text = render_to_string("errors/500.html", {"reference": reference, "is_away": is_away})
    if is_away:
        return HttpResponse(text, status=503, headers={"Retry-After": str(SECONDS_UNTIL_AGAIN)})
    return HttpResponse(text, status=500)


def _is_database_away(error: BaseException | None) -> bool:
    """Whether it does not answer, or is ending: nothing is wrong with what was asked of it."""
    if isinstance(error, InterfaceError):
        return True
    cause = error.__cause__ if isinstance(error, OperationalError) else None
    return isinstance(cause, psycopg.OperationalError) and (cause.sqlstate or "08").startswith(AWAY)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page from before the last sign-in: back to it with what was typed. Anything else is refused."""
    return keep_and_return(request) or render(request, "errors/csrf.html", status=403)
