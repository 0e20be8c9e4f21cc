"""A mail in words: in its reader's language and by their clock with UTC beside, and with the headers that let mail
programs put together what belongs together, and end what is not wanted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from hashlib import blake2b
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts import mail as mails
from portal.accounts.models import Customer
from portal.notify.kinds import KINDS, Section
from portal.notify.mail import unsubscribe
from portal.notify.mail.contents import channel_of
from portal.notify.models import Mail, Notice, Occurrence
from portal.notify.words import say
from portal.ui.format import dates

MOST = 100  # things that a mail lists; the portal has the rest
DIGEST, AT_ONCE = "notifications/mail/digest", "notifications/mail/at_once"


@dataclass(frozen=True, slots=True)
class Line:
    """One notice as a mail lists it."""

    title: str
    text: str
    when: str
    link: str


def letter(mail: Mail, notices: Sequence[Notice]) -> mails.Mail:
    """The mail about these, which are of one kind where it is no digest; in the language and by the clock at hand."""
    shown = [one.occurrence for one in notices[:MOST]]
    kinds = list({one.occurrence.kind: KINDS[one.occurrence.kind] for one in notices}.values())
    stop = unsubscribe.link(mail.user, channel_of(mail), kinds)
    context = {
        "subject": _subject(mail, notices),
        "customer": one_line(str(mail.customer)),
        "sections": _sections(shown, mail.user_id),
        "left": len(notices) - len(shown),
        "settings": address(settings_path(mail.customer)),
        "stop": stop,
        "is_endable": any(channel_of(mail) not in kind.always for kind in kinds),
    }
    subject, body = mails.write(DIGEST if mail.day else AT_ONCE, context)
    return mails.Mail(subject, body, to=[mail.user.email], headers=_headers(mail, notices, stop))


def address(path: str) -> str:
    """Of a page of the portal; '' where nobody knows where that is."""
    return f"{settings.PORTAL_URL}{path}" if settings.PORTAL_URL else ""


def settings_path(customer: Customer) -> str:
    """Of the page on which a person chooses what they hear of."""
    return reverse("customer:notification_settings", args=[customer.number])


def one_line(text: str) -> str:
    """Without what would break a line or hide in it: names come from elsewhere."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())


def _subject(mail: Mail, notices: Sequence[Notice]) -> str:
    count = len(notices)
    if mail.day:
        words = {"count": count, "customer": one_line(str(mail.customer))}
        return (
            ngettext(
                "Daily summary for %(customer)s: %(count)s notification",
                "Daily summary for %(customer)s: %(count)s notifications",
                count,
            )
            % words
        )
    if count == 1:
        return one_line(say(notices[0].occurrence).title)
    kind = KINDS[notices[0].occurrence.kind]
    return _("%(count)s notifications: %(kind)s") % {"count": count, "kind": kind.label}


def _sections(occurrences: Iterable[Occurrence], reader: int) -> Mapping[str, Sequence[Line]]:
    """Under the heading of each section what belongs there, in the order of the settings page."""
    found: dict[Section, list[Line]] = {section: [] for section in Section}
    for one in occurrences:
        found[KINDS[one.kind].section].append(_line(one, reader))
    return {str(section.label): lines for section, lines in found.items() if lines}


def _line(occurrence: Occurrence, reader: int) -> Line:
    said = say(occurrence, reader=reader, with_utc=True)
    text = "\n".join(one_line(line) for line in said.text.splitlines())
    return Line(one_line(said.title), text, _when(occurrence.at), address(said.path))


def _when(moment: datetime) -> str:
    """Thu 26 Nov, 22:00 CET (2026-11-26 21:00 UTC)."""
    words = dates.words(moment, timezone.now(), name_zone=True)
    return f"{words} ({moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"


def _headers(mail: Mail, notices: Sequence[Notice], stop: str) -> dict[str, str]:
    host = _host()
    return {
        "Message-ID": f"<{mail.pk}@{host}>",
        "Auto-Submitted": "auto-generated",
        "List-Id": f"<notifications.{host}>",
        **({} if mail.day else _thread(mail, notices, host)),
        **(_unsubscribing(stop) if stop else {}),
    }


def _thread(mail: Mail, notices: Sequence[Notice], host: str) -> dict[str, str]:
    """Each mail of a thread follows one that never was: whichever comes first, they are shown together."""
    threads = {one.occurrence.thread for one in notices}
    if len(threads) > 1:
        return {}
    digest = blake2b(f"{mail.customer_id}\n{threads.pop()}".encode(), digest_size=16).hexdigest()
    return dict.fromkeys(("In-Reply-To", "References"), f"<thread.{digest}@{host}>")


def _unsubscribing(stop: str) -> dict[str, str]:
    """RFC 8058 asks for HTTPS; without it the link is one for people."""
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if stop.startswith("https:") else {}
    return {"List-Unsubscribe": f"<{stop}>", **one_click}


def _host() -> str:
    """Whose ids these are: the portal's name, or that of the address it sends from."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return punycode(urlsplit(settings.PORTAL_URL).hostname or sender)
