"""What a mail tells: its notices, as far as their person may see them at this moment and wants them by mail.

Between noting and sending lie seconds, or a day without a mail server: a membership may have ended meanwhile, a role
have changed, a link in an earlier mail been followed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from portal.accounts.access import Scope
from portal.accounts.models import Membership
from portal.accounts.roles import Role
from portal.notify import choices
from portal.notify.choices import Chosen
from portal.notify.kinds import KINDS, Channel
from portal.notify.models import Mail, Notice
from portal.notify.recipients import groups_of, may_hear


class Contents:
    """Of a batch of mails, what each of them was to tell; looked up for all of them at once."""

    def __init__(self, mails: Iterable[Mail]) -> None:
        mails = list(mails)
        self._notices: defaultdict[object, list[Notice]] = defaultdict(list)
        for notice in Notice.objects.filter(mail__in=mails).select_related("occurrence__customer"):
            self._notices[notice.mail_id].append(notice)
        people = {mail.user_id for mail in mails}
        self._chosen: Mapping[int, Chosen] = choices.of_people(people)
        members = Membership.objects.filter(user__in=people, customer__in={mail.customer_id for mail in mails})
        self._members = {(one.customer_id, one.user_id): one for one in members}

    def of(self, mail: Mail) -> Sequence[Notice]:
        """What its person is told, earliest first; nothing for who is no member any more, or may not sign in."""
        found = [one for one in self._notices[mail.pk] if self._is_wanted(mail, one)]
        member = self._members.get((mail.customer_id, mail.user_id))
        if not found or member is None or not mail.user.is_active:
            return ()
        scope = Scope(mail.customer, mail.user, Role(member.role), member.group)
        groups = groups_of(scope) if scope.root else ()
        seen = (one for one in found if may_hear(scope, one.occurrence, groups))
        return sorted(seen, key=lambda one: (one.occurrence.at, one.pk))

    def _is_wanted(self, mail: Mail, notice: Notice) -> bool:
        kind = KINDS.get(notice.occurrence.kind)
        chosen = self._chosen.get(mail.user_id, {})
        return kind is not None and channel_of(mail) in choices.channels(kind, chosen)


def channel_of(mail: Mail) -> Channel:
    """By which its reader hears of something."""
    return Channel.DIGEST if mail.day else Channel.MAIL
