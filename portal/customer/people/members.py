"""Who belongs to the customer: members, invitations, what is asked of them. For managers; leaving is for everybody."""

from dataclasses import dataclass
from functools import cached_property

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts import form_drafts
from portal.accounts.access import Scope, get_scope
from portal.accounts.models import Invitation, Membership
from portal.accounts.people import invitations, members
from portal.accounts.people.members import LastManager
from portal.accounts.roles import CHANGES, PEOPLE, Role, Verb, allows
from portal.accounts.sign_in import second_factor
from portal.customer.people.forms import PlaceForm, no_changes
from portal.customer.shell import render_page
from portal.ui import links

page_and_form = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class People:
    """The page: everybody, and who was asked to join."""

    scope: Scope

    @cached_property
    def members(self) -> list[Membership]:
        return members.members_of(self.scope.customer)

    @cached_property
    def protected(self) -> set[int]:
        """Ids of the people who have a second factor."""
        people = [member.user_id for member in self.members]
        held = Authenticator.objects.filter(user__in=people, type__in=second_factor.TYPES)
        return set(held.values_list("user", flat=True))

    @property
    def rows(self) -> list[tuple[Membership, bool]]:
        return [(member, member.user_id in self.protected) for member in self.members]

    @property
    def unprotected(self) -> int:
        """How many would have to set up a second factor first."""
        return len(self.members) - len(self.protected)

    @property
    def changers(self) -> int:
        """How many could approve what another one asks for, if it lies within their groups."""
        return sum(allows(Role(one.role), Verb.CHANGE, CHANGES, limited=bool(one.group)) for one in self.members)

    @cached_property
    def invitations(self) -> list[Invitation]:
        return invitations.open_ones(self.scope.customer)


@require_safe
def people(request: HttpRequest, customer_no: str) -> HttpResponse:
    """All members and open invitations."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, PEOPLE)
    return render_page(request, scope, "people/list.html", {"people": People(scope)})


@page_and_form
def member(request: HttpRequest, customer_no: str, pk: int) -> HttpResponse:
    """A member's role and group, to be changed."""
    scope = manager(request, customer_no)
    found = members.find(scope, pk)
    form = PlaceForm(scope, form_drafts.typed(request), initial={"role": found.role, "group": found.group})
    if request.method == "POST" and form.is_valid():
        try:
            members.change(scope, pk, Role(form.cleaned_data["role"]), form.cleaned_data["group"])
        except LastManager:
            form.add_error("role", last_manager())
        else:
            messages.success(request, _("Role of %(person)s changed.") % {"person": found.user})
            return redirect(home(scope))
    return _page(request, scope, "people/member.html", {"member": found, "form": form})


@page_and_form
def remove(request: HttpRequest, customer_no: str, pk: int) -> HttpResponse:
    """Asks, then takes a member out."""
    scope = manager(request, customer_no)
    found = members.find(scope, pk)
    problem = ""
    if request.method == "POST":
        try:
            members.remove(scope, pk)
        except LastManager:
            problem = last_manager()
        else:
            messages.success(request, _("%(person)s is no longer a member.") % {"person": found.user})
            return redirect(home(scope) if found.user != scope.user else "/")
    return _page(request, scope, "people/remove.html", {"member": found, "problem": problem})


@page_and_form
def leave(request: HttpRequest, customer_no: str) -> HttpResponse:
    """Asks, then gives up one's own membership."""
    scope = get_scope(request.user, customer_no)
    problem = ""
    if request.method == "POST":
        try:
            members.leave(scope)
        except LastManager:
            problem = _("You are the last manager of this customer. Make someone else a manager first, then leave.")
        else:
            messages.success(request, _("You have left %(customer)s.") % {"customer": scope.customer})
            return redirect("/")
    return _page(request, scope, "people/leave.html", {"problem": problem})


@require_POST
def ask_for_second_factor(request: HttpRequest, customer_no: str) -> HttpResponse:
    """Ask all members for a second factor, or no longer."""
    scope = manager(request, customer_no)
    required = request.POST.get("required") == "yes"
    if required and not second_factor.is_given(request):
        messages.error(
            request,
            _("Set up two-factor for yourself first, and sign in with it: otherwise you would lock yourself out."),
        )
        return redirect(home(scope))
    members.require_second_factor(scope, required)
    said = _("Two-factor is now required.") if required else _("Two-factor is no longer required.")
    messages.success(request, said)
    return redirect(home(scope))


@require_POST
def ask_for_approval(request: HttpRequest, customer_no: str) -> HttpResponse:
    """Ask for a second person's approval of what touches production, or no longer."""
    scope = manager(request, customer_no)
    required = request.POST.get("required") == "yes"
    members.require_approval(scope, required)
    said = _("Changes to production must now be approved.") if required else _("Changes no longer need approval.")
    messages.success(request, said)
    return redirect(home(scope))


def last_manager() -> str:
    """Why the last manager stays one: it is they themselves who ask, since nobody else decides about people."""
    return no_changes(_("You are the last manager of this customer: make someone else a manager first."))


def manager(request: HttpRequest, customer_no: str) -> Scope:
    """The scope of somebody who decides about people; Http404, PermissionDenied."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.CHANGE, PEOPLE)
    return scope


def home(scope: Scope) -> str:
    """The page of all people."""
    return links.page(scope.customer.number, "people")


def _page(request: HttpRequest, scope: Scope, template: str, context: dict[str, object]) -> HttpResponse:
    wrong = bool(context.get("problem")) or bool(getattr(context.get("form"), "errors", None))
    return render_page(request, scope, template, context, status=422 if wrong else 200)
