"""A form that is sent twice is done once: double clicks, a held Enter key, a tab that sends anew what it sent before.

The token of a form is Django's against forgery, which is another one for each page that was made. Who sends the same
form of the same page with the same content a second time is led to where the first time led; where the first is still
being worked on, once that has ended. What leads nowhere else (a page with errors) may be sent as often as one likes.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from portal.accounts.models import SentForm

KEPT_FOR = timedelta(days=1)
STALE = timedelta(seconds=90)  # whoever worked on it has died: longer than a web server lets a request take
TWO_CLICKS = timedelta(seconds=5)  # nobody who clicks twice needs to be told
PATIENCE = 20.0  # seconds for which a second one waits for the first
LOOKS_EVERY = 0.05  # seconds
TOKEN_LENGTH = 64  # that of a page; a script that takes the cookie's, half as long, has no page
SALT = "portal.accounts.once"  # as forms that were sent are on record

type Answer = Callable[[HttpRequest], HttpResponse]


class Once:
    """After those that know who asks, refuse forgeries, and keep messages."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.sent_form = None  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.sent_form:  # type: ignore[attr-defined]
            _note(request.sent_form, _led_to(request, response))  # type: ignore[attr-defined]
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Lead on who sends what was sent before; None where it is the first."""
        key = _key_of(request)
        if key is None:
            return None
        end = time.monotonic() + PATIENCE
        while not _begin(key):
            form = SentForm.objects.filter(key=key).first()
            if form is not None and form.led_to:
                return _lead_on(request, form)
            if time.monotonic() > end:
                messages.info(request, _("This was already sent and is still being processed."))
                return redirect(request.get_full_path())
            time.sleep(LOOKS_EVERY)
        request.sent_form = key  # type: ignore[attr-defined]
        return None


def forget_old() -> None:
    """Nobody sends a form again that old."""
    SentForm.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()


def _key_of(request: HttpRequest) -> str | None:
    """What makes a form the same one; None for what is no form of a page, or nobody's. Nothing can be read from it."""
    is_form = request.method == "POST" and request.user.is_authenticated and "HX-Request" not in request.headers
    if not is_form or len(request.POST.get("csrfmiddlewaretoken", "")) != TOKEN_LENGTH:
        return None
    content = f"{request.user.pk}\n{request.get_full_path()}\n{request.POST.urlencode()}"
    return salted_hmac(SALT, content, algorithm="sha256").hexdigest()


def _begin(key: str) -> bool:
    """Whether this is the first, or the first one has died over it."""
    now = timezone.now()
    _form, is_first = SentForm.objects.get_or_create(key=key, defaults={"at": now})
    return is_first or SentForm.objects.filter(key=key, led_to="", at__lt=now - STALE).update(at=now) == 1


def _note(key: str, led_to: str) -> None:
    form = SentForm.objects.filter(key=key)
    if led_to:
        form.update(led_to=led_to)
    else:
        form.delete()


def _led_to(request: HttpRequest, response: HttpResponse) -> str:
    """Where what was done led; '' where nothing was: a form with errors, or one kept until somebody has signed in."""
    if response.status_code not in (302, 303) or hasattr(request, "is_kept"):
        return ""
    target = response.headers["Location"]
    return "" if target.startswith(resolve_url(settings.LOGIN_URL)) else target


def _lead_on(request: HttpRequest, form: SentForm) -> HttpResponse:
    if timezone.now() - form.at > TWO_CLICKS:
        messages.info(request, _("You already sent this. It was carried out once."))
    return redirect(form.led_to)
