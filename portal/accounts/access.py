"""Who may see and do what: the one lookup that every page of a customer goes through.

Not yours is 404, indistinguishable from absent; yours but not for your role is 403 (design.md, Roles).
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from portal.accounts import view_as
from portal.accounts.models import Customer, Membership, User
from portal.accounts.roles import Role, Verb, allows
from portal.accounts.sign_in import second_factor
from portal.accounts.view_as import Viewing


class NoAccess(Http404):
    """The customer of that number is none of the person's, whether or not it exists."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may see and do in one customer.

    `root` limits it to a resource group and below, '' does not. `customers` are all they belong to, for the switcher.
    `viewing`: a member of staff (`user`) sees it as one of the customer's people, whose role and root these are.
    `unread` notices are in the person's bell (portal.notify.bell).
    """

    customer: Customer
    user: User
    role: Role
    root: str = ""
    customers: tuple[Customer, ...] = ()
    viewing: Viewing | None = None
    unread: int = 0

    @property
    def reach(self) -> tuple[str, str, str, bool]:
        """What decides over all that is shown and offered: the same for everybody of that role in that group."""
        return (self.customer.number, self.role, self.root, self.viewing is None or self.viewing.writes)

    def may(self, verb: Verb, kind: str) -> bool:
        """Whether the person may do that with things of that kind."""
        may_in_their_place = self.viewing is None or self.viewing.allows(verb, kind)
        return may_in_their_place and allows(self.role, verb, kind, limited=bool(self.root))

    def may_see(self, kind: str) -> bool:
        return self.may(Verb.SEE, kind)

    def may_change(self, kind: str) -> bool:
        return self.may(Verb.CHANGE, kind)

    def require(self, verb: Verb, kind: str) -> None:
        """PermissionDenied (403) unless the person may."""
        if not self.may(verb, kind):
            raise PermissionDenied


def get_scope(user: User | AnonymousUser, customer_no: str) -> Scope:
    """The person's scope in that customer; Http404 where they have none, whether or not the customer exists.

    SecondFactorRequired where the customer asks for one that the session has not given. Staff who view as one of a
    customer's people see that customer and nothing else, not even what they belong to themselves.
    """
    if (seen := view_as.present()) is not None:
        return _scope_in_place(user, customer_no, seen)
    memberships = memberships_of(user)
    for membership in memberships:
        if membership.customer.number == customer_no and isinstance(user, User):
            second_factor.require(membership.customer)
            customers = tuple(other.customer for other in memberships)
            role, unread = Role(membership.role), membership.unread
            return Scope(membership.customer, user, role, membership.group, customers, unread=unread)
    raise NoAccess


def _scope_in_place(user: User | AnonymousUser, customer_no: str, seen: Viewing) -> Scope:
    member = seen.member
    if member.customer.number != customer_no or not isinstance(user, User) or not user.is_staff:
        raise Http404
    return Scope(member.customer, user, Role(member.role), member.group, (member.customer,), seen)


def scope_now(customer: Customer, user: User | None) -> Scope | None:
    """The person's scope in that customer as their membership says at this moment, for workers: no request goes on.

    None for who is no member, and for a person who may not sign in any more.
    """
    found = Membership.objects.filter(customer=customer, user=user, user__is_active=True).select_related("user").first()
    return Scope(customer, found.user, Role(found.role), found.group) if found else None


def memberships_of(user: User | AnonymousUser) -> list[Membership]:
    """A person's memberships, by the customer's number. The one they view as, for staff who do.

    Of who is signed in they came with the person (accounts.sign_in.backend); else it is one query.
    """
    if (seen := view_as.present()) is not None:
        return [seen.member]
    if isinstance(user, User) and user.memberships_at_hand is not None:
        return user.memberships_at_hand
    return [one for one in memberships_with_user(user.pk) if one.user.is_active]


def memberships_with_user(user_id: Any) -> list[Membership]:
    """Memberships by the customer's number, each with customer and person; one query."""
    found = Membership.objects.select_related("customer", "user").filter(user=user_id)
    return list(found.order_by("customer__number"))
