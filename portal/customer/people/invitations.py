"""Inviting people to the customer: sent by mail, sent again, withdrawn."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts import form_drafts, mail
from portal.accounts.access import Scope
from portal.accounts.models import Invitation
from portal.accounts.people import invitations
from portal.accounts.people.invitations import AlreadyMember, TooMany
from portal.accounts.roles import Role
from portal.customer.people.forms import InviteForm, no_changes
from portal.customer.people.members import home, manager, page_and_form
from portal.customer.shell import render_page
from portal.ui.format import dates


@page_and_form
def invite(request: HttpRequest, customer_no: str) -> HttpResponse:
    """Whom, in which role, for what; then the mail."""
    scope = manager(request, customer_no)
    form = InviteForm(scope, form_drafts.typed(request), initial={"role": Role.VIEWER})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            send(request, scope, asked["email"], Role(asked["role"]), asked["group"])
        except AlreadyMember:
            text = _("%(email)s is already a member: change the role instead.") % {"email": asked["email"]}
            form.add_error("email", no_changes(text))
        except TooMany:
            form.add_error("email", too_many())
        else:
            return redirect(home(scope))
    status = 422 if form.errors else 200
    return render_page(request, scope, "people/invite.html", {"form": form}, status=status)


@require_POST
def again(request: HttpRequest, customer_no: str, pk: int) -> HttpResponse:
    """A new link to the same address; the old one works no more."""
    scope = manager(request, customer_no)
    found = Invitation.objects.filter(customer=scope.customer, pk=pk, ended=None).first()
    if found is None:
        messages.error(request, no_longer())
        return redirect(home(scope))
    try:
        send(request, scope, found.email, Role(found.role), found.group)
    except AlreadyMember:
        messages.info(request, _("%(email)s has already joined.") % {"email": found.email})
    except TooMany:
        messages.error(request, too_many())
    return redirect(home(scope))


@require_POST
def withdraw(request: HttpRequest, customer_no: str, pk: int) -> HttpResponse:
    """The link works no more."""
    scope = manager(request, customer_no)
    if invitations.withdraw(scope, pk):
        messages.success(request, _("Invitation revoked. Its link no longer works."))
    else:
        messages.error(request, no_longer())
    return redirect(home(scope))


def send(request: HttpRequest, scope: Scope, email: str, role: Role, group: str) -> None:
    """Invite and mail the link. Raises what invitations.invite raises."""
    invitation, secret = invitations.invite(scope, email, role, group)
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    told = {"invitation": invitation, "link": link, "by": scope.user, "until": lambda: _until(invitation)}
    if mail.send("people/mail/invitation", email, told):
        messages.success(request, _("Invitation sent to %(email)s.") % {"email": email})
    else:
        messages.error(
            request,
            _("The email to %(email)s could not be sent. The invitation is kept: resend it.") % {"email": email},
        )


def _until(invitation: Invitation) -> str:
    return dates.words(invitation.expires, now(), name_zone=True)


def too_many() -> str:
    limit = {"most": invitations.MOST_A_DAY}
    return no_changes(_("At most %(most)d invitations can be sent per day. Try again tomorrow.") % limit)


def no_longer() -> str:
    return _("This invitation is no longer open: it was accepted, revoked or resent.")
