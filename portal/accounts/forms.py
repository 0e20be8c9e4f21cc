"""The sign-in form: allauth's, for addresses as we keep them."""

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from django.utils.translation import gettext_lazy as _

from portal.accounts import sessions
from portal.accounts.passwords import LONGEST


class LoginForm(AllauthLoginForm):
    """Knows whose session has ended, so that they only type their password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["password"].help_text = ""
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)
        user = sessions.who(self.request) if self.request else None
        if user is not None:
            self.initial.setdefault("login", user.email)
            self.fields["password"].widget.attrs["autofocus"] = True
        else:
            self.fields["login"].widget.attrs["autofocus"] = True

    def clean_password(self) -> str:
        """Not even looked at when it is too long to be anybody's: the answer is the one to any wrong password."""
        password: str = self.cleaned_data["password"]
        return password[: LONGEST + 1]
