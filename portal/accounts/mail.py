"""Mail to people: plain text from a template, after what it speaks of is in the database."""

import logging
from collections.abc import Mapping
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

log = logging.getLogger(__name__)


def send(template: str, to: str, context: Mapping[str, Any], language: str = "") -> bool:
    """Send `<template>.txt`, whose first line is the subject; False where it could not be sent.

    In the language given, else in that of the request that sends it.
    """
    with override(language or get_language()):
        subject, _blank, body = render_to_string(f"{template}.txt", dict(context)).strip().partition("\n")
    message = EmailMessage(subject.strip(), body.strip() + "\n", to=[to])
    try:
        message.send()
    except (OSError, SMTPException):
        log.exception("mail %s was not sent", template)
        return False
    return True
