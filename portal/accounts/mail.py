"""Mail to people: plain text in their language, after what it speaks of is in the database."""

import email.policy
import logging
from collections.abc import Mapping
from email.message import EmailMessage as Message
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from portal.accounts import reader_settings

log = logging.getLogger(__name__)


class Mail(EmailMessage):
    """Plain text whose lines stay as they are: quoted-printable cuts them at 76 characters, and links with them."""

    def message(self, *, policy: Any = email.policy.default) -> Message:
        made: Message = super().message(policy=policy)
        made.set_content(self.body, cte="7bit" if self.body.isascii() else "8bit")
        return made


def send(template: str, to: str, context: Mapping[str, Any]) -> bool:
    """Send `<template>.txt`, whose first line is the subject; False where it could not be sent.

    Words are the reader's (readers.of_reader): those of the context that have to be made are callables.
    """
    with reader_settings.of_reader(to):
        subject, _blank, body = render_to_string(f"{template}.txt", dict(context)).strip().partition("\n")
    try:
        Mail(subject.strip(), body.strip() + "\n", to=[to]).send()
    except (OSError, SMTPException):
        log.exception("mail %s was not sent", template)
        return False
    return True
