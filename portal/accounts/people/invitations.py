"""Inviting people: a link by e-mail that works once, for a week, for the address it was sent to and no other.

Only a digest of the link's secret is kept: who reads the database cannot use it.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import Customer, Invitation, Membership, User
from portal.accounts.people import members
from portal.accounts.people.members import described
from portal.accounts.roles import PEOPLE, Role, Verb

MOST_A_DAY = 100  # of one customer: nobody shall send mail to the world through us


class AlreadyMember(Exception):
    """The address belongs to a member: their role can be changed instead."""


class TooMany(Exception):
    """The customer has sent MOST_A_DAY invitations within a day."""


class NotOpen(Exception):
    """The invitation can no longer be used. `reason`: an Invitation.End, expired, or '' where it was not noted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OtherPerson(Exception):
    """The invitation is for another address than that of the person signed in."""


def invite(scope: Scope, email: str, role: Role, group: str) -> tuple[Invitation, str]:
    """A new invitation and its secret, for the mail only; earlier ones to that address end.

    `email` in its canonical form (accounts.people.email_addresses). Raises PermissionDenied, AlreadyMember, TooMany.
    """
    scope.require(Verb.CHANGE, PEOPLE)
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=scope.customer.pk)
        if Membership.objects.filter(customer=customer, user__email=email).exists():
            raise AlreadyMember
        if Invitation.objects.filter(customer=customer, created__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
            raise TooMany
        Invitation.objects.filter(customer=customer, email=email, ended=None).update(
            ended=now, how_ended=Invitation.End.REPLACED
        )
        invitation = Invitation.objects.create(
            customer=customer,
            email=email,
            role=role,
            group=group,
            token_hash=_digest(secret),
            invited_by=scope.user,
            expires=now + Invitation.VALID_FOR,
        )
        trail.record("invitation.sent", customer=customer, target=email, after=described(role, group))
    return invitation, secret


def withdraw(scope: Scope, pk: int) -> bool:
    """End an open invitation of the scope's customer; False where there is no such. PermissionDenied."""
    scope.require(Verb.CHANGE, PEOPLE)
    with transaction.atomic():
        open_ = Invitation.objects.filter(customer=scope.customer, pk=pk, ended=None)
        invitation = open_.first()
        if invitation is None or not open_.update(ended=timezone.now(), how_ended=Invitation.End.WITHDRAWN):
            return False
        trail.record("invitation.withdrawn", customer=scope.customer, target=invitation.email)
    return True


def open_ones(customer: Customer) -> list[Invitation]:
    """Those that nobody has answered, the expired among them: they can be sent again."""
    open_ = Invitation.objects.select_related("invited_by").filter(customer=customer, ended=None)
    return list(open_.order_by("email"))


def find(secret: str) -> Invitation | None:
    """The invitation with that secret, open or not."""
    return Invitation.objects.select_related("customer", "invited_by").filter(token_hash=_digest(secret)).first()


def check(invitation: Invitation) -> None:
    """NotOpen where it can be used no more."""
    if invitation.ended is not None:
        raise NotOpen(invitation.how_ended)
    if is_of_a_member(invitation):
        raise NotOpen(Invitation.End.JOINED)
    if invitation.expires <= timezone.now():
        raise NotOpen("expired")


def is_of_a_member(invitation: Invitation) -> bool:
    """Whether whom it is for belongs to the customer."""
    return Membership.objects.filter(customer=invitation.customer_id, user__email=invitation.email).exists()


def accept(invitation: Invitation, user: User) -> None:
    """The person joins the customer. NotOpen, OtherPerson."""
    if user.email != invitation.email:
        raise OtherPerson
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=invitation.customer_id)
        held = Invitation.objects.select_for_update(no_key=True).filter(pk=invitation.pk)
        check(held.get())
        held.update(ended=timezone.now(), how_ended=Invitation.End.ACCEPTED)
        members.add(customer, user, invitation.role, invitation.group)
        role = described(invitation.role, invitation.group)
        trail.record("invitation.accepted", customer=customer, actor=user, target=user.email, after=role)


def sign_up(invitation: Invitation, name: str, password: str) -> User:
    """A new person, known to hold the address since they have its mail, who joins the customer. NotOpen."""
    with transaction.atomic():
        user = User.objects.create_user(invitation.email, password, name=name)
        accept(invitation, user)
    return user


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
