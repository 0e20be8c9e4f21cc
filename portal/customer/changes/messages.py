"""The message that tells of a change on the page that comes next, and follows it to its end without a reload."""

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string

from portal.accounts.access import Scope
from portal.changes.models import Change
from portal.changes.reads.visibility import find_change
from portal.customer.changes.presenter import ChangePresenter, tag_of


def tell(request: HttpRequest, scope: Scope, change: Change) -> None:
    """Say where the change is; the message asks for itself until nothing more can happen to it."""
    shown = find_change(scope, change.pk)
    line = render_to_string("changes/told.html", {"told": ChangePresenter(scope, shown), "tag": tag_of([shown])})
    messages.info(request, line)
