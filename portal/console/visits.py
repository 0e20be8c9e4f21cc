"""Viewing as one of a customer's people: begun with a reason, read-only at first, over after half an hour.

A visit belongs to the session that began it. With each step (begun, write access, ended) the session's key and the
CSRF secret are renewed, so that no form that was rendered before can be sent after it. Every step is in the trail.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from portal.accounts import audit, sessions
from portal.accounts.models import Membership, User
from portal.accounts.viewing import Viewing, viewing_as
from portal.console.models import Visit

LASTS = timedelta(minutes=30)
KEY = "visit"  # in the session


class Nested(Exception):
    """The member of staff is viewing as somebody already, here or in another browser."""


def present(request: HttpRequest) -> Visit | None:
    """The visit of the request's session, over or not; None for none."""
    user = request.user
    if not isinstance(user, User) or KEY not in request.session:
        return None
    return _visits().filter(pk=request.session[KEY], staff=user.pk, ended=None).first()


def viewing_of(visit: Visit | None) -> Viewing | None:
    """What a visit that goes on lets its member of staff see."""
    if visit is None or visit.is_over or not (visit.staff.is_staff and visit.staff.is_active):
        return None
    return Viewing(visit.member, visit.writes_since is not None)


def begin(request: HttpRequest, staff: User, member: Membership, reason: str) -> Visit:
    """See the customer as that person does. Nested where a visit goes on."""
    now = timezone.now()
    try:
        with transaction.atomic():
            Visit.objects.filter(staff=staff, ended=None, expires__lte=now).update(ended=now)
            visit = Visit.objects.create(staff=staff, member=member, reason=reason, began=now, expires=now + LASTS)
            _record(visit, "staff.viewed", {"reason": reason, "until": visit.expires})
    except IntegrityError:
        raise Nested from None
    request.session[KEY] = visit.pk
    _renew(request)
    return visit


def take_write(request: HttpRequest, visit: Visit) -> None:
    """The second step: what the person may change may be changed in their place from now on."""
    with transaction.atomic():
        if Visit.objects.filter(pk=visit.pk, ended=None, writes_since=None).update(writes_since=timezone.now()):
            _record(visit, "staff.took_write", {"reason": visit.reason})
    _renew(request)


def end(request: HttpRequest, visit: Visit | None) -> None:
    """Back to being oneself; also for a visit whose time is over."""
    if visit is not None:
        with transaction.atomic():
            if Visit.objects.filter(pk=visit.pk, ended=None).update(ended=timezone.now()):
                _record(visit, "staff.left", {"minutes": round((timezone.now() - visit.began).total_seconds() / 60)})
    request.session.pop(KEY, None)
    _renew(request)


def going_on(staff: User) -> Visit | None:
    """The visit of that person in whatever browser."""
    return _visits().filter(staff=staff, ended=None, expires__gt=timezone.now()).first()


def _visits() -> QuerySet[Visit]:
    return Visit.objects.select_related("staff", "member__user", "member__customer")


def _record(visit: Visit, action: str, after: dict[str, object]) -> None:
    with viewing_as(Viewing(visit.member, visit.writes_since is not None)):
        audit.record(action, customer=visit.customer, actor=visit.staff, target=visit.person.email, after=after)


def _renew(request: HttpRequest) -> None:
    sessions.rotate(request)
    rotate_token(request)
