"""A record of a customer as staff see it: what it is, what was asked of it by whom, and notes about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.changes.reads.pending import pending_of
from portal.console.changes import all_changes, rows_of
from portal.console.customers.notes import notes_of
from portal.console.shell import render_console
from portal.console.staff import find_customer, for_staff, scope_of
from portal.console.view_as.pages import view_as_address
from portal.customer.shell import wants_part
from portal.inventory import reads
from portal.resources.spec import ResourceType
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.details.page import DetailPage
from portal.ui.links import Parameters
from portal.ui.page_context import Surroundings
from portal.ui.reader_pages import Pages

MOST_CHANGES = 15


@dataclass(frozen=True, slots=True)
class StaffPages:
    """The console's pages about a customer."""

    around: Surroundings

    def record(self, type_name: str, key: str) -> str:
        if not self.around.has_page(type_name, key):
            return ""
        return reverse("console:record", args=[self._number, type_name, key])

    def listed(self, type_name: str, parameters: Parameters) -> str:
        return ""

    def change(self, number: int) -> str:
        return reverse("console:change", args=[self._number, number])

    def scheduled(self, name: str) -> str:
        return ""

    @property
    def _number(self) -> str:
        return self.around.scope.customer.number


@dataclass(frozen=True)
class StaffPage(DetailPage):
    """The record as its people see it, among the console's pages; nothing is changed from here."""

    pages: Callable[[Surroundings], Pages] = StaffPages
    history_template: ClassVar[str] = "console/history.html"

    @property
    def may_change(self) -> bool:
        return False

    @property
    def permissions_address(self) -> str:
        return ""

    def _new(self, other: ResourceType) -> str:
        return ""


@for_staff
@require_safe
def record(request: HttpRequest, number: str, type_name: str, key: str) -> HttpResponse:
    """The record; one that is gone as long as something is known of it: who deleted web12?"""
    customer = find_customer(number)
    if type_name not in TYPES or "\x00" in key or len(key) > 200:
        raise Http404
    scope = scope_of(request, customer)
    listing = reads.listing(scope, type_name)
    found = listing.by_key.get(key)
    changes = all_changes().filter(customer=customer, items__type_name=type_name, items__key=key).distinct()
    rows = rows_of(request, list(changes.order_by("-number")[:MOST_CHANGES]))
    subject = f"{type_name}/{key}"
    notes = notes_of(customer, subject)
    if found is None and not rows and not notes:
        raise Http404
    context = {
        "customer": customer,
        "type": TYPES[type_name],
        "key": key,
        "record": found,
        "listing": listing,
        "page": StaffPage(scope, TYPES[type_name], found, listing, pending_of(scope)) if found else None,
        "rows": rows,
        "notes": notes,
        "subject": subject,
        "view_as": view_as_address(number, links.record(number, type_name, key)),
    }
    template = "console/record.html#record" if wants_part(request) else "console/record.html"
    return render_console(request, template, context, status=200 if found or rows else 404)
