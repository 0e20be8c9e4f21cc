"""Where a member of staff arrives: search over all customers, and what needs somebody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from portal.accounts.models import ApiKey, Customer
from portal.changes.models import Change, State
from portal.console.changes import stuck
from portal.console.models import Note, Visit
from portal.console.search.page import Finder
from portal.console.shell import render_console
from portal.console.staff import for_staff, member_of_staff
from portal.customer.shell import wants_part

MOST_TYPED, MOST_BELOW_FIELD, MOST_ON_PAGE = 200, 10, 100
MOST_CUSTOMERS = 12


@for_staff
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """All that `q` may mean; `#hits` for htmx. With `go`, on to what is meant. Without a text, what goes on."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:MOST_TYPED]
    if wants_part(request):
        context = {"search": Finder(text, MOST_BELOW_FIELD), "part": True}
        return render(request, "find/find.html#hits", context)
    found = Finder(text, MOST_ON_PAGE)
    if "go" in request.GET and found.goes_at_once:
        return redirect(found.hits[0].address)
    context = {"search": found}
    return render_console(request, "console/home.html", context if text else context | _going_on(request))


def _going_on(request: HttpRequest) -> dict[str, object]:
    """What needs somebody, and where they were last."""
    undone = Change.objects.filter(done_at=None)
    counted = {
        "stuck": undone.filter(stuck()).count(),
        "unknown": undone.filter(state=State.UNKNOWN).count(),
        "parked": undone.filter(state=State.PARKED).count(),
        "conflict": undone.filter(state=State.CONFLICT).count(),
        "refused": ApiKey.objects.exclude(refused_at=None).count(),
    }
    visits = Visit.objects.select_related("customer").filter(staff=member_of_staff(request))
    return {
        "counted": counted,
        "visits": visits[:5],
        "pinned": Note.objects.select_related("customer", "author").filter(pinned=True)[:5],
        "customers": Customer.objects.all()[:MOST_CUSTOMERS],
        "customer_count": Customer.objects.count(),
    }
