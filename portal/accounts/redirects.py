"""Where the whole page is led while a form or a part of it was asked for, and what is kept of the form meanwhile."""

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts import form_drafts
from portal.accounts.models import User

HARMLESS = {"GET", "HEAD", "OPTIONS"}


def asks_for_part(request: HttpRequest) -> bool:
    """Whether a script of a page asks, for something to put into it."""
    return request.headers.get("HX-Request") == "true"


def lead_on(request: HttpRequest, target: str) -> HttpResponse:
    """Another page, as a whole."""
    return HttpResponse(headers={"HX-Redirect": target}) if asks_for_part(request) else redirect(target)


def page_of(request: HttpRequest) -> str:
    """The page of ours that the request comes from, with its query; '' where it does not say."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not page or not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return ""
    parts = urlsplit(page)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def path_of(page: str) -> str:
    """Its path, as `request.path` has it."""
    return unquote(urlsplit(page).path)


def back_to(request: HttpRequest) -> str:
    """The page that the person is on: that of the form or button, for what is sent."""
    is_of_a_page = request.method not in HARMLESS or asks_for_part(request)
    return (is_of_a_page and page_of(request)) or request.get_full_path()


def is_from_here(request: HttpRequest) -> bool:
    """Whether one of our own pages sends it, by what the browser says: nobody else puts anything into a form."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def keep_form(request: HttpRequest, user: User) -> bool:
    """Keep the form that was sent. Not so what a button elsewhere sends: nothing was typed there."""
    is_form = request.method == "POST" and path_of(back_to(request)) == request.path
    is_kept = is_form and form_drafts.keep(user, request.path, request.POST)
    request.is_kept = is_kept  # type: ignore[attr-defined]
    return is_kept
