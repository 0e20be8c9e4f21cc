"""What is wrong with how the portal is run: the checks of `manage.py doctor`, for staff."""

from collections import Counter
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.console.shell import render_console
from portal.console.staff import for_staff
from portal.monitoring.doctor import checkup
from portal.monitoring.doctor.findings import Level, Result


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def checks(request: HttpRequest) -> HttpResponse:
    """POST carries them out, which takes seconds: messages are sent, and the platform is asked by each key."""
    results = list(checkup.run()) if request.method == "POST" else []
    return render_console(request, "console/checks.html", {"results": results, "summary": _summary(results)})


def _summary(results: Iterable[Result]) -> str:
    """How many findings are not as they should be, the worst first."""
    count = Counter(one.level for result in results for one in result.findings)
    told = (
        ngettext("%(count)s failed", "%(count)s failed", count[Level.FAILED]) % {"count": count[Level.FAILED]},
        ngettext("%(count)s unknown", "%(count)s unknown", count[Level.UNKNOWN]) % {"count": count[Level.UNKNOWN]},
        ngettext("%(count)s warning", "%(count)s warnings", count[Level.WARNING]) % {"count": count[Level.WARNING]},
    )
    levels = (Level.FAILED, Level.UNKNOWN, Level.WARNING)
    return ", ".join(text for text, level in zip(told, levels, strict=True) if count[level]) or _("Everything is fine.")
