"""Each request has an id and, unless nothing was new, a line: which address of ours, how it was answered, how fast.

The line names the route and the customer, not the address: that may hold what a person has typed, or let somebody in.
"""

import logging
import re
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseNotModified

from portal.logs import request_id

HEADER = "X-Request-ID"
TAKEN_OVER = re.compile(r"[0-9A-Za-z_-]{8,64}")  # of a proxy's ids
UNSAID = ("/healthz", "/readyz", "/metrics")  # asked every few seconds by machines

type Answer = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("portal.access")


def logged(get_response: Answer) -> Answer:
    """In front of everything else."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        with request_id.using(_of_proxy(request) or request_id.new()):
            response = get_response(request)
            response.headers[HEADER] = request_id.current()
            if is_told(request, response):
                _tell(request, response, time.monotonic() - started)
        return response

    return middleware


def _of_proxy(request: HttpRequest) -> str:
    """The id that our own proxy has given it; '' without one."""
    given = request.headers.get(HEADER, "") if settings.TRUSTED_PROXIES else ""
    return given if TAKEN_OVER.fullmatch(given) else ""


def is_told(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether it is more than a file, a machine's question, or a poll that brought nothing new."""
    is_file = request.path_info.startswith(settings.STATIC_URL)
    return not (is_file or request.path_info in UNSAID or response.status_code == HttpResponseNotModified.status_code)


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    extra = {
        "method": request.method,
        "route": f"/{match.route}" if match else "",
        "status": response.status_code,
        "seconds": round(seconds, 4),
    }
    if match and "customer_no" in match.kwargs:
        extra["customer"] = match.kwargs["customer_no"]
    logger.info(
        "%s %s: %d, %.3f s", request.method, extra["route"] or "no page", response.status_code, seconds, extra=extra
    )
