"""What gunicorn serves while it is measured: the portal, and beside it in the same processes what it is compared with.

Nothing of this is an address of the portal. What begins with /bench/ goes through three of Django's middleware and no
more: the session and who is signed in, both from the database, and that one has to be.
"""

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import django_tables2
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from portal.wsgi import application as portal

PREFIX = "/bench/"
MIDDLEWARE = [
    "scripts.bench.served.own_addresses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
ROWS, COLUMNS = 50, 10


def own_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Finds them here, and says how long each answer is, so that connections can be kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        response = get_response(request)
        response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def process(_request: HttpRequest) -> HttpResponse:
    """Which one answers."""
    return HttpResponse(str(os.getpid()))


def bare(_request: HttpRequest, size: int) -> HttpResponse:
    """So many bytes of prepared HTML."""
    return HttpResponse(_prepared(size))


@cache
def _prepared(size: int) -> bytes:
    row = b"<tr><td>shop01</td><td>4096</td></tr>\n"
    return (row * (size // len(row) + 1))[:size]


class Table(django_tables2.Table):
    """As the library's own documentation would have it."""


def table(request: HttpRequest) -> HttpResponse:
    """A plain page of 50 rows with 10 columns."""
    names = [f"column_{number}" for number in range(COLUMNS)]
    rows = [{name: f"{name} {row}" for name in names} for row in range(ROWS)]
    shown = Table(rows, extra_columns=[(name, django_tables2.Column()) for name in names])
    django_tables2.RequestConfig(request, paginate={"per_page": ROWS}).configure(shown)
    return HttpResponse(shown.as_html(request))


urlpatterns = [
    path("bench/process", process),
    path("bench/bare/<int:size>", bare),
    path("bench/table", table),
    path("", include("portal.urls")),  # where one signs in
]

with override_settings(MIDDLEWARE=MIDDLEWARE):
    beside = WSGIHandler()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The portal, but for what is compared with it."""
    chosen = beside if environ["PATH_INFO"].startswith(PREFIX) else portal
    answer: Iterable[bytes] = chosen(environ, start_response)
    return answer
