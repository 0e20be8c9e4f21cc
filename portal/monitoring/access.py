"""`/healthz`, `/readyz` and `/metrics`: for who watches over the portal, answered before anything else is looked at.

Neither the name by which they ask (an address, a container) nor a session or a database that is away is in the way.
The last two are not for the public, for whom these addresses don't exist: only for whoever brings METRICS_TOKEN
(`Authorization: Bearer …`), or asks directly from one of METRICS_NETWORKS. What came through a proxy came from
somewhere else than its address says, so it needs the token.
"""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from portal.monitoring.health import healthz, readyz
from portal.monitoring.metrics import metrics

FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")

type View = Callable[[HttpRequest], HttpResponse]

FOR_ANYBODY: dict[str, View] = {"/healthz": require_safe(healthz)}
FOR_WATCHERS: dict[str, View] = {"/readyz": require_safe(readyz), "/metrics": require_safe(metrics)}


def answer_watchers(get_response: View) -> View:
    """Answers these addresses; for everybody else, the two are as absent as any other."""

    def middleware(request: HttpRequest) -> HttpResponse:
        view = FOR_ANYBODY.get(request.path_info)
        if view is None and request.path_info in FOR_WATCHERS and (_has_token(request) or _is_near(request)):
            view = FOR_WATCHERS[request.path_info]
        return (view or get_response)(request)

    return middleware


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
