"""A scriptable platform, and clients for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from portal.api import Client

from .server import Platform

KEY = "k3y-that-nobody-may-see"


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    yield server
    server.close()


@pytest.fixture
def connect(platform: Platform) -> Iterator[Callable[..., Client]]:
    """Makes clients of `platform` (or another `url`) with short timeouts; closes them."""
    with ExitStack() as stack:

        def make(url: str = platform.url, **settings: Any) -> Client:
            settings = {"connect_timeout": 5, "read_timeout": 20, "deadline": 30} | settings
            return stack.enter_context(Client(url, "services", KEY, **settings))

        yield make


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()
