"""A session that ended while a part of a page was asked for leads to the sign-in page, not into the part."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

type Answer = Callable[[HttpRequest], HttpResponse]


def sign_in_again(get_response: Answer) -> Answer:
    """Turn the redirect to sign-in that answers an htmx request into one of the whole page, and back to it afterwards.

    A browser follows redirects by itself when a script asks: the sign-in page would land inside the table.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.headers.get("HX-Request") != "true" or not _leads_to_sign_in(response):
            return response
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = urlencode({"next": f"{page.path or '/'}{'?' if page.query else ''}{page.query}"})
        return HttpResponse(headers={"HX-Redirect": f"{resolve_url(settings.LOGIN_URL)}?{back}"})

    return middleware


def _leads_to_sign_in(response: HttpResponse) -> bool:
    target = urlsplit(response.headers.get("Location", "")).path
    return response.status_code in (302, 303) and target == resolve_url(settings.LOGIN_URL)
