"""Who belongs to a customer, in which role: changed here, one change at a time for each customer.

Every function holds the customer's row until its transaction is over, so that two managers who demote each other at
the same moment cannot leave a customer without one. What is done goes on record.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import Customer, Invitation, Membership, User
from portal.accounts.roles import PEOPLE, Role, Verb
from portal.resources.spelling import natural


class LastManager(Exception):
    """A customer always has somebody who manages all of it: this one is the last."""


def members_of(customer: Customer) -> list[Membership]:
    """Everybody, by name."""
    members = Membership.objects.select_related("user").filter(customer=customer)
    return sorted(members, key=lambda member: (natural(str(member.user)), member.user.email))


def managers_of(customer: Customer) -> list[User]:
    """Those who manage all of the customer and may sign in."""
    held = Membership.objects.select_related("user").filter(customer=customer, role=Role.MANAGER, group="")
    return [member.user for member in held.order_by("user__email") if member.user.is_active]


def find(scope: Scope, pk: int) -> Membership:
    """One member of the scope's customer; Http404 where there is none."""
    member = Membership.objects.select_related("user").filter(customer=scope.customer, pk=pk).first()
    if member is None:
        raise Http404
    return member


def change(scope: Scope, pk: int, role: Role, group: str) -> None:
    """Give a member another role or another group ('' for all). LastManager, Http404, PermissionDenied."""
    with _holding(scope) as customer:
        _require_manager(scope)
        member = find(scope, pk)
        before = described(member.role, member.group)
        after = described(role, group)
        if before == after:
            return
        member.role, member.group = role, group
        member.save(update_fields=["role", "group"])
        _keep_a_manager(customer)
        trail.record("member.changed", customer=customer, target=member.user.email, before=before, after=after)


def remove(scope: Scope, pk: int) -> User:
    """Take a member out; they see nothing of the customer from now on. LastManager, Http404, PermissionDenied."""
    with _holding(scope) as customer:
        _require_manager(scope)
        member = find(scope, pk)
        take_out(customer, member, "member.removed")
        _keep_a_manager(customer)
    return member.user


def leave(scope: Scope) -> None:
    """Give up one's own membership. LastManager, Http404 for who has left meanwhile."""
    with _holding(scope) as customer:
        member = Membership.objects.select_related("user").filter(customer=customer, user=scope.user).first()
        if member is None:
            raise Http404
        take_out(customer, member, "member.left")
        _keep_a_manager(customer)


def add(customer: Customer, user: User, role: str, group: str = "") -> Membership:
    """A new member. The caller holds the customer's row, and puts on record how they came."""
    member = Membership.objects.create(customer=customer, user=user, role=role, group=group)
    _end_invitations(customer, user, Invitation.End.JOINED)
    return member


def take_out(customer: Customer, member: Membership, action: str) -> None:
    """A member no more, on record as `action`; no invitation from before lets them in. The caller holds the row."""
    before = described(member.role, member.group)
    member.delete()
    _end_invitations(customer, member.user, Invitation.End.LEFT)
    trail.record(action, customer=customer, target=member.user.email, before=before)


def require_second_factor(scope: Scope, required: bool) -> None:
    """Ask the customer's members for a second factor before they see anything of it, or no longer."""
    _set_rule(scope, "requires_second_factor", required)


def require_approval(scope: Scope, required: bool) -> None:
    """Ask for a second person's approval of what touches production (portal.plans.approval), or no longer."""
    _set_rule(scope, "requires_approval", required)


def described(role: str, group: str) -> dict[str, str]:
    """A membership as the audit trail has it."""
    return {"role": str(role), "group": group}


def _set_rule(scope: Scope, rule: str, required: bool) -> None:
    with _holding(scope) as customer:
        _require_manager(scope)
        before = getattr(customer, rule)
        if before == required:
            return
        Customer.objects.filter(pk=customer.pk).update(**{rule: required})
        was, now = {rule: before}, {rule: required}
        trail.record("customer.changed", customer=customer, target=customer.number, before=was, after=now)


@contextmanager
def _holding(scope: Scope) -> Iterator[Customer]:
    with transaction.atomic():
        yield Customer.objects.select_for_update(no_key=True).get(pk=scope.customer.pk)


def _require_manager(scope: Scope) -> None:
    """Asked again under the lock: whoever was demoted a moment ago decides nothing any more."""
    scope.require(Verb.CHANGE, PEOPLE)
    own = Membership.objects.filter(customer=scope.customer, user=scope.user, role=Role.MANAGER, group="")
    if not own.exists():
        raise PermissionDenied


def _end_invitations(customer: Customer, user: User, how: Invitation.End) -> None:
    """Open ones end when the person becomes a member, and when they are one no longer."""
    open_ = Invitation.objects.filter(customer=customer, email=user.email, ended=None)
    if open_.update(ended=timezone.now(), how_ended=how):
        trail.record("invitation.withdrawn", customer=customer, target=user.email)


def _keep_a_manager(customer: Customer) -> None:
    if not managers_of(customer):
        raise LastManager
