"""How a line of the log looks, and what it never has: addresses that let somebody in, and fields not named here."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from portal.logs import request_id

# Who has one of these addresses is let in by it: a calendar, an invitation, a new password, no more mails.
SECRET = re.compile(r"(/calendar/|/notifications/stop/|/accounts/invitation/|/accounts/password/reset/key/)[^\s/'\"?]+")
FIELDS = ("method", "route", "status", "seconds", "customer")  # that a line may bring besides its words
PLAIN = "{asctime} {levelname} {name}: {message}"


class People(logging.Formatter):
    """2026-11-27 16:00:00,000 INFO portal.api: query …, with the request's id in brackets where there is one."""

    def __init__(self) -> None:
        super().__init__(PLAIN, style="{")

    def format(self, record: logging.LogRecord) -> str:
        return _public(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        line, own = super().formatMessage(record), request_id.current()
        return f"{line} [{own}]" if own else line


class Json(logging.Formatter):
    """An object for each line: time (UTC), level, logger, message, request_id, and `exception` with the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _public(record.getMessage()),
            "process": record.process,
        }
        if own := request_id.current():
            line["request_id"] = own
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = _public(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


FORMS = {"text": People, "json": Json}


def handler(form: str) -> dict[str, Any]:
    """For logging.config: everything goes to stderr, in this form."""
    name = FORMS[form].__name__
    return {
        "formatters": {"line": {"()": f"{__name__}.{name}"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    }


def _public(text: str) -> str:
    return SECRET.sub(r"\1…", text)
