"""The frame around pages that belong to no customer: one's account, what went wrong. It stays the one that was there.

A context processor: pages that bring their `shell` keep it. Nothing is looked up before a template asks for it.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.accounts.access import get_scope
from portal.accounts.models import User
from portal.accounts.sign_in import sessions
from portal.console import shell as console
from portal.customer import shell as customer


def frame(request: HttpRequest) -> dict[str, Any]:
    """`shell`: the console's for staff in it, else that of the address's customer, or where the person was last."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> "console.Shell | customer.Shell | None":
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        return None
    if request.path.startswith("/console/") and user.is_staff:
        return console.Shell(request)
    found = request.resolver_match
    for number in (found.kwargs.get("customer_no") if found else None, sessions.customer_of(request)):
        try:
            if number:
                return customer.Shell(get_scope(user, number), request.path, stands_still=True)
        except (Http404, PermissionDenied):
            continue
    return None
