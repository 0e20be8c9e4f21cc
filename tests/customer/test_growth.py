"""A page is as much work for twenty times the machines: what it adds up over all of them is kept with their version.

Work is counted in calls, of Python and of C, that a view of known records makes; never in time.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from django.test import Client

from portal.inventory.snapshots import single_flight
from tests.billing.records import invoice, use
from tests.customer.conftest import Browse
from tests.inventory.conftest import group, machine, maintenance
from tests.inventory.platform import Platform

FEW, MANY = 30, 600
SLACK = 60  # calls: longer figures have more digits to group
PAST = ("2026-11-01T10:00:00+00:00", "2026-11-01T11:00:00+00:00")
LATER = {"deadline": "2027-03-01", "stages": []}
PAGES = (
    "",
    "resourcegroup/?view=tree",
    "resourcegroup/",
    "virtualmachine/shop00/",
    "virtualmachine/shop00/-/edit",
    "changes/",
    "invoice/",
    "thresholds/",
)


@pytest.fixture
def calls(odd_platform: Platform, browse: Browse) -> Callable[[str, int], Counter[str]]:
    """What a view of a page calls, and how often, where there are so many machines, once they are known."""

    def view(path: str, count: int) -> Counter[str]:
        _put(odd_platform, count)
        client = browse("manager")
        for name in ("resourcegroup", "virtualmachine", "maintenance", "consumption", "invoice"):
            assert client.post(f"/c/10001/{name}/", headers={}).status_code < 400
        return min((_view(client, path) for _time in range(6)), key=Counter.total)  # without a refresh beside it

    return view


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_as_much_work_for_twenty_times_the_machines(calls: Any, path: str) -> None:
    few = calls(path, FEW)
    more = calls(path, MANY) - few
    assert more.total() < SLACK, more.most_common(12)


def _view(client: Client, path: str) -> Counter[str]:
    for done in single_flight.under_way():
        assert done.wait(60)
    with _counted() as found:
        assert client.get(f"/c/10001/{path}").status_code == 200
    return found


def _put(platform: Platform, count: int) -> None:
    names = [f"shop{number:02}" for number in range(count)]
    months = ("2026-10-01", "2026-11-01")
    platform.records |= {
        ("services", "resourcegroup"): [group("services"), group("shop", "services")],
        ("services", "virtualmachine"): [machine(name, "shop", cores=2, memory=512, deletion=LATER) for name in names],
        ("services", "maintenance"): [maintenance(name, *PAST, comment="Over", active=False) for name in names],
        ("services", "consumption"): [
            use("virtualmachine", name, {"hours": 700}, month) for name in names for month in months
        ],
        ("services", "invoice"): [invoice("2026-10-01", [(f"{name}: 2 cores", "70.0000") for name in names], "70.0")],
    }


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Calls of this thread, by what is called."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, arg: Any) -> None:
        if event in ("call", "c_call"):
            found[frame.f_code.co_qualname if event == "call" else getattr(arg, "__qualname__", "")] += 1

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
