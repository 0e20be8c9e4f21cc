"""Who may watch over the portal (`/readyz`, `/metrics`): not the public, for whom these addresses don't exist.

Whoever brings METRICS_TOKEN (`Authorization: Bearer …`), or asks directly from one of METRICS_NETWORKS. What came
through a proxy came from somewhere else than its address says, so it needs the token.
"""

import ipaddress
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")

type View = Callable[[HttpRequest], HttpResponse]


def for_watchers(view: View) -> View:
    """A view without sign-in for those who watch; Http404 for everybody else."""

    @wraps(view)
    def watched(request: HttpRequest) -> HttpResponse:
        if not (_has_token(request) or _is_near(request)):
            raise Http404
        return view(request)

    return login_not_required(require_safe(watched))


def _has_token(request: HttpRequest) -> bool:
    brought = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(brought, settings.METRICS_TOKEN)


def _is_near(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_NETWORKS)
