"""The bell: what a person was told about a customer, newest first, and how much of it they have not seen.

It shows what they may still see: a role that was lowered takes away what went with it. `Membership.unread` counts the
same, so that no page has to; whoever writes or reads notices recounts in the same transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_save
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import Customer, Membership
from portal.accounts.roles import Role
from portal.inventory import news
from portal.notify.kinds import KINDS
from portal.notify.models import Notice
from portal.notify.recipients import groups_of
from portal.resources.types import TYPES

MOST = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """Notices, newest first. `older` is the one before which there are more; None for no more."""

    notices: tuple[Notice, ...]
    older: int | None


def latest(scope: Scope, before: int | None = None, most: int = MOST) -> Shown:
    """The last ones, or the last before that one."""
    _require_oneself(scope)
    theirs = _visible(scope) if before is None else _visible(scope).filter(pk__lt=before)
    found = tuple(theirs.select_related("occurrence__customer").order_by("-pk")[: most + 1])
    return Shown(found[:most], found[most - 1].pk if len(found) > most else None)


def seen(scope: Scope, shown: Iterable[Notice]) -> int:
    """These were shown; what came meanwhile was not. How many are unread now."""
    _require_oneself(scope)
    new = [one.pk for one in shown if one.read is None]
    if not new and not scope.unread:
        return 0
    return _read(scope, Notice.objects.filter(user=scope.user, customer=scope.customer, pk__in=new))


def all_seen(scope: Scope, up_to: int) -> int:
    """So were all up to that one. How many are unread now."""
    _require_oneself(scope)
    return _read(scope, _visible(scope).filter(pk__lte=up_to))


def recount(customer: Customer, people: Iterable[int]) -> None:
    """These people's notices of the customer, or what they may see of them, are others: count the unread anew."""
    with transaction.atomic():
        for member in _held(customer, people):
            _recount(member)


def connect() -> None:
    """A role or group that has changed shows other notices; called once, when the application is ready."""
    post_save.connect(_member_saved, sender=Membership)


def _member_saved(instance: Membership, **_signal: Any) -> None:
    recount(instance.customer, [instance.user_id])


def _read(scope: Scope, notices: QuerySet[Notice]) -> int:
    with transaction.atomic():
        notices.filter(read=None).update(read=timezone.now())
        counts = [_recount(member) for member in _held(scope.customer, [scope.user.pk])]
    return sum(counts)


def _held(customer: Customer, people: Iterable[int]) -> Iterable[Membership]:
    """Their memberships, locked in the same order by everybody: who counts second has seen what the first has read."""
    held = Membership.objects.select_for_update(of=("self",), no_key=True).select_related("customer", "user")
    return held.filter(customer=customer, user__in=list(people)).order_by("pk")


def _recount(member: Membership) -> int:
    scope = Scope(member.customer, member.user, Role(member.role), member.group)
    unread = _visible(scope).filter(read=None).count()
    if unread != member.unread:
        Membership.objects.filter(pk=member.pk).update(unread=unread)
        news.tell_after_commit([news.of_person(member.user_id)])
    return unread


def _visible(scope: Scope) -> QuerySet[Notice]:
    """What of the person's bell they may see now: what `recipients.may_hear` says, asked of the database."""
    kinds = [kind.name for kind in KINDS.values() if scope.may(kind.verb, kind.about)]
    unseen = [name for name in TYPES if not scope.may_see(name)]
    allowed = Q(occurrence__kind__in=kinds) & ~Q(occurrence__type_name__in=unseen)
    if scope.root:
        anywhere = Q(occurrence__kind__in=[kind.name for kind in KINDS.values() if not kind.placed])
        allowed &= anywhere | Q(occurrence__group__in=list(groups_of(scope)))
    oneself = Q(occurrence__kind__in=list(KINDS), occurrence__data__person=scope.user.pk)
    theirs = Notice.objects.filter(user=scope.user, customer=scope.customer, in_bell=True)
    return theirs.filter(allowed | oneself)


def _require_oneself(scope: Scope) -> None:
    """Nobody reads it in a person's place (403)."""
    if scope.viewing is not None:
        raise PermissionDenied
