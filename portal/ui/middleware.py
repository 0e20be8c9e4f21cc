"""What answers a page's script and is no part of a page takes the whole window: it would land inside of a table.

Whatever it is: the page to sign in, a refusal, "not found", a page on what is no longer there. The script is told by
`HX-Redirect` to ask for its own page as a whole, which then says what is so, and asks no more.
"""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from portal.accounts.redirects import asks_for_part, back_to

type Answer = Callable[[HttpRequest], HttpResponse]


def whole_pages(get_response: Answer) -> Answer:
    """Before all that may answer in the place of a view."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not asks_for_part(request):
            return response
        if _leads_to_sign_in(response):
            return _sign_in(request, response)
        if request.headers.get("HX-Request-Type") == "partial" and _is_page(response):
            response.headers["HX-Redirect"] = back_to(request)
        return response

    return middleware


def _leads_to_sign_in(response: HttpResponse) -> bool:
    target = urlsplit(response.headers.get("Location", "")).path
    return response.status_code in (302, 303) and target == resolve_url(settings.LOGIN_URL)


def _sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """And back to the page afterwards. A browser would follow the redirect by itself, and bring what it finds there."""
    next_page = urlencode({"next": back_to(request)})
    led = HttpResponse(headers={"HX-Redirect": f"{resolve_url(settings.LOGIN_URL)}?{next_page}"})
    led.cookies = response.cookies
    return led


def _is_page(response: HttpResponse) -> bool:
    """Whether it is a whole document. Not so for failures of ours: they may be over when the page asks again."""
    if response.streaming or response.status_code >= 500:
        return False
    return response.content.lstrip()[:9].lower() == b"<!doctype"
