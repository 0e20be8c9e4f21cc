"""Whether the process lives, for whoever watches over it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; it says nothing about what it depends on."""
    return HttpResponse("ok\n", content_type="text/plain")
