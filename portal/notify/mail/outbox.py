"""Sends what is due: taken under a lease, noted as sent mail by mail, tried again with growing pauses.

A worker that is killed loses none: what it held comes due again when the lease is over. One that is killed between the
mail server's "250" and our row sends that mail again, with the same Message-ID.
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.core.mail import mailers
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from portal.accounts.reader_settings import of_person
from portal.notify.mail.contents import Contents
from portal.notify.mail.letter import letter
from portal.notify.models import Mail

log = logging.getLogger(__name__)

BATCH = 50
LONGEST = 60.0  # seconds after which nothing more is begun
TIME_LIMIT = 150  # seconds for all of it: one mail may still wait for the server, ten seconds for each of its answers
LEASE = timedelta(seconds=2 * TIME_LIMIT)  # nobody works on it any more by then
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60, 24 * 60))
MOST_ATTEMPTS = len(PAUSES)  # within three days; given up when the last pause is over
CLOSING = 421  # what a server says before it hangs up
PERMANENT = 500  # codes from here on mean: not at all (RFC 5321, 4.2.1)


class Failed(Exception):
    """A mail was not taken. `for_good`: nor will it ever be; `is_gone`: nothing more goes through this connection."""

    def __init__(self, *, for_good: bool = False, is_gone: bool = False) -> None:
        self.for_good, self.is_gone = for_good, is_gone


def send_due() -> int:
    """Send what is due through one connection, for a minute at most. How many were sent.

    While no connection can be had nothing is taken, and so no mail is given up for a server that is away.
    """
    _give_up()
    if not _due().exists():
        return 0
    try:
        with mailers.default as server:
            return _send_batches(server, time.monotonic() + LONGEST)
    except OSError as error:  # smtplib's are as well
        log.warning("the mail server cannot be reached: %s", error)
        return 0


def _send_batches(server: Any, end: float) -> int:
    sent = 0
    while time.monotonic() < end and (batch := _take()):
        contents = Contents(batch)
        for place, mail in enumerate(batch):
            is_sent, is_gone = _handle(server, mail, contents)
            sent += is_sent
            if is_gone or time.monotonic() >= end:
                _put_back(batch[place + 1 :])
                return sent
    return sent


def _handle(server: Any, mail: Mail, contents: Contents) -> tuple[bool, bool]:
    """Whether it was sent, and whether the connection is gone."""
    try:
        is_sent = _send(server, mail, contents)
    except Failed as failed:
        _fail(mail, failed)
        return False, failed.is_gone
    except Exception:
        # Whatever is wrong with one mail, the others are sent.
        log.exception("mail %s could not be written", mail.pk)
        _fail(mail, Failed())
        return False, False
    now = timezone.now()
    Mail.objects.filter(pk=mail.pk, sent=None).update(**{"sent" if is_sent else "given_up": now})
    return is_sent, False


def _send(server: Any, mail: Mail, contents: Contents) -> bool:
    """Whether there was anything to send. Raises Failed."""
    notices = contents.of(mail)
    if not notices:
        return False
    with of_person(mail.user):
        written = letter(mail, notices)
    try:
        server.send_messages([written])
    except ValueError as error:  # an address that is none, a header of two lines
        log.error("mail %s cannot be sent: %s", mail.pk, error)
        raise Failed(for_good=True) from None
    except OSError as error:
        log.warning("mail %s was not taken: %s", mail.pk, error)
        raise _failed(error) from None
    return True


def _failed(error: OSError) -> Failed:
    if isinstance(error, SMTPRecipientsRefused):
        code = min(code for code, _text in error.recipients.values())
        return Failed(for_good=code >= PERMANENT, is_gone=code == CLOSING)
    if isinstance(error, SMTPResponseException):
        for_good = isinstance(error, SMTPDataError) and error.smtp_code >= PERMANENT
        return Failed(for_good=for_good, is_gone=error.smtp_code == CLOSING)
    return Failed(is_gone=True)


def _due() -> QuerySet[Mail]:
    return Mail.objects.filter(sent=None, given_up=None, due__lte=timezone.now())


def _give_up() -> None:
    _due().filter(attempts__gte=MOST_ATTEMPTS).update(given_up=timezone.now())


def _take() -> Sequence[Mail]:
    """A batch of what is due, longest first, held by the caller until the lease is over."""
    with transaction.atomic():
        free = (
            _due()
            .filter(attempts__lt=MOST_ATTEMPTS)
            .order_by("due", "created")
            .select_for_update(skip_locked=True, no_key=True)
        )
        pks = list(free.values_list("pk", flat=True)[:BATCH])
        Mail.objects.filter(pk__in=pks).update(due=timezone.now() + LEASE, attempts=F("attempts") + 1)
    return list(Mail.objects.filter(pk__in=pks).select_related("user", "customer").order_by("created"))


def _put_back(mails: Sequence[Mail]) -> None:
    """They were not tried."""
    pks = [mail.pk for mail in mails]
    Mail.objects.filter(pk__in=pks).update(due=timezone.now(), attempts=F("attempts") - 1)


def _fail(mail: Mail, failed: Failed) -> None:
    now = timezone.now()
    rows = Mail.objects.filter(pk=mail.pk, sent=None)
    if failed.for_good:
        rows.update(given_up=now)
    else:
        rows.update(due=now + PAUSES[mail.attempts - 1])
