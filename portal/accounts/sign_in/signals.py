"""What happens around signing in goes on record (accounts.audit.trail)."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils.translation import get_language

from portal.accounts import reader_settings
from portal.accounts.audit import trail
from portal.accounts.models import User
from portal.accounts.sign_in import recovery, second_factor, sessions
from portal.accounts.sign_in.adapter import record_attempt


def connect() -> None:
    """Listen; called once, when the application is ready."""
    account.user_logged_in.connect(signed_in)
    user_logged_out.connect(signed_out)
    user_login_failed.connect(refused)
    account.password_changed.connect(password_changed)
    account.password_set.connect(password_changed)
    account.password_reset.connect(password_changed)
    mfa.authenticator_added.connect(factor_added)
    mfa.authenticator_removed.connect(factor_removed)
    mfa.authenticator_reset.connect(factor_reset)
    mfa.authenticator_used.connect(factor_used)
    mfa.authentication_failed.connect(factor_refused)
    social_account_added.connect(provider_connected)
    social_account_removed.connect(provider_disconnected)


def signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = sorted({str(record["method"]) for record in second_factor.records(request)})
    sessions.begin(request)
    reader_settings.keep(user, get_language())
    trail.record_person("sign_in.done", user, target=user.email, after={"by": methods})


def signed_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        sessions.forget(request)
        trail.record_person("sign_out", user, target=user.email)


def refused(credentials: dict[str, Any], **kwargs: Any) -> None:
    record_attempt("sign_in.refused", str(credentials.get("email") or ""))


def password_changed(user: User, **kwargs: Any) -> None:
    trail.record_person("password.changed", user, target=user.email)


def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    second_factor.given(request)
    sessions.rotate(request)
    trail.record_person("second_factor.added", user, target=str(authenticator.type))


def factor_removed(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    trail.record_person("second_factor.removed", user, target=str(authenticator.type))


def factor_reset(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    trail.record_person("second_factor.renewed", user, target=str(authenticator.type))


def factor_used(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if request.user.is_authenticated:  # asked for anew; at sign-in the session is rotated anyway
        sessions.rotate(request)
    trail.record_person("second_factor.used", user, target=str(authenticator.type))
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        recovery.code_used(request, authenticator)


def factor_refused(user: User, authenticator: Authenticator | None = None, **kwargs: Any) -> None:
    target = f"{user.email} {authenticator.type if authenticator else ''}".strip()
    trail.record_person("second_factor.refused", user, target=target, proven=False)


def provider_connected(sociallogin: Any, **kwargs: Any) -> None:
    trail.record_person("single_sign_on.connected", sociallogin.user, target=sociallogin.account.provider)


def provider_disconnected(socialaccount: SocialAccount, **kwargs: Any) -> None:
    trail.record_person("single_sign_on.disconnected", socialaccount.user, target=socialaccount.provider)
