"""Forms that a page follows while somebody types: what stands in them is kept as it is typed (`form_drafts`).

What is typed comes by itself, and may come late: after its form was sent, left, or begun anew. It was sent along then,
or was not wanted, so it is not kept: else the next page would bring it back. Which page it comes from, and how old that
is, says its stamp.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from portal.accounts import form_drafts, page_stamp
from portal.accounts.models import User

LATE = timedelta(seconds=15)  # nothing is on its way for longer; who goes back to a page may go on typing there


def keep_typing(request: HttpRequest, *, differs: bool) -> None:
    """Keep what stands in the form while somebody types, where it says anything: a browser that dies loses nothing."""
    if not isinstance(request.user, User):
        return
    if request.POST.get(form_drafts.DROP) == "drop":
        form_drafts.finish(request.user, request.path)
    elif is_late(request, request.path):
        return
    elif differs:
        form_drafts.keep(request.user, request.path, request.POST)
    else:
        form_drafts.discard(request.user, request.path)


def is_late(request: HttpRequest, path: str) -> bool:
    """Whether it was typed into a page from before the form at `path` was closed (`form_drafts.close`)."""
    made_at = page_stamp.made_at(request)
    if made_at is None or not isinstance(request.user, User):
        return False
    closed = form_drafts.closed_at(request.user, path)
    return closed is not None and made_at < closed.timestamp() and timezone.now() - closed < LATE
