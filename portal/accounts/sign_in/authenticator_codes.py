"""Codes of authenticator apps: a phone's clock may be a step of 30 seconds off, and each code opens something once.

allauth remembers a used code for one step, and not at all the one that sets an app up: with a step either way it would
be good once more. It also makes another secret whenever the page that sets one up is looked at.
"""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as allauth
from allauth.mfa.totp.internal.auth import TOTP, get_totp_secret
from django.core.cache import cache

from portal.accounts.models import User


def remember_for_as_long_as_they_are_good() -> None:
    """Let allauth's authenticators remember their codes through `mark_used`; called once, when all is loaded."""
    TOTP._mark_code_used = mark_used  # type: ignore[assignment, method-assign]


def mark_used(app: TOTP, code: str) -> bool:
    """Whether the code is used for the first time by the person; from now on it is not."""
    steps = 2 * app_settings.TOTP_TOLERANCE + 1
    return bool(cache.add(app._get_used_cache_key(code), "y", timeout=steps * app_settings.TOTP_PERIOD))


class ActivateForm(allauth.ActivateTOTPForm):
    """Sets an app up: its secret stays, in whatever tab, until that is done or the session ends."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super(allauth.ActivateTOTPForm, self).__init__(*args, **kwargs)  # not allauth's own, which replaces the secret
        self.user = user
        self.secret = get_totp_secret()

    def clean_code(self) -> str:
        """Used up by setting up. ValidationError where it is wrong, or was used already."""
        code: str = super().clean_code()
        if not mark_used(TOTP(Authenticator(user=self.user)), code):
            raise get_adapter().validation_error("incorrect_code")
        return code
