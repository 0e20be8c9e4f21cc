"""Who may use the console: for everybody else it does not exist.

Support staff (`is_staff`) read, view as, and retry; admins (`is_superuser` as well) also change customers, members,
keys and staff. That both give a second factor is seen to in accounts.middleware.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from portal.accounts.access import Scope
from portal.accounts.models import Customer, User
from portal.accounts.roles import Role

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def for_staff[**P](view: View[P]) -> View[P]:
    """A page for staff; Http404 for everybody else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        member_of_staff(request)
        return view(request, *args, **kwargs)

    return cast(View[P], guarded)


def for_admins[**P](view: View[P]) -> View[P]:
    """A page for admins: 403 for other staff, Http404 for everybody else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not is_admin(member_of_staff(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return cast(View[P], guarded)


def member_of_staff(request: HttpRequest) -> User:
    """Who asks; Http404 where they are not staff."""
    user = request.user
    if not (isinstance(user, User) and user.is_active and user.is_staff):
        raise Http404
    return user


def is_admin(user: User) -> bool:
    return user.is_active and user.is_staff and user.is_superuser


def scope_of(request: HttpRequest, customer: Customer) -> Scope:
    """All of a customer, for what the console shows of it and does about its changes."""
    return Scope(customer, member_of_staff(request), Role.MANAGER)


def find_customer(number: str) -> Customer:
    """The customer of that number; Http404."""
    customer = Customer.objects.filter(number=number).first() if "\x00" not in number else None
    if customer is None:
        raise Http404
    return customer
