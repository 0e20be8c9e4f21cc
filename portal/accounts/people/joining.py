"""Accepting an invitation: the link in the mail. What is said there depends on who opens it."""

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.models import Invitation, User
from portal.accounts.people import invitations
from portal.accounts.people.invitations import NotOpen
from portal.accounts.sign_in.passwords import LONGEST


class SignUpForm(forms.Form):
    """Who the new person is. Their address is that of the invitation."""

    name = forms.CharField(
        label=lazy("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    password = forms.CharField(
        label=lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "maxlength": LONGEST}),
        help_text=lazy("At least 10 characters; a sentence works well."),
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password


@sensitive_post_parameters("password")
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What is offered, and joining. The answer to a link that is no more says what became of it."""
    found = invitations.find(secret)
    if found is None:
        return _closed(request, None, "unknown")
    try:
        invitations.check(found)
        if isinstance(request.user, User):
            return _join(request, found, request.user)
        if User.objects.filter(email=found.email).exists():
            return _page(request, found, "sign_in")
        return _sign_up(request, found)
    except NotOpen as closed:
        return _closed(request, found, closed.reason)


def _join(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    """For somebody who is signed in. NotOpen."""
    if user.email != found.email:
        return _page(request, found, "other_person")
    if request.method != "POST":
        return _page(request, found, "join")
    invitations.accept(found, user)
    return _welcome(request, found)


def _sign_up(request: HttpRequest, found: Invitation) -> HttpResponse:
    """For somebody new: a name and a password, and they are in. NotOpen."""
    form = SignUpForm(found.email, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, found, "sign_up", form)
    try:
        user = invitations.sign_up(found, form.cleaned_data["name"], form.cleaned_data["password"])
    except (IntegrityError, ValidationError):  # the same person, in another tab
        return _page(request, found, "sign_in")
    record_authentication(request, user, method="invitation", email=user.email)
    _greet(request, found)
    answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=f"/c/{found.customer.number}/"))
    return answer


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    _greet(request, found)
    return redirect(f"/c/{found.customer.number}/")


def _greet(request: HttpRequest, found: Invitation) -> None:
    role = {"customer": found.customer, "role": found.get_role_display()}
    messages.success(request, _("You are now a member of %(customer)s (%(role)s).") % role)


def _closed(request: HttpRequest, found: Invitation | None, reason: str) -> HttpResponse:
    is_member = found is not None and invitations.is_of_a_member(found)
    context = {"invitation": found, "reason": reason, "is_member": is_member}
    return render(request, "account/invitation_closed.html", context, status=404 if found is None else 410)


def _page(request: HttpRequest, found: Invitation, step: str, form: SignUpForm | None = None) -> HttpResponse:
    """Always 200: the address of any other answer stands in the log, and with it a link that still works."""
    return render(request, "account/invitation.html", {"invitation": found, "step": step, "form": form})
