"""Notes of staff about customers, records and changes: written, pinned, taken away."""

from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts.audit import trail
from portal.accounts.models import Customer
from portal.console.models import Note
from portal.console.staff import find_customer, for_staff, is_admin, member_of_staff

LONGEST = 4000

type Subject = tuple[int, str]
"""What a note is about: the customer's id, and the note's `subject`."""


def notes_of(customer: Customer, subject: str | None = None) -> Sequence[Note]:
    """Of the customer with all that it has, or about one thing; pinned ones first, then the newest."""
    found = Note.objects.select_related("author", "customer").filter(customer=customer)
    return list(found if subject is None else found.filter(subject=subject))


def noted(subjects: Iterable[Subject]) -> dict[Subject, int]:
    """How many notes there are about each of these, for the mark that lists put beside it; without those of none."""
    wanted = set(subjects)
    if not wanted:
        return {}
    customers, names = {pk for pk, _name in wanted}, {name for _pk, name in wanted}
    found = Note.objects.filter(customer__in=customers, subject__in=names).order_by()
    counted = found.values_list("customer", "subject").annotate(count=Count("pk"))
    return {(pk, name): count for pk, name, count in counted if (pk, name) in wanted}


@for_staff
@require_POST
def write(request: HttpRequest, number: str) -> HttpResponse:
    """A new note about the customer, or about its `subject`."""
    customer = find_customer(number)
    text = request.POST.get("text", "").replace("\x00", "").strip()
    subject = request.POST.get("subject", "").replace("\x00", "")[:240]
    if not text:
        messages.warning(request, _("The note is empty. Nothing was saved."))
    elif len(text) > LONGEST:
        too_long = _("A note has at most %(most)d characters, this one has %(length)d. Nothing was saved.")
        messages.warning(request, too_long % {"most": LONGEST, "length": len(text)})
    else:
        pinned = request.POST.get("pinned") == "on"
        Note.objects.create(
            customer=customer, subject=subject, author=member_of_staff(request), text=text, pinned=pinned
        )
    return redirect(_back(request, reverse("console:customer", args=[number])))


@for_staff
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """`pin`, `unpin`, `remove`; a note is removed by its author or an admin."""
    staff = member_of_staff(request)
    note = Note.objects.select_related("customer").filter(pk=pk).first()
    if note is None or action not in ("pin", "unpin", "remove"):
        raise Http404
    if action != "remove":
        Note.objects.filter(pk=pk).update(pinned=action == "pin")
    elif note.author_id == staff.pk or is_admin(staff):
        note.delete()
        trail.record("note.removed", target=f"{note.customer.number} {note.subject}", before={"text": note.text})
    else:
        messages.warning(request, _("Only its author or an admin can remove a note."))
    return redirect(_back(request, reverse("console:customer", args=[note.customer.number])))


def _back(request: HttpRequest, otherwise: str) -> str:
    """The page that the form stood on."""
    page = request.POST.get("next", "")
    return page if url_has_allowed_host_and_scheme(page, None) and page.startswith("/console/") else otherwise
