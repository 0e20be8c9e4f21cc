"""The window that pages promise for a change is the one that the platform plans, also where the clock changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from portal.changes import follow
from portal.changes.models import Change, Item, KeyPoll, State
from tests.changes.conftest import run_all
from tests.customer.asking import filled, values_of
from tests.customer.conftest import text_of
from tests.moments.conftest import Records, moved
from tests.moments.reading import page
from tests.moments.wording import BERLIN, ENGLISH, LANGUAGES, instant
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


def promised(client: Client, machine: str, wanted: dict[str, int]) -> str:
    """What the form says while it is filled in; then it is sent."""
    path = f"/c/10001/virtualmachine/{machine}/-/edit"
    values = filled(values_of(client.get(path)), **wanted)
    text = text_of(client.post(path, {**values, "preview": "1"}))
    assert client.post(path, values).status_code == 302
    return text


def more(machine: dict[str, Any], number: int) -> dict[str, int]:
    """What takes a reboot: for every other one more cores, else more memory."""
    return {"memory": machine["memory"] + 256} if number % 2 else {"cores": machine["cores"] % 8 + 1}


def states_of_changes() -> set[str]:
    return set(Change.objects.values_list("state", flat=True))


@pytest.mark.usefixtures("hours_set")
def test_a_change_is_planned_in_the_window_that_was_promised_and_over_with_it(
    manager: Client, platform: Sandbox, query: Callable[..., Records], moment: datetime
) -> None:
    texts = {}
    for number, one in enumerate(ALL_HOURS):
        (machine,) = query("virtualmachine", name=one.machine)
        shown = text_of(page(manager, f"virtualmachine/{one.machine}/", ENGLISH))
        texts[one] = (shown, promised(manager, one.machine, more(machine, number)))
    assert run_all() == len(ALL_HOURS)
    followed()
    planned = {one["machine"]: one for one in query("maintenance") if not one["active"]}
    windows = {one: (instant(planned[one.machine]["starts"]), instant(planned[one.machine]["ends"])) for one in texts}
    for one, (starts, ends) in windows.items():
        zone = ZoneInfo(one.timezone)
        for text in texts[one]:
            assert ENGLISH.window(starts, ends, BERLIN, moment, zone) in text, one
        number = Item.objects.get(key=one.machine).change.number
        for language in LANGUAGES:
            words = language.at(starts, BERLIN, moment, zone)
            assert words in text_of(page(manager, f"changes/{number}/", language)), one
            assert words in text_of(page(manager, f"virtualmachine/{one.machine}/", language)), one
    assert states_of_changes() == {State.SETTLING}
    with moved(platform, min(ends for _starts, ends in windows.values()) - SECONDS):
        followed()
        assert states_of_changes() == {State.SETTLING}
    with moved(platform, max(ends for _starts, ends in windows.values()) + SECONDS):
        followed()
        assert states_of_changes() == {State.DONE}
