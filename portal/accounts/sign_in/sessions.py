"""A person's sessions: their keys change when it matters, they are seen now and then, and they end."""

import time
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.models import User

SEEN_EVERY = timedelta(minutes=5).total_seconds()  # a write per page view would be one too many
LONGEST = timedelta(days=7).total_seconds()  # from signing in, however busy
BEGAN, SEEN, CUSTOMER = "began", "seen", "customer"
WHO = "__Host-who" if settings.HTTPS else "who"
WHO_FOR = timedelta(days=30)
MOST_AT_ONCE = 10_000  # sessions forgotten


def begin(request: HttpRequest) -> None:
    """Note when the person signed in."""
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


def keep_up(request: HttpRequest) -> None:
    """End a session that is too old; note now and then that it is alive, and from where."""
    if not request.user.is_authenticated:
        return
    now = int(time.time())
    if now - request.session.get(BEGAN, now) > LONGEST:
        request.session.flush()
        request.user = AnonymousUser()
    elif now - request.session.get(SEEN, 0) > SEEN_EVERY:
        request.session.setdefault(BEGAN, now)
        request.session[SEEN] = now
        UserSession.objects.create_from_request(request)


def rotate(request: HttpRequest) -> None:
    """Give the session another key, so that whoever knows the old one has nothing."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def at_customer(request: HttpRequest, number: str) -> None:
    """Note which customer the person is at; the session's key changes with it."""
    before = request.session.get(CUSTOMER)
    if before != number:
        if before is not None:
            rotate(request)
        request.session[CUSTOMER] = number


def customer_of(request: HttpRequest) -> str:
    """Which customer the person is at, or was last; '' for none."""
    return str(request.session.get(CUSTOMER, ""))


def going_on(user: User) -> list[UserSession]:
    """Where the person is signed in; those that have ended are forgotten. Two queries, however many there are."""
    known = list(UserSession.objects.filter(user=user))
    kept = Session.objects.filter(session_key__in=[one.session_key for one in known], expire_date__gt=timezone.now())
    signed_in = {one.session_key for one in kept if _is_signed_in(one, user)}
    if ended := [one.pk for one in known if one.session_key not in signed_in]:
        UserSession.objects.filter(pk__in=ended).delete()
    return [one for one in known if one.session_key in signed_in]


def _is_signed_in(session: Session, user: User) -> bool:
    """Whether the person is signed in there, by the password that they have now."""
    content = session.get_decoded()
    return content.get(SESSION_KEY) == str(user.pk) and content.get(HASH_SESSION_KEY) == user.get_session_auth_hash()


def end(user: User, session_id: int) -> UserSession | None:
    """End one session of the person; None where they have no such."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is not None:
        session.end()
    return session


def end_all(user: User, but: str = "") -> int:
    """End all sessions of the person but the one with this key; how many there were."""
    others = UserSession.objects.filter(user=user).exclude(session_key=but)
    keys = list(others.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def forget_ended() -> None:
    """Nothing is kept of those that have run out: neither what they held, nor from where they came. A part at a time:
    pages are told of each.
    """
    over = Session.objects.filter(expire_date__lte=timezone.now()).values_list("pk", flat=True)
    Session.objects.filter(pk__in=list(over[:MOST_AT_ONCE])).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


# --- who was here, after the session has ended ---------------------------------------------------------------------


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser keep, signed, whose session it was: what they type after its end is kept for them alone."""
    if getattr(request, "forgets_who", False):
        response.delete_cookie(WHO, samesite="Lax")
    elif isinstance(request.user, User) and not request.COOKIES.get(WHO, "").startswith(f"{request.user.pk}:"):
        response.set_cookie(
            WHO,
            _signer().sign(str(request.user.pk)),
            max_age=WHO_FOR,
            httponly=True,
            secure=settings.HTTPS,
            samesite="Lax",
        )


def who(request: HttpRequest) -> User | None:
    """Whose session this browser had last, unless they signed out."""
    try:
        pk = int(_signer().unsign(request.COOKIES.get(WHO, ""), max_age=WHO_FOR))
    except (signing.BadSignature, ValueError):
        return None
    return User.objects.filter(pk=pk, is_active=True).first()


def forget(request: HttpRequest) -> None:
    """They signed out: nothing shall say that they were here."""
    request.forgets_who = True  # type: ignore[attr-defined]


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=WHO)
