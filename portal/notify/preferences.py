"""What a person chose on their page of settings. Saved is what differs from what the page showed, and nothing else:
what was chosen meanwhile in another tab, or by the link in a mail, stays as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from django.db import transaction

from portal.accounts.access import memberships_of
from portal.accounts.audit import trail
from portal.accounts.models import Membership, User
from portal.accounts.roles import CHANGES, Role, Verb, allows
from portal.notify import choices
from portal.notify.kinds import KINDS, OF_ONESELF, Channel, Kind
from portal.notify.models import DigestHour

HOURS = range(24)

type Box = tuple[str, str]
"""A kind's name and a channel: a box that can be ticked."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """Boxes that are ticked, and the hour of the daily summary."""

    on: Set[Box]
    hour: int


def of(user: User) -> Preferences:
    """As they are now."""
    chosen = choices.of_people([user.pk]).get(user.pk, {})
    kinds = offered(user)
    on = {(kind.name, channel) for kind in kinds for channel in choices.channels(kind, chosen) & optional(kind)}
    row = DigestHour.objects.filter(user=user).first()
    return Preferences(frozenset(on), row.hour if row else DigestHour.USUAL)


def save(user: User, shown: Preferences, wanted: Preferences) -> None:
    """Keep what the person changed, on record. What is not offered to them is left alone."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        before = of(user)
        boxes = {(kind.name, channel) for kind in offered(user) for channel in optional(kind)}
        changed = {box: box in wanted.on for box in (shown.on ^ wanted.on) & boxes}
        choices.choose(user, changed)
        if wanted.hour != shown.hour:
            DigestHour.objects.update_or_create(user=user, defaults={"hour": wanted.hour})
        old, new = (dict(_told(one, changed)) for one in (before, of(user)))
        if old != new:
            trail.record_person("notifications.changed", user, target=user.email, before=old, after=new)


def optional(kind: Kind) -> Set[Channel]:
    """Channels that a person may switch; a summary of what is mailed at once in any case would be empty."""
    fixed = kind.always | ({Channel.DIGEST} if Channel.MAIL in kind.always else set())
    return {channel for channel in Channel if channel not in fixed}


def offered(user: User) -> list[Kind]:
    """Kinds that they can hear of in any of their customers."""
    members = memberships_of(user)
    return [kind for kind in KINDS.values() if any(_hears(member, kind) for member in members)]


def roles(kind: Kind) -> list[Role]:
    """Who hears of it, within their groups."""
    return [role for role in Role if _concerns(role, kind, limited=False)]


def _hears(member: Membership, kind: Kind) -> bool:
    return kind.name in OF_ONESELF or _concerns(Role(member.role), kind, limited=bool(member.group))


def _concerns(role: Role, kind: Kind, *, limited: bool) -> bool:
    """Who asked for something must have been allowed to."""
    may_ask = not kind.own or allows(role, Verb.CHANGE, CHANGES, limited=limited)
    return may_ask and allows(role, kind.verb, kind.about, limited=limited)


def _told(one: Preferences, changed: Mapping[Box, bool]) -> Iterator[tuple[str, object]]:
    """For the trail."""
    yield "hour", one.hour
    for box in sorted(changed):
        yield " ".join(box), box in one.on


def boxes(texts: Iterable[str]) -> frozenset[Box]:
    """As a form has them: `change.done bell`. What is none is left out."""
    pairs = (text.partition(" ") for text in texts)
    return frozenset((name, channel) for name, _blank, channel in pairs if name in KINDS and channel in Channel.values)
