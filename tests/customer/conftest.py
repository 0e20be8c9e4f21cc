"""Pages over a real Redis and the sandbox's demo world; Celery's part is played by the tests."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from portal.inventory import redis_connection
from portal.inventory.listings import merging, record_context
from portal.inventory.snapshots import background_refresh, process_cache, single_flight
from tests.inventory.platform import Platform
from tests.support.answers import read_once
from tests.support.services import Sandbox

type Browse = Callable[[str], Client]


@pytest.fixture
def platform(shared_platform: Sandbox, settings: Any) -> Sandbox:
    """The sandbox, without faults, to which API_URL points."""
    if not shared_platform.process.is_alive:
        shared_platform.start()
    shared_platform.control(reset=True)
    settings.API_URL = shared_platform.url
    settings.API_TIMEOUTS = {"connect_timeout": 1.0, "read_timeout": 5.0, "deadline": 10.0}
    return shared_platform


@pytest.fixture
def browse(
    transactional_db: None, redis_url: str, platform: Sandbox, signed_in: Browse, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Browse]:
    """`browse("viewer").get("/c/10001/")`: a person of the cast in a process that knows nothing yet. No worker runs."""
    for module in ("submit", "decisions", "perform"):
        monkeypatch.setattr(f"portal.changes.{module}.nudge", lambda pk: None)
    # Nor is there a broker: to find that out takes seconds, and what came of it would come into another test.
    monkeypatch.setattr(background_refresh, "_nudge", single_flight.start)
    monkeypatch.setattr("portal.api.client.read_records", read_once)
    forget()
    yield signed_in
    for done in list(single_flight.under_way()):
        done.wait(60)
    forget()


def forget() -> None:
    """This process knows nothing any more."""
    process_cache.snapshots.clear()
    process_cache.failures.clear()
    merging.forget()
    record_context.forget()
    redis_connection.forget_absence()


def text_of(response: Any) -> str:
    """What a page says, without markup, blanks made one."""
    body = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\xa0", " ").split())


def part(client: Client, path: str, **headers: str) -> Any:
    """A part of a page, as htmx asks for it."""
    return client.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial", **headers})


@pytest.fixture
def odd_platform(browse: Browse, settings: Any) -> Iterator[Platform]:
    """A platform that answers whatever a test puts into its `records`; nothing at first."""
    server = Platform()
    server.keys["services"] = "services-demo-key"
    server.start()
    settings.API_URL = server.url
    yield server
    server.stop()
