"""What a page keeps of itself (portal.ui.fragments) is never older than its words: time alone changes those too."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.access import Scope
from portal.inventory.reads import listings
from portal.resources.types import TYPES
from tests.customer.conftest import Browse
from tests.moments.conftest import moved
from tests.support.services import Sandbox

HOME = "/c/10001/"
VIEWS = ("", "?view=month", "?view=machines", "?view=leaving", "?view=past")
RECORDS = {
    "virtualmachine": ("example00", "old00", "trial00"),
    "resourcegroup": ("example", "shop", "trial"),
    "serviceuser": ("shop/s-shop",),
}
STEP, STEPS = timedelta(minutes=13), 9  # over two hours; no two of them at the same minute of an hour


def pages() -> Iterator[str]:
    """Those that keep parts of themselves and tell times."""
    yield HOME
    yield f"{HOME}resourcegroup/?view=tree"
    yield from (f"{HOME}schedule/{view}" for view in VIEWS)
    yield from (f"{HOME}{name}/" for name in TYPES)
    yield from (f"{HOME}{name}/{key}/" for name, keys in RECORDS.items() for key in keys)


@pytest.fixture
def modes(platform: Sandbox) -> None:
    """One group is in maintenance mode for an hour, another for four days."""
    in_days = (datetime.now(UTC) + timedelta(days=4)).isoformat(timespec="seconds")
    with platform.proxy() as proxy:
        proxy.apply(
            [
                {"__type__": "resourcegroup", "name": "shop", "in_maintenance": True},
                {"__type__": "resourcegroup", "name": "trial", "in_maintenance": True, "maintenance_until": in_days},
            ]
        )


@pytest.mark.usefixtures("modes")
def test_no_page_keeps_words_that_time_has_changed(
    browse: Browse, platform: Sandbox, scope_of: Callable[..., Scope]
) -> None:
    """Each is asked for again and again while the platform's records stay as they are (CHECK_FRAGMENTS: else Stale)."""
    known = listings(scope_of("manager"), TYPES)
    assert all(known[name].records for name in RECORDS)
    client, began = browse("manager"), datetime.now(UTC)
    for step in range(1, STEPS + 1):
        with moved(platform, began + step * STEP):
            for page in pages():
                assert client.get(page).status_code == 200, page
