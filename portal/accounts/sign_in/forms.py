"""Forms of signing in: allauth's, for addresses as we keep them."""

from typing import Any, ClassVar

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from django.forms import Form
from django.utils.translation import gettext_lazy as _

from portal.accounts.sign_in import sessions
from portal.accounts.sign_in.passwords import LONGEST


def _is_plain(form: Form, name: str) -> bool:
    """Whether the address was typed in plain letters: cleaning makes some others (the Kelvin sign) look like them."""
    return str(form.data.get(form.add_prefix(name), "")).isascii()


class LoginForm(allauth.LoginForm):
    """Knows whose session has ended, so that they only type their password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Email address")
        self.fields["password"].help_text = ""
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)
        user = sessions.who(self.request) if self.request else None
        if user is not None:
            self.initial.setdefault("login", user.email)
            self.fields["password"].widget.attrs["autofocus"] = True
        else:
            self.fields["login"].widget.attrs["autofocus"] = True

    def clean_login(self) -> str:
        """Nobody here has an address with letters that look like others: the answer is the one to any wrong one."""
        email: str = super().clean_login()
        if not _is_plain(self, "login"):
            raise get_adapter().validation_error("email_password_mismatch")
        return email

    def clean_password(self) -> str:
        """Not even looked at when it is too long to be anybody's: the answer is the one to any wrong password."""
        password: str = self.cleaned_data["password"]
        return password[: LONGEST + 1]


class ResetPasswordForm(allauth.ResetPasswordForm):
    """Looks nobody up whose address only looks like the one that was typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Email address")
        self.fields["email"].widget.attrs.pop("placeholder", None)
        self.fields["email"].widget.attrs["autofocus"] = True

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if not _is_plain(self, "email"):
            self.users = []
        return email


class PasswordLook(Form):
    """What is asked where a password is entered: said by the label alone, and once what a new one must be like."""

    labels: ClassVar = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("Repeat new password"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
        if "password1" in self.fields:
            self.fields["password1"].help_text = _("At least 10 characters; a sentence works well.")


class ChangePasswordForm(PasswordLook, allauth.ChangePasswordForm):
    """Another password, by the old one."""


class SetPasswordForm(PasswordLook, allauth.SetPasswordForm):
    """A first password, for whoever signs in without one."""


class ResetPasswordKeyForm(PasswordLook, allauth.ResetPasswordKeyForm):
    """Another password, by the link of a mail."""


class ReauthenticateForm(PasswordLook, allauth.ReauthenticateForm):
    """The password once more."""
