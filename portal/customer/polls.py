"""Pages that ask whether there is news are told "no" before anything is looked up.

A page with something pending asks each second or two, with the tag of what it shows (HX-PTag), and mostly nothing has
happened. A view that is `noted` leaves a note when it has answered such a request: this browser has been let in, and
has what there is (inventory.news). While the note holds, `nothing_new` answers 304 in front of sessions and database;
whatever else it could say is left to the view. The note is found by all that the answer depends on, so it is of no use
to another session, in another language, or to a page that was made for somebody else.

Visits of staff (accounts.view_as) go the whole way, each time: they end by the minute.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

from portal.accounts import view_as
from portal.accounts.access import memberships_of
from portal.accounts.models import User
from portal.inventory import news
from portal.inventory.redis_connection import Away
from portal.inventory.snapshots import one_look

TAG = "Hx-Ptag"  # spelt as headers are when they are listed
DEPENDS_ON = ("Host", "Cookie", "Accept-Language", "Portal-Page")  # and on all that htmx says (Hx-…)

type Answer = Callable[[HttpRequest], HttpResponseBase]
type View = Callable[..., HttpResponseBase]


def nothing_new(get_response: Answer) -> Answer:
    """Before sessions. Only "not modified" is ever answered here."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "GET" or TAG not in request.headers:
            return get_response(request)
        try:
            look = news.look(_note(request, request.headers[TAG]))
        except Away:
            return get_response(request)
        if look.holds:
            return HttpResponseNotModified()
        request.news_count = look.count  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def noted(view: View) -> View:
    """A view of a customer whose tag changes with news of it, and with time at most."""

    @wraps(view)
    def answer(request: HttpRequest, customer_no: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, customer_no, *args, **kwargs)
        tag = "" if one_look.is_about_to_change() else _shown(request, response)
        subjects = _subjects(request, customer_no) if tag else []
        if subjects:
            news.write(_note(request, tag), request.news_count, subjects)  # type: ignore[attr-defined]
        return response

    return answer


def _shown(request: HttpRequest, response: HttpResponseBase) -> str:
    """The tag of what the page has from now on; '' where it did not ask, or asked while Redis was away."""
    if not hasattr(request, "news_count"):
        return ""
    if response.status_code == HttpResponseNotModified.status_code:
        return request.headers[TAG]
    return response.headers.get(TAG, "") if response.status_code == HttpResponse.status_code else ""


def _subjects(request: HttpRequest, customer_no: str) -> list[str]:
    """Whose news ends it; none for whom every request is judged anew."""
    if view_as.present() is not None or not isinstance(request.user, User):
        return []
    for one in memberships_of(request.user):
        if one.customer.number == customer_no:
            person = news.of_person(request.user.pk)
            return [news.of_customer(one.customer_id), news.of_trail(customer_no), person]
    return []


def _note(request: HttpRequest, tag: str) -> str:
    """The name of the note for this very question, which nobody can tell who doesn't know our secret."""
    said = {name: value for name, value in request.headers.items() if name in DEPENDS_ON or name.startswith("Hx-")}
    text = repr((request.get_full_path(), sorted((said | {TAG: tag}).items())))
    return salted_hmac("portal.customer.polls", text, algorithm="sha256").hexdigest()
