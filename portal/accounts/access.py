"""Who may see and do what: the one lookup that every page of a customer goes through.

Not yours is 404, indistinguishable from absent; yours but not for your role is 403 (design.md, Roles).
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from portal.accounts import factor
from portal.accounts.models import Customer, Membership, User
from portal.accounts.roles import Role, Verb, allows


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may see and do in one customer.

    `root` limits it to a resource group and below, '' does not. `customers` are all they belong to, for the switcher.
    """

    customer: Customer
    user: User
    role: Role
    root: str = ""
    customers: tuple[Customer, ...] = ()

    def may(self, verb: Verb, kind: str) -> bool:
        """Whether the person may do that with things of that kind."""
        return allows(self.role, verb, kind, limited=bool(self.root))

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

    SecondFactorRequired where the customer asks for one that the session has not given.
    """
    memberships = memberships_of(user)
    for membership in memberships:
        if membership.customer.number == customer_no and isinstance(user, User):
            factor.require(membership.customer)
            customers = tuple(other.customer for other in memberships)
            return Scope(membership.customer, user, Role(membership.role), membership.group, customers)
    raise Http404


def memberships_of(user: User | AnonymousUser) -> list[Membership]:
    """A person's memberships, by the customer's number; one query."""
    return list(
        Membership.objects.select_related("customer")
        .filter(user=user.pk, user__is_active=True)
        .order_by("customer__number")
    )
