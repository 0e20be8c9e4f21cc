"""The window that pages promise for a change is the one that the platform plans, also where the clock changes."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from portal.changes import follow
from portal.changes.models import Change, Item, KeyPoll, State
from tests.changes.conftest import run_all
from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse, part, text_of
from tests.moments.almanac import Almanac
from tests.moments.conftest import Records
from tests.moments.reading import page
from tests.moments.wording import BERLIN, ENGLISH, LANGUAGES, day_of, instant
from tests.support.services import Sandbox

SECONDS = timedelta(seconds=30)


class Hours(NamedTuple):
    """When machines of a group may be rebooted. `machine` is one about which nothing is planned yet."""

    machine: str
    group: str
    timezone: str
    start: int
    end: int
    leadtime: int


#: The hours that are missing or doubled in some night, alone and with those around them, and a group as it is seeded.
ALL_HOURS = (
    Hours("shop00", "shop", "Europe/Berlin", 22, 5, 24),
    Hours("services00", "services", "Europe/Berlin", 2, 3, 0),
    Hours("example00", "example", "Europe/Berlin", 2, 5, 0),
    Hours("trial00", "trial", "America/New_York", 1, 3, 0),
    Hours("example-lab00", "example-lab", "America/New_York", 2, 3, 0),
    Hours("shop-search00", "shop-search", "America/New_York", 22, 5, 12),
)


@pytest.fixture
def hours_set(platform: Sandbox) -> None:
    """All groups have their hours. It is a moment later: no window begins just now."""
    with platform.proxy() as proxy:
        for one in ALL_HOURS:
            proxy.apply([
                {
                    "__type__": "resourcegroup", "name": one.group, "timezone": one.timezone,
                    "maintenance_start": one.start, "maintenance_end": one.end, "notification_leadtime": one.leadtime,
                }
            ])  # fmt: skip
    platform.control(advance=5)


def followed() -> None:
    """What follows changes has looked, however lately it did before."""
    KeyPoll.objects.all().delete()
    for key in follow.due_keys():
        follow.follow(key)


def promised(client: Client, machine: str, more: dict[str, object]) -> str:
    """What the form says while it is filled in; then it is sent."""
    path = f"/c/10001/virtualmachine/{machine}/-/edit"
    values = filled(values_of(client.get(path)), **more)
    text = text_of(client.post(path, {**values, "preview": "1"}))
    assert client.post(path, values).status_code == 302
    return text


@pytest.mark.usefixtures("hours_set")
def test_a_change_is_planned_in_the_window_that_was_promised(
    manager: Client, query: Callable[..., Records], moment: datetime
) -> None:
    texts = {}
    for one in ALL_HOURS:
        (machine,) = query("virtualmachine", name=one.machine)
        shown = text_of(page(manager, f"virtualmachine/{one.machine}/", ENGLISH))
        form = promised(manager, one.machine, {"cores": machine["cores"] % 8 + 1})
        texts[one.machine] = (shown, form)
    assert run_all() == len(ALL_HOURS)
    followed()
    planned = {one["machine"]: one for one in query("maintenance") if one["machine"] in texts and not one["active"]}
    for one in ALL_HOURS:
        starts, ends = instant(planned[one.machine]["starts"]), instant(planned[one.machine]["ends"])
        zone = ZoneInfo(one.timezone)
        words = ENGLISH.window(starts, ends, zone, moment)
        for text in texts[one.machine]:
            assert words in text, one
        item = Item.objects.select_related("change").get(key=one.machine)
        assert item.change.state == State.SETTLING
        for language in LANGUAGES:
            change = text_of(page(manager, f"changes/{item.change.number}/", language))
            assert f"{language.at(starts, zone, moment)} ({one.timezone})" in change, one
            record = text_of(page(manager, f"virtualmachine/{one.machine}/", language))
            assert language.at(starts, zone, moment) in record, one


def test_a_change_that_is_looked_at_over_midnight_is_told_by_the_new_day(
    browse: Browse, manager: Client, query: Callable[..., Records], almanac: Almanac
) -> None:
    (machine,) = query("virtualmachine", name="shop00")
    promised(manager, "shop00", {"cores": machine["cores"] % 8 + 1})
    midnight = datetime.combine(day_of(almanac.tomorrow), time(), BERLIN)
    for path in ("changes/", f"changes/{Change.objects.get().number}/"):
        with time_machine.travel((midnight - SECONDS).timestamp()):
            client = browse("manager")
            seen = part(client, f"/c/10001/{path}")
            assert "today" in text_of(seen)
            tag = seen.headers["HX-PTag"]
            assert part(client, f"/c/10001/{path}", **{"HX-PTag": tag}).status_code == 304
        with time_machine.travel((midnight + SECONDS).timestamp()):
            assert "yesterday" in text_of(part(client, f"/c/10001/{path}", **{"HX-PTag": tag}))
