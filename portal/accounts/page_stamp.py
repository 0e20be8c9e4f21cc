"""For whom a page was made, and when: it carries that along, signed; its scripts and forms send it with what they ask.

A page may stay open while another person signs in beside it, a view begins or ends, a role is changed, or another
language is chosen. What it asks then is not answered in the other person's name or in the other language: the whole
page is made anew, which says what is so. What was typed into it stays with who typed it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.accounts import form_drafts, view_as
from portal.accounts.access import memberships_of
from portal.accounts.models import User
from portal.accounts.redirects import back_to, is_from_here, keep_form, lead_on

HEADER = "Portal-Page"  # as scripts send it; forms send drafts.PAGE (both: static/js/portal.js)
SALT = "portal.accounts.made_for"  # as pages that stand open are signed

type Answer = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class MadeFor:
    """What must be the same for a page to stay as it is; and when it was made."""

    person: int  # 0: nobody
    view: str  # as whom, '' for as oneself
    roles: list[list[str]]
    language: str
    made_at: float = field(default=0.0, compare=False)  # seconds, 0 where it does not say; changes nothing of the page

    def seal(self) -> str:
        parts = [self.person, self.view, self.roles, self.language, self.made_at]
        return _signer().sign_object(parts, compress=True)


def present(request: HttpRequest) -> MadeFor:
    """For whom a page is made that answers this request."""
    asker = getattr(request, "user", None)  # none yet, where not even the host was right
    user = asker if isinstance(asker, User) else None
    seen = view_as.present()
    view = f"{seen.member.user_id} {'writes' if seen.writes else 'reads'}" if seen else ""
    roles = [[one.customer.number, one.role, one.group] for one in memberships_of(user)] if user else []
    made_at = round(time.time(), 3) if user else 0.0  # of nobody's typing anything is kept: their pages are all alike
    return MadeFor(user.pk if user else 0, view, roles, get_language() or "", made_at)


def sent(request: HttpRequest) -> MadeFor | None:
    """For whom the page was made that the request comes from; None where it does not say."""
    return read(request.headers.get(HEADER) or request.POST.get(form_drafts.PAGE, ""))


def read(sealed: str) -> MadeFor | None:
    """What a page's stamp says; None for what is none of ours."""
    try:
        return MadeFor(*_signer().unsign_object(sealed))
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        return None


def same_page(get_response: Answer) -> Answer:
    """Answer a page's script only where the page is still right; else the whole page is asked for anew."""

    def middleware(request: HttpRequest) -> HttpResponse:
        before = sent(request) if HEADER in request.headers and request.user.is_authenticated else None
        if before is None or before == present(request):
            return get_response(request)
        is_form = request.method == "POST" and "preview" in request.POST
        if is_form and not keep_for(before, request) and before.person == request.user.pk:
            return get_response(request)  # too much to be kept: better left where it was typed
        say(before, request)
        return lead_on(request, back_to(request))

    return middleware


def keep_and_return(request: HttpRequest) -> HttpResponse | None:
    """Back to the form, with what was typed: for one that was sent from a page of an earlier session.

    None where it is not one of ours.
    """
    if not is_from_here(request) or not isinstance(request.user, User):
        return None
    before = sent(request) or present(request)
    if not keep_for(before, request):
        return None
    say(before, request)
    return lead_on(request, back_to(request))


def keep_for(before: MadeFor, request: HttpRequest) -> bool:
    """Keep what was sent for whom the page was made: nobody else is shown it."""
    who = User.objects.filter(pk=before.person, is_active=True).first()
    return who is not None and keep_form(request, who)


def say(before: MadeFor, request: HttpRequest) -> None:
    """What is another now, on the page that follows; not what that page says itself: its language, whom one views."""
    now = present(request)
    if before.person != now.person:
        messages.warning(request, _("You are signed in as %(person)s.") % {"person": request.user})
    elif before.view and not now.view and now.roles:
        messages.warning(request, _("This view has ended."))
    elif before.roles != now.roles and before.view == now.view:
        messages.info(request, _("Your access has changed."))


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)
