"""What pages say of states and times, read from their markup."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from django.test import Client

from tests.moments.wording import Language, instant

BADGE = re.compile(
    r'(?s)<span class="state state-([a-z]+)[^"]*"[^>]*><svg.*?</svg>'
    r"(?:[^<]+</span>|<span>.*?</span></span>(?:</span>)?)"
)
TIME = re.compile(r'<time datetime="([^"]+)"[^>]*>([^<]*)</time>')


class Badge(NamedTuple):
    """A state as a page shows it; `until` is the instant behind its words."""

    state: str
    words: str
    until: datetime | None


def page(client: Client, path: str, language: Language) -> Any:
    """A page of customer 10001 in that language."""
    client.cookies["django_language"] = language.code
    response = client.get(f"/c/10001/{path}")
    assert response.status_code == 200, path
    return response


def markup(response: Any) -> str:
    """The page, blanks as they are typed."""
    return str(response.content.decode()).replace("\xa0", " ")


def row_of(page: str, key: str) -> str:
    """A record's row in a list."""
    found = re.search(rf'(?s)<tr id="row-{re.escape(key)}".*?</tr>', page)
    assert found, key
    return found.group()


def head_of(page: str) -> str:
    """The heading of a record's page, with its state."""
    found = re.search(r"(?s)<h1>.*?</h1>", page)
    assert found
    return found.group()


def badges_of(part: str) -> list[Badge]:
    """The states that stand in it, in order."""
    return [_badge(found.group(1), found.group()) for found in BADGE.finditer(part)]


def _badge(state: str, badge: str) -> Badge:
    times = TIME.findall(badge)
    return Badge(state, times[0][1] if times else "", instant(times[0][0]) if times else None)
