"""For whom a page was made, signed, and when: it carries that along; its scripts and forms send it with what they ask.

A page may stay open while another person signs in beside it, a view begins or ends, a role is changed, or another
language is chosen. What it asks then is not answered in the other person's name or in the other language: the whole
page is made anew, which says what is so. What was typed into it stays with who typed it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

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
SINCE = "@"  # between for whom and when; static/js/many.js knows it too

type Answer = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class MadeFor:
    """What must be the same for a page to stay as it is."""

    person: int  # 0: nobody
    view: str  # as whom, '' for as oneself
    roles: list[list[str]]
    language: str

    def seal(self) -> str:
        return _signer().sign_object([self.person, self.view, self.roles, self.language], compress=True)


def present(request: HttpRequest) -> MadeFor:
    """For whom a page is made that answers this request."""
    asker = getattr(request, "user", None)  # none yet, where not even the host was right
    user = asker if isinstance(asker, User) else None
    seen = view_as.present()
    view = f"{seen.member.user_id} {'writes' if seen.writes else 'reads'}" if seen else ""
    roles = [[one.customer.number, one.role, one.group] for one in memberships_of(user)] if user else []
    return MadeFor(user.pk if user else 0, view, roles, get_language() or "")


def stamp(request: HttpRequest) -> str:
    """What a page that answers this request carries along; nobody's are all alike: of their typing nothing is kept."""
    made_for = present(request)
    return f"{made_for.seal()}{SINCE}{time.time():.3f}" if made_for.person else made_for.seal()


def sent(request: HttpRequest) -> MadeFor | None:
    """For whom the page was made that the request comes from; None where it does not say."""
    try:
        return MadeFor(*_signer().unsign_object(_sent(request).partition(SINCE)[0]))
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        return None


def made_at(request: HttpRequest) -> float | None:
    """When the page was made that the request comes from, in seconds; None where it does not say.

    Nobody has signed that: it is about nothing but what one has typed oneself.
    """
    try:
        return float(_sent(request).partition(SINCE)[2])
    except ValueError:
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


def _sent(request: HttpRequest) -> str:
    return request.headers.get(HEADER) or str(request.POST.get(form_drafts.PAGE, ""))


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)
