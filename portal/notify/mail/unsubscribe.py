"""Links that end a sort of mail: signed, good for one person, kind and channel, and for as long as that can be ended.

Who holds one needs not be signed in: mail programs follow it by themselves (RFC 8058).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from portal.accounts.audit import trail
from portal.accounts.models import User
from portal.notify import choices
from portal.notify.kinds import KINDS, Channel, Kind

SALT = "portal.notify.stop"
EVERYTHING = ""  # in the place of a kind: all that is told by that channel


@dataclass(frozen=True, slots=True)
class Stop:
    """What a link ends: mails by a channel to a person, of one kind or of all that can be ended."""

    user: User
    channel: Channel
    kinds: Sequence[Kind]


def link(user: User, channel: Channel, kinds: Iterable[Kind]) -> str:
    """The link in a mail about these kinds; '' where it cannot be ended, or nobody knows the portal's address."""
    ended = _endable(kinds, channel)
    if not ended or not settings.PORTAL_URL:
        return ""
    name = EVERYTHING if channel == Channel.DIGEST else ended[0].name
    token = signing.dumps([user.pk, name, str(channel)], salt=SALT)
    return f"{settings.PORTAL_URL}{reverse('customer:stop_mail', args=[token])}"


def read(token: str) -> Stop | None:
    """What the token ends; None where it is forged, or there is nothing it could end any more."""
    try:
        user_id, name, channel = signing.loads(token, salt=SALT)
        channel = Channel(channel)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    kinds = _endable([kind for kind in KINDS.values() if name in (kind.name, EVERYTHING)], channel)
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return Stop(user, channel, kinds) if user and kinds else None


def stop(told: Stop) -> None:
    """From now on no more of them; on record where there would have been any. Nobody knows who has followed the link,
    so the person is what it was done to, and no actor.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=told.user.pk)
        chosen = choices.of_people([told.user.pk]).get(told.user.pk, {})
        ended = [kind for kind in told.kinds if told.channel in choices.channels(kind, chosen)]
        if not ended:
            return
        choices.choose(told.user, {(kind.name, told.channel): False for kind in ended})
        after = {"ended": [kind.name for kind in ended], "channel": str(told.channel), "by": "link in an email"}
        trail.record_person("notifications.changed", told.user, target=told.user.email, after=after, proven=False)


def _endable(kinds: Iterable[Kind], channel: Channel) -> list[Kind]:
    return [kind for kind in kinds if channel not in kind.always]
