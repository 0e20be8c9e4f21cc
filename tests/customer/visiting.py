"""Asks for pages of customer 10001 as one of the cast: `visit("viewer", "virtualmachine/", q="shop")`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.resources.types import TYPES

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Visit:
    """Each person keeps their session; `part=True` asks as htmx does, with the tag that it has of the part."""

    def __init__(self, browse: Callable[[str], Client]) -> None:
        self._browse = browse
        self._clients: dict[str, Client] = {}

    def __call__(self, name: str, path: str, *, part: bool = False, tag: str = "", **params: Any) -> Any:
        if name not in self._clients:
            self._clients[name] = self._browse(name)
        headers = (PART if part else {}) | ({"HX-PTag": tag} if tag else {})
        return self._clients[name].get(f"/c/10001/{path}", params, headers=headers)


@pytest.fixture
def visit(browse: Callable[[str], Client]) -> Visit:
    return Visit(browse)


def html_of(response: Any) -> str:
    """The answer's markup."""
    return str(response.content.decode())


def know_everything(visit: Visit) -> None:
    """Until the portal knows all types: pages don't wait for what only stands around their subject."""
    for type_name in TYPES:
        assert visit("manager", f"{type_name}/").status_code == 200
