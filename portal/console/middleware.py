"""Answers requests of staff who view as somebody in that person's place. After accounts.middleware.People."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.accounts.access import memberships_of
from portal.accounts.models import User
from portal.accounts.redirects import HARMLESS
from portal.accounts.view_as import viewing_as
from portal.console.models import Visit
from portal.console.view_as import sessions
from portal.console.view_as.pages import view_as_address
from portal.customer.typed_input import kept_and_typed

type Answer = Callable[[HttpRequest], HttpResponse]


def view_as(get_response: Answer) -> Answer:
    """Hold every request to the visit of its session. `request.visit` is what the banner shows."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.visit = None  # type: ignore[attr-defined]
        if sessions.KEY not in request.session:
            return _or_ended(request, get_response(request))
        visit = sessions.present(request)
        viewing = sessions.viewing_of(visit)
        if viewing is None:
            sessions.end(request, visit)
            if request.method not in HARMLESS:
                return _ended(request, visit, 403)
            return _or_ended(request, get_response(request))
        request.visit = visit  # type: ignore[attr-defined]
        with viewing_as(viewing):
            return get_response(request)

    return middleware


def _or_ended(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What is refused since a view has ended says so: a page of it stood open, or was come back to."""
    number = request.resolver_match.kwargs.get("customer_no") if request.resolver_match else None
    if response.status_code not in (403, 404) or not number or not isinstance(request.user, User):
        return response
    if not request.user.is_staff or number in {one.customer.number for one in memberships_of(request.user)}:
        return response
    visit = sessions.ended_lately(request.user, number)
    return _ended(request, visit, response.status_code) if visit else response


def _ended(request: HttpRequest, visit: Visit | None, status: int) -> HttpResponse:
    """What was sent was meant in the other person's place: it is done in nobody's, and kept for the next view."""
    context: dict[str, object] = {"visit": visit, "typed": kept_and_typed(request), "status": status}
    if visit is not None:
        visit.refresh_from_db(fields=["ended"])
        context["again"] = view_as_address(visit.customer.number, request.path, visit.member_id)
    return render(request, "console/view_ended.html", context, status=status)
