"""The menu of a list's row, asked for when it is opened."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from portal.accounts.access import get_scope
from portal.changes.reads.pending import pending_of
from portal.customer.resources.lookup import NothingKnown, find_record, find_type
from portal.customer.shell import wants_part
from portal.inventory import reads
from portal.ui import links, menu
from portal.ui.page_context import Surroundings


@require_safe
def row_menu(request: HttpRequest, customer_no: str, type_name: str, key: str) -> HttpResponse:
    """What may be done with the record now; its page for whoever comes without a script, as that has it all as well."""
    scope = get_scope(request.user, customer_no)
    resource_type = find_type(scope, type_name, lambda one: one.editable or one.deletable or one.actions)
    try:
        record = find_record(scope, resource_type, key)
    except NothingKnown as error:
        raise Http404 from error
    if not wants_part(request):
        return redirect(links.record(customer_no, type_name, key))
    viewing = Surroundings(scope, reads.listing(scope, type_name, wait=False)).viewing(record)
    return HttpResponse(menu.row_menu(record, viewing, pending_of(scope).of(type_name, key)))
