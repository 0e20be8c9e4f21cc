"""How a person wants the pages to look and in which language: cookies, also before signing in."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from portal.accounts import reader_settings
from portal.accounts.models import User

THEMES = ("auto", "light", "dark")
A_YEAR = 365 * 24 * 60 * 60


def look(request: HttpRequest) -> str:
    """The look that the person has chosen, "auto" where none."""
    chosen = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return chosen if chosen in THEMES else "auto"


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the look (POST `theme`: auto, light or dark) and go back to where the person was."""
    response = redirect(_way_back(request))
    wanted = request.POST.get("theme", "")
    if wanted in THEMES:
        # Also set by static/js/portal.js, so not HttpOnly.
        name = settings.THEME_COOKIE_NAME
        response.set_cookie(name, wanted, max_age=A_YEAR, samesite="Lax", secure=settings.HTTPS)
    return response


@login_not_required
def language(request: HttpRequest) -> HttpResponse:
    """Keep the language (POST `language`) and go back to where the person was; mails go in it as well."""
    response = set_language(request)
    if request.method == "POST" and isinstance(request.user, User):
        reader_settings.keep(request.user, request.POST.get("language"))
    return response


def _way_back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
