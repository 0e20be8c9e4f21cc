"""Answers requests of staff who view as somebody in that person's place. After accounts.middleware.People."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal.accounts.middleware import HARMLESS
from portal.accounts.viewing import viewing_as
from portal.console import visits

type Answer = Callable[[HttpRequest], HttpResponse]


def view_as(get_response: Answer) -> Answer:
    """Hold every request to the visit of its session. `request.visit` is what the banner shows."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.visit = None  # type: ignore[attr-defined]
        if visits.KEY not in request.session:
            return get_response(request)
        visit = visits.present(request)
        viewing = visits.viewing_of(visit)
        if viewing is None:
            visits.end(request, visit)
            if request.method not in HARMLESS:
                return _too_late(request)
            return get_response(request)
        request.visit = visit  # type: ignore[attr-defined]
        with viewing_as(viewing):
            return get_response(request)

    return middleware


def _too_late(request: HttpRequest) -> HttpResponse:
    """What was sent was meant in the other person's place: it is done in nobody's."""
    title = _("You no longer view as a customer")
    return render(request, "console/too_late.html", {"title": title}, status=403)
