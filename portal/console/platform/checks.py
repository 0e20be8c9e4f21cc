"""What is wrong with how the portal is run: the checks of `manage.py doctor`, for staff."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from portal.console.shell import render_console
from portal.console.staff import for_staff
from portal.monitoring.doctor import checkup


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def checks(request: HttpRequest) -> HttpResponse:
    """POST carries them out, which takes seconds: messages are sent, and the platform is asked by each key."""
    results = list(checkup.run()) if request.method == "POST" else []
    return render_console(request, "console/checks.html", {"results": results})
