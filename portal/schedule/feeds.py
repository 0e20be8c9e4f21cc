"""Feeds of people: made, renewed, taken away, and found by the token that a calendar brings. Each is on record."""

import secrets
from collections.abc import Iterator
from functools import partial
from hashlib import sha256

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.keys.sealed_values import Sealed
from portal.accounts.models import Membership
from portal.accounts.roles import SCHEDULE, Role, Verb
from portal.schedule.models import Feed

MOST = 20  # of one person in one customer


class TooMany(Exception):
    """A person has no more than `MOST` feeds of a customer."""


def feeds_of(scope: Scope) -> QuerySet[Feed]:
    """The person's own. Nobody else's, also not in their place: the address alone lets a calendar in (403)."""
    _require(scope)
    return Feed.objects.filter(membership__user=scope.user, membership__customer=scope.customer)


def add(scope: Scope, about: Feed.About, name: str = "") -> Feed:
    """A feed about that, the one there is where there is one. The caller has looked whether the person sees it."""
    with transaction.atomic():
        membership = Membership.objects.select_for_update(no_key=True).get(user=scope.user, customer=scope.customer)
        found = feeds_of(scope).filter(about=about, name=name).first()
        if found is not None:
            return found
        if feeds_of(scope).count() >= MOST:
            raise TooMany
        feed = Feed(membership=membership, about=about, name=name)
        _give_token(feed)
        trail.record("calendar.added", customer=scope.customer, target=str(feed))
    return feed


def renew(scope: Scope, pk: str) -> Feed:
    """Another address; the one before lets nobody in from now on. Http404 for a feed that is not theirs."""
    with transaction.atomic():
        feed = _find(scope, pk)
        feed.fetched_at = None
        _give_token(feed)
        trail.record("calendar.renewed", customer=scope.customer, target=str(feed))
    return feed


def remove(scope: Scope, pk: str) -> None:
    """Its address lets nobody in any more. Http404 for a feed that is not theirs."""
    with transaction.atomic():
        feed = _find(scope, pk)
        feed.delete()
        trail.record("calendar.removed", customer=scope.customer, target=str(feed))


def find(token: str) -> tuple[Feed, Scope]:
    """The feed of that token, and what its owner may see at this moment; Http404 where there is none (any more)."""
    feeds = Feed.objects.select_related("membership__user", "membership__customer")
    feed = feeds.filter(token_hash=_digest(token), membership__user__is_active=True).first()
    if feed is None:
        raise Http404
    member = feed.membership
    return feed, Scope(member.customer, member.user, Role(member.role), member.group)


def fetched(feed: Feed) -> None:
    """A calendar has asked."""
    Feed.objects.filter(pk=feed.pk).update(fetched_at=timezone.now())


def sealed_tokens() -> Iterator[Sealed]:
    """For whoever rotates the key ring."""
    for feed in Feed.objects.order_by("pk"):
        yield Sealed(f"the calendar feed {feed.pk}", feed.is_newest, partial(_seal_anew, feed))


def _seal_anew(feed: Feed) -> bool:
    same = Feed.objects.filter(pk=feed.pk, sealed=feed.sealed)
    feed.seal(feed.token)
    return bool(same.update(sealed=feed.sealed))


def _require(scope: Scope) -> None:
    if scope.viewing is not None:
        raise PermissionDenied
    scope.require(Verb.SEE, SCHEDULE)


def _find(scope: Scope, pk: str) -> Feed:
    try:
        return feeds_of(scope).select_for_update(no_key=True).get(pk=pk)
    except (Feed.DoesNotExist, ValueError, ValidationError):
        raise Http404 from None


def _give_token(feed: Feed) -> None:
    token = secrets.token_urlsafe(32)
    feed.token_hash = _digest(token)
    feed.seal(token)
    feed.save()


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
