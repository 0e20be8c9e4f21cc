"""A record of a customer as staff see it: what it is, what was asked of it by whom, and notes about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import Scope
from portal.console.changes import all_changes, rows_of
from portal.console.notes import notes_of
from portal.console.shell import render_console
from portal.console.staff import find_customer, for_staff, scope_of
from portal.console.viewing import view_as_address
from portal.inventory import reads
from portal.inventory.reads import Listing
from portal.resources.spec import Kind, Record
from portal.resources.types import TYPES
from portal.ui import addresses, badges, values
from portal.ui.pending import overlay
from portal.ui.surroundings import Surroundings

MOST_CHANGES = 15


@dataclass(frozen=True, slots=True)
class Fact:
    """As of components/facts.html."""

    label: str
    value: SafeString
    help: str = ""
    classes: str = ""


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
        "facts": list(_facts(scope, listing, found)) if found else [],
        "states": _states(scope, listing, found) if found else "",
        "rows": rows,
        "notes": notes,
        "subject": subject,
        "view_as": view_as_address(number, addresses.record(number, type_name, key)),
    }
    return render_console(request, "console/record.html", context, status=200 if found or rows else 404)


def _facts(scope: Scope, listing: Listing, record: Record) -> Iterator[Fact]:
    shown = Surroundings(scope, listing).viewing(record)
    # The customer's own pages are not staff's: no links.
    viewing = values.Viewing(shown.customer_no, shown.zone, shown.now, lambda type_name, key: False)
    waiting = overlay(record, (), record.type.runs(record, reads.context(scope, record)))
    for field in record.type.fields:
        if field.name in waiting:
            old, new = waiting[field.name].old, waiting[field.name].new
            shown_value = values.change(values.full(field, old, viewing), values.full(field, new, viewing))
            yield Fact(_(field.label), shown_value)
        elif not values.is_empty(record[field.name]) and field.kind is not Kind.STRUCT:
            yield Fact(_(field.label), values.full(field, record[field.name], viewing))


def _states(scope: Scope, listing: Listing, record: Record) -> SafeString | str:
    if not record.type.has_states:
        return ""
    viewing = Surroundings(scope, listing).viewing(record)
    return badges.badges(reads.states(scope, listing).get(record.key, ()), viewing.zone, viewing.now)
