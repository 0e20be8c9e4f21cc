"""The portal in this process, its platform beside it, both at one of the moments at which tests of time are run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.accounts.access import Scope
from portal.inventory.reads import listings
from tests.customer.conftest import Browse, browse  # noqa: F401
from tests.moments.almanac import Almanac, almanac_of
from tests.support.services import Sandbox

type Records = list[dict[str, Any]]


@pytest.fixture
def platform(platform_then: Sandbox) -> Sandbox:
    """What `browse` stands on; its world begins anew at each moment."""
    return platform_then


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for one."""
    monkeypatch.setattr("portal.billing.document_orders.orders.PATIENCE", 0)


@pytest.fixture
def almanac(moment: datetime) -> Almanac:
    """What the calendar says, in Europe/Berlin."""
    return almanac_of(moment)


@contextmanager
def moved(platform: Sandbox, to: datetime) -> Iterator[None]:
    """It is then, for the platform from now on, and here."""
    now = datetime.fromisoformat(platform.control(advance=0)["now"])
    platform.control(advance=(to - now).total_seconds())
    with time_machine.travel(to.timestamp()):
        yield


@pytest.fixture
def query(platform: Sandbox) -> Callable[..., Records]:
    """`query("virtualmachine", name="shop00")`: the platform's records, by Python's own client."""

    def ask(type_name: str, **where: Any) -> Records:
        with platform.proxy() as proxy:
            found: Records = proxy.query(type_name, where) if where else proxy.query(type_name)
        return found

    return ask


@pytest.fixture
def manager(browse: Browse, scope_of: Callable[..., Scope]) -> Client:  # noqa: F811
    """The manager, in a portal that knows all there is: pages wait for nothing around their subject."""
    known = listings(
        scope_of("manager"), ("resourcegroup", "virtualmachine", "maintenance", "serviceuser", "permission")
    )
    assert all(listing.records for listing in known.values())
    return browse("manager")
