"""Viewing as one of a customer's people: begun with a reason, read-only at first, over after half an hour.

A visit belongs to the session that began it. With each step (begun, write access, ended) the session's key and the
CSRF secret are renewed, so that no form that was rendered before can be sent after it. Every step is in the trail,
and so is the end, however it comes: by the button, by signing out, by its time, with the role or with the membership.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.signals import pre_delete
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from portal.accounts.audit import trail
from portal.accounts.models import Membership, User
from portal.accounts.sign_in import sessions
from portal.accounts.view_as import Viewing, viewing_as
from portal.console.models import Visit

LASTS = timedelta(minutes=30)
A_DAY = timedelta(days=1)
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
    if visit is None or visit.member is None or visit.is_over or not _is_staff(visit.staff):
        return None
    return Viewing(visit.member, visit.writes_since is not None)


def begin(request: HttpRequest, staff: User, member: Membership, reason: str) -> Visit:
    """See the customer as that person does. Nested where a visit goes on."""
    end_overdue()
    now = timezone.now()
    asked = {"staff": staff, "member": member, "customer": member.customer, "person": member.user, "reason": reason}
    try:
        with transaction.atomic():
            visit = Visit.objects.create(**asked, began=now, expires=now + LASTS)
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
        _close(visit, "stopped" if _is_staff(visit.staff) else "role")
    request.session.pop(KEY, None)
    _renew(request)


def going_on(staff: User) -> Visit | None:
    """The visit of that person in whatever browser."""
    return _visits().filter(staff=staff, ended=None, expires__gt=timezone.now()).first()


def ended_lately(staff: User, customer_no: str) -> Visit | None:
    """Their last visit to that customer, if it ended within a day; not while one goes on elsewhere."""
    last = _visits().filter(staff=staff, customer__number=customer_no).order_by("-began").first()
    is_of_today = last is not None and last.ended is not None and last.ended > timezone.now() - A_DAY
    return last if is_of_today else None


# --- what ends without the button ----------------------------------------------------------------------------------


def connect() -> None:
    """Listen; called once, when the application is ready."""
    user_logged_out.connect(signed_out)
    pre_delete.connect(member_removed, sender=Membership)


def end_overdue() -> None:
    """Those whose time is over and whose staff did not come back."""
    for visit in _visits().filter(ended=None, expires__lte=timezone.now()):
        _close(visit, "time")


def signed_out(request: HttpRequest | None, **kwargs: Any) -> None:
    visit = present(request) if request is not None else None
    if visit is not None:
        _close(visit, "sign_out")


def member_removed(instance: Membership, **kwargs: Any) -> None:
    for visit in _visits().filter(member=instance, ended=None):
        with trail.asking(trail.Asker()):  # whoever removes the member is not at the address of the member of staff
            _close(visit, "removal")


def _close(visit: Visit, how: str) -> None:
    """The end, once: to the time when it was over, with how it came (customer.audit.presenter has the words)."""
    ended = min(timezone.now(), visit.expires)
    minutes = round((ended - visit.began).total_seconds() / 60)
    with transaction.atomic():
        if Visit.objects.filter(pk=visit.pk, ended=None).update(ended=ended):
            _record(visit, "staff.left", {"minutes": minutes, "ended": "time" if ended == visit.expires else how})


def _visits() -> QuerySet[Visit]:
    return Visit.objects.select_related("staff", "customer", "person", "member__user", "member__customer")


def _is_staff(user: User) -> bool:
    return user.is_staff and user.is_active


def _record(visit: Visit, action: str, after: dict[str, object]) -> None:
    assert visit.member is not None  # all that is recorded comes before it goes
    with viewing_as(Viewing(visit.member, visit.writes_since is not None)):
        trail.record(action, customer=visit.customer, actor=visit.staff, target=visit.person.email, after=after)


def _renew(request: HttpRequest) -> None:
    sessions.rotate(request)
    rotate_token(request)
