"""Mail to people: plain text in their language, after what it speaks of is in the database."""

import email.policy
import logging
from collections.abc import Mapping
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage as Message
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from portal.accounts import reader_settings

log = logging.getLogger(__name__)

LONGEST_LINE = 998  # bytes that a mail server takes (RFC 5322, 2.1.1)
#: Addresses and ids, which are broken by what Python does to long words of headers (RFC 2047).
AS_THEY_ARE = ("list-id", "list-unsubscribe", "list-unsubscribe-post", "in-reply-to", "references")


class _AsItIs(UnstructuredHeader, BaseHeader):
    """A header that is sent in one piece."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
for _name in AS_THEY_ARE:
    HEADERS.map_to_type(_name, _AsItIs)


class Mail(EmailMessage):
    """Plain text whose lines stay as they are: quoted-printable cuts them at 76 characters, and links with them."""

    def message(self, *, policy: Any = email.policy.default) -> Message:
        made: Message = super().message(policy=policy.clone(header_factory=HEADERS))
        made.set_content(self.body, cte=_encoding(str(self.body)))
        return made


def _encoding(body: str) -> str:
    if any(len(line.encode()) > LONGEST_LINE for line in body.splitlines()):
        return "quoted-printable"
    return "7bit" if body.isascii() else "8bit"


def write(template: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and body of `<template>.txt`, whose first line is the subject, in the language that is active."""
    subject, _blank, body = render_to_string(f"{template}.txt", dict(context)).strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def send(template: str, to: str, context: Mapping[str, Any]) -> bool:
    """Send `<template>.txt`, whose first line is the subject; False where it could not be sent.

    Words are the reader's (readers.of_reader): those of the context that have to be made are callables.
    """
    with reader_settings.of_reader(to):
        subject, body = write(template, context)
    try:
        Mail(subject, body, to=[to]).send()
    except (OSError, SMTPException):
        log.exception("mail %s was not sent", template)
        return False
    return True
