"""The second factor: who has one, whether this session has given it, and who must."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from portal.accounts.models import Customer, User

# Session keys: one was added in this session, so the person holds it; the page that they wanted when it was asked for.
GIVEN = "second_factor_given"
WANTED = "second_factor_wanted_for"
TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

_proven: ContextVar[Callable[[], bool] | None] = ContextVar("proven", default=None)


class SecondFactorRequired(PermissionDenied):
    """The person has to give a second factor before they may see this."""


def has_one(user: User) -> bool:
    """Whether the person has an authenticator app or a security key; recovery codes alone don't count."""
    return Authenticator.objects.filter(user=user, type__in=TYPES).exists()


def records(request: HttpRequest) -> list[dict[str, Any]]:
    """By what the person has proven who they are in this session, as allauth notes it."""
    return get_authentication_records(request, request.user if request.user.is_authenticated else None)


def given(request: HttpRequest) -> None:
    """This session has shown a second factor."""
    request.session[GIVEN] = True


def is_given(request: HttpRequest) -> bool:
    """Whether this session has: at sign-in, later on, or by adding one."""
    shown = request.session.get(GIVEN) or any(record["method"] == "mfa" for record in records(request))
    return bool(shown) and isinstance(request.user, User) and has_one(request.user)


@contextmanager
def asked_in(request: HttpRequest) -> Iterator[None]:
    """While it lasts, `require` speaks of this request's session."""
    token = _proven.set(lambda: is_given(request))
    try:
        yield
    finally:
        _proven.reset(token)


def require(customer: Customer) -> None:
    """SecondFactorRequired where the customer asks its members for one and the request's session has not given it."""
    proven = _proven.get()
    if customer.requires_second_factor and proven is not None and not proven():
        raise SecondFactorRequired


def is_missing_for_staff(request: HttpRequest) -> bool:
    """Whether a member of staff has to give one first (STAFF_MFA)."""
    user = request.user
    return bool(settings.STAFF_MFA and isinstance(user, User) and user.is_staff and not is_given(request))


def page_for(request: HttpRequest, back: str) -> str:
    """Where to give one, and to get one for whoever has none; `back` is where the person wanted to go."""
    user = request.user
    if isinstance(user, User) and has_one(user):
        types = set(Authenticator.objects.filter(user=user, type__in=TYPES).values_list("type", flat=True))
        name = "mfa_reauthenticate" if Authenticator.Type.TOTP in types else "mfa_reauthenticate_webauthn"
        return f"{reverse(name)}?{urlencode({'next': back})}"
    request.session[WANTED] = back
    return f"{reverse('mfa_index')}?{urlencode({'required': '1', 'next': back})}"


def wanted(request: HttpRequest) -> str:
    """The page for which the person had to set one up, once; "/" where there is none."""
    return str(request.session.pop(WANTED, "/"))
