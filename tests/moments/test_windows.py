"""The window that pages promise for a change is the one that the platform plans, also where the clock changes."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from portal.changes import follow
from portal.changes.models import Change, Item, KeyPoll, State
from tests.changes.conftest import run_all
from tests.customer.asking import filled, values_of
from tests.customer.conftest import text_of
from tests.moments.conftest import Records
from tests.moments.reading import page
from tests.moments.wording import ENGLISH, LANGUAGES, instant
from tests.support.services import Sandbox

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


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
    Hours("shop00", "shop", BERLIN, 22, 5, 24),
    Hours("services00", "services", BERLIN, 2, 3, 0),
    Hours("example00", "example", BERLIN, 2, 5, 0),
    Hours("trial00", "trial", NEW_YORK, 1, 3, 0),
    Hours("example-lab00", "example-lab", NEW_YORK, 2, 3, 0),
    Hours("shop-search00", "shop-search", NEW_YORK, 22, 5, 12),
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
    assert Change.objects.count() == len(ALL_HOURS)
