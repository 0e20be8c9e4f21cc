"""How allauth signs people in here: invited ones only, with secrets sealed, and back to our own pages only."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from portal.accounts import reader_settings
from portal.accounts.audit import trail
from portal.accounts.keys import sealing
from portal.accounts.mail import Mail
from portal.accounts.models import User
from portal.accounts.user_agents import client_address, device

log = logging.getLogger(__name__)
# What needs not be told: that one has just signed in or out, and what the page itself says.
UNSAID = (
    "account/messages/logged_in.txt",
    "account/messages/logged_out.txt",
    "mfa/messages/recovery_codes_generated.txt",
)
MFA_PLACE = b"second factor"
MFA_PURPOSE = "second factors"


class AccountAdapter(DefaultAccountAdapter):
    """People are invited, they don't sign up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def is_safe_url(self, url: str | None) -> bool:
        """Only our own pages: allauth would also take any of ALLOWED_HOSTS."""
        request = context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Limits attempts per account and per address; what is held off is on record."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record_attempt("sign_in.held_off", credentials.get("email", ""))
            raise

    def render_mail(self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None) -> Mail:
        """In the language of who reads it, in lines that stay whole."""
        with reader_settings.of_reader(email):
            if "user_agent" in context:
                context["device"] = device(context["user_agent"])
            made = super().render_mail(template_prefix, email, context, headers)
        return Mail(made.subject, made.body, made.from_email, made.to, headers=headers)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail that cannot be sent is not the person's fault, and must not show whether they have an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("mail %s was not sent", template_prefix)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        template = kwargs.get("message_template") or (args[0] if args else "")
        if template not in UNSAID:
            super().add_message(request, level, *args, **kwargs)


class MfaAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed like the API keys."""

    def encrypt(self, text: str) -> str:
        return sealing.seal(text.encode(), MFA_PLACE, purpose=MFA_PURPOSE).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(bytes.fromhex(encrypted_text), MFA_PLACE, purpose=MFA_PURPOSE).decode()

    def get_totp_issuer(self) -> str:
        return f"{_('Portal')} {context.request.get_host()}"


class SocialAdapter(DefaultSocialAccountAdapter):
    """Single sign-on is for people who are known here already, by an address that their provider has verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Says so where the provider does not vouch for the address: nobody is looked up by it."""
        addresses = sociallogin.email_addresses
        is_first_time = sociallogin.state.get("process") == AuthProcess.LOGIN and not sociallogin.is_existing
        if is_first_time and not any(address.verified for address in addresses):
            context = {"email": addresses[0].email if addresses else ""}
            raise ImmediateHttpResponse(render(request, "socialaccount/unverified.html", context))

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """Looked up once for a request: a page asks for that of each account that it shows."""
        found = vars(request).setdefault("sign_on_providers", {})
        if (provider, client_id) not in found:
            found[provider, client_id] = super().get_provider(request, provider, client_id)
        return found[provider, client_id]

    def authenticate_by_email(self, sociallogin: Any) -> Any:
        """Whoever is known here got in by a mail to their address: it is theirs, and so is their password.

        allauth wipes the passwords of accounts whose address it takes for unverified.
        """
        found = super().authenticate_by_email(sociallogin)
        if found is not None:
            pk, email = found[0].pk, found[0].email
            proven = {"verified": True, "primary": True}
            EmailAddress.objects.update_or_create(user_id=pk, email=email, defaults=proven)
        return found


def record_attempt(action: str, email: str) -> None:
    """Put an attempt to sign in on record; with the address only where it is a person's: passwords get typed there."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        trail.record(action, target="unknown address")
    else:
        trail.record_person(action, user, target=user.email, proven=False)
