"""What every request goes through because people sign in here, in this order: see MIDDLEWARE in settings."""

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts import form_drafts, reader_settings
from portal.accounts.audit import trail
from portal.accounts.models import Customer, User
from portal.accounts.redirects import asks_for_part, back_to, keep_form, lead_on
from portal.accounts.sign_in import second_factor, sessions
from portal.accounts.user_agents import client_address

type Answer = Callable[[HttpRequest], HttpResponse]

log = logging.getLogger(__name__)
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        (
            *("publickey-credentials-get=(self)", "publickey-credentials-create=(self)", "clipboard-write=(self)"),
            *(f"{name}=()" for name in ("camera", "geolocation", "microphone", "payment", "usb", "display-capture")),
        )
    ),
    # All that is answered here is one person's, or about to be; static files don't come this way.
    "Cache-Control": "no-store, private",
}
TARGETS = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url")


def browser_headers(get_response: Answer) -> Answer:
    """Say what the browser may do with an answer, and let it go nowhere else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        _leave_session(request, response)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        for name in TARGETS:
            if name in response.headers and not _is_ours(request, _target(response.headers[name])):
                log.error("an answer to %s led elsewhere: %s taken out", request.path, name)
                response.headers[name] = "/"
        return response

    return middleware


def _leave_session(request: HttpRequest, response: HttpResponse) -> None:
    """A part of a page that was asked for with a session key of a moment ago must not delete the cookie of the new."""
    cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
    if cookie is not None and not cookie.value and asks_for_part(request):
        del response.cookies[settings.SESSION_COOKIE_NAME]


def _target(value: str) -> str:
    """Where a header leads; htmx's may be JSON."""
    if not value.startswith("{"):
        return value
    try:
        return str(json.loads(value)["path"])
    except (ValueError, KeyError):
        return ""


def _is_ours(request: HttpRequest, target: str) -> bool:
    hosts = {request.get_host(), *(urlsplit(origin).netloc for origin in settings.SIGN_ON_ORIGINS)}
    return target in ("false", "true") or url_has_allowed_host_and_scheme(target, hosts)


class People:
    """Knows who asks: for the audit trail, second factors and sessions, for their clock, and for what came too late."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sessions.keep_up(request)
        user = request.user if isinstance(request.user, User) else None
        # Until the next request: what is streamed is made after this one.
        timezone.activate(reader_settings.zone_of(user))
        with trail.asking(trail.Asker(client_address(request), user)), second_factor.asked_in(request):
            response = self.get_response(request)
        if user is not None and _has_done_its_work(request, response):
            form_drafts.finish(user, request.path)
        if user is not None and (customer_no := _page_seen(request, response)):
            sessions.at_customer(request, customer_no)
        sessions.remember(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Before the view: keep what came too late, ask staff for their second factor, note the customer."""
        if not getattr(view, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return _keep_for_later(request) if "customer_no" in kwargs and request.method == "POST" else None
        if second_factor.is_missing_for_staff(request) and not request.path.startswith("/accounts/"):
            return ask(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A missing second factor is asked for; other refusals go on record, and on to their page."""
        if isinstance(exception, second_factor.SecondFactorRequired):
            return ask(request)
        if isinstance(exception, PermissionDenied):
            match = request.resolver_match
            number = match.kwargs.get("customer_no", "") if match else ""
            customer = Customer.objects.filter(number=number).first()
            trail.record_refusal(customer, f"{request.method} {request.path}")
        return None


def _page_seen(request: HttpRequest, response: HttpResponse) -> str:
    """Of which customer a page was opened, '' for none: parts of pages may be on their way beside others."""
    match = request.resolver_match
    if match is None or request.method != "GET" or asks_for_part(request):
        return ""
    return str(match.kwargs.get("customer_no", "")) if response.status_code == 200 else ""


def _has_done_its_work(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a form was taken: what was kept of it is needed no more."""
    return request.method == "POST" and response.status_code in (302, 303) and not hasattr(request, "is_kept")


def ask(request: HttpRequest) -> HttpResponse:
    """On to the page for the second factor; a form that was sent is kept meanwhile."""
    assert isinstance(request.user, User)  # of nobody else one is asked for
    keep_form(request, request.user)
    return lead_on(request, second_factor.page_for(request, back_to(request)))


def _keep_for_later(request: HttpRequest) -> HttpResponse:
    """The session has ended while a form was filled in: keep it for the person whose session it was."""
    user = sessions.who(request)
    is_kept = user is not None and keep_form(request, user)
    back = urlencode({"next": back_to(request), "again": "kept" if is_kept else "ended"})
    return lead_on(request, f"{resolve_url(settings.LOGIN_URL)}?{back}")
