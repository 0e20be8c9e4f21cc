"""What a key of a record may hold: small checks, and the spec of a key made from them.

A check takes the value as it came over the wire and returns it in the form that is stored.
It raises ValueError with a reason for people. Checks are strict: `1` is no boolean, `True` is no integer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import available_timezones

from django.conf import settings

from portal.sandbox.errors import shown

Check = Callable[[Any], Any]

_EMAIL = re.compile(r"[^@\s,;<>()\"\\]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE | re.ASCII,
)
GROUP_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
USER_NAME = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")
SERVICE_NAME = re.compile(r"s-[a-z0-9_][a-z0-9_.-]{0,29}")
ROLE = re.compile(r"role::[a-z0-9_.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a resource type.

    access: "set" any time, "create" only on creation (then it never changes), "read" never.
    """

    check: Check
    access: Literal["set", "create", "read"] = "set"
    filterable: bool = False


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be a boolean, not {shown(value)}")
    return value


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a string, not {shown(value)}")
    if len(value) > settings.MAX_TEXT:
        raise ValueError(f"must have at most {settings.MAX_TEXT} characters")
    return value


def integer(low: int, high: int) -> Check:
    """An integer between two bounds, both inclusive."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"must be an integer, not {shown(value)}")
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}, not {value}")
        return value

    return check


def limited(name: str) -> Check:
    """An integer within the limits that the settings give for `name`, read at each check."""

    def check(value: Any) -> int:
        checked: int = integer(*settings.LIMITS[name])(value)
        return checked

    return check


def matching(pattern: re.Pattern[str], what: str) -> Check:
    """A string that is wholly of a pattern; `what` says of what kind for people."""

    def check(value: Any) -> str:
        if not pattern.fullmatch(text(value)):
            raise ValueError(f"must be {what}, not {shown(value)}")
        return str(value)

    return check


def choice(*options: str) -> Check:
    """One of a few strings."""

    def check(value: Any) -> str:
        if text(value) not in options:
            raise ValueError(f"must be one of {', '.join(options)}, not {shown(value)}")
        return str(value)

    return check


def list_of(check: Check, *, most: int = 100) -> Check:
    """A list without doubles, in the order given, each item checked."""

    def checked(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError(f"must be a list, not {shown(value)}")
        if len(value) > most:
            raise ValueError(f"must have at most {most} items")
        return list(dict.fromkeys(check(item) for item in value))

    return checked


email = matching(_EMAIL, "an e-mail address")
host_name = matching(_HOST, "a host name")


def timezone(value: Any) -> str:
    if text(value) not in available_timezones():
        raise ValueError(f"must be the IANA name of a time zone, not {shown(value)}")
    return str(value)


def day(value: Any) -> date:
    """An ISO date (YYYY-MM-DD)."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text(value), re.ASCII):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"must be an ISO date, not {shown(value)}") from None


def moment_or_empty(value: Any) -> datetime | None:
    """An ISO 8601 time with its zone; None for an empty string, and for what is long past (rg_07)."""
    if text(value) == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"must be an ISO 8601 time, not {shown(value)}") from None
    if moment.tzinfo is None:
        raise ValueError("must carry its time zone")
    if moment.year > 9000:
        raise ValueError("is too far away")
    # So that no database has to know the year 1.
    return moment if moment.year > 1970 else None


def anything(value: Any) -> Any:
    """For keys that are only compared with what is there."""
    return value
