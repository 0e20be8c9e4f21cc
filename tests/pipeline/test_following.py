"""What is pending turns into what it is by itself: worker, follower, snapshot, part of the page, in real processes."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable

import pytest

from portal.changes.timing import WATCHED_POLL
from portal.resources.types import TYPES
from scripts.visitor import Visitor
from tests.support.portal import Portal

LIST = "/c/10001/virtualmachine/"
HOUR = 3600  # seconds: so long an installation takes, that it is seen going on however slow the machine is


@pytest.fixture(scope="module")
def visitor(portal_stack: Portal) -> Visitor:
    return Visitor(portal_stack.url, "manager@example.com")


def row(visitor: Visitor, name: str) -> str:
    """The machine's row in the part that the page asks for every second; '' while it has none."""
    visitor.session.headers["HX-Request-Type"] = "partial"
    part = visitor.get(f"{LIST}?q={name}")
    del visitor.session.headers["HX-Request-Type"]
    found = re.search(rf'<tr id="row-{name}".*?</tr>', part, re.DOTALL)
    return found[0] if found else ""


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)


def new_machine(visitor: Visitor, name: str) -> None:
    visitor.send(f"{LIST}-/new?next=/healthz", name=name, resource_group="shop")


def test_a_machine_being_installed_turns_ready_by_itself(portal_stack: Portal, visitor: Visitor) -> None:
    portal_stack.platform.control(install_seconds=HOUR)
    new_machine(visitor, "shop81")
    wait_for(lambda: "state-installing" in row(visitor, "shop81"))
    portal_stack.platform.control(advance=HOUR)
    wait_for(lambda: "state-ready" in row(visitor, "shop81"))
    with portal_stack.platform.proxy() as proxy:
        (record,) = proxy.query("virtualmachine", {"name": "shop81"})
    assert record["needs_install"] is False


def test_pages_that_wait_for_it_cost_the_platform_one_poll_for_all(portal_stack: Portal, visitor: Visitor) -> None:
    portal_stack.platform.control(install_seconds=HOUR)
    new_machine(visitor, "shop82")
    pages = [visitor, *(Visitor(portal_stack.url, "viewer@example.com") for _ in range(3))]
    wait_for(lambda: all("state-installing" in row(one, "shop82") for one in pages))
    with portal_stack.platform.proxy() as platform:
        (*_, latest) = platform.log()
        started = time.monotonic()
        wait_for(lambda: all(row(one, "shop82") for one in pages) and time.monotonic() > started + 5)
        portal_stack.platform.control(advance=HOUR)
        wait_for(lambda: all("state-ready" in row(one, "shop82") for one in pages))
        took = time.monotonic() - started
        calls = [json.loads(one["args"])["args"] for one in platform.log(latest["serial"]) if one["method"] == "query"]
    polls = [call for call in calls if call[1:] == [{"name": "shop82"}]]
    assert 0 < len(polls) <= took / WATCHED_POLL + 2  # with one that was on its way at either end
    for type_name, count in Counter(call[0] for call in calls if len(call) == 1).items():
        assert count <= took / TYPES[type_name].fresh_for + 1, f"{type_name} is asked for as it gets stale, not oftener"
