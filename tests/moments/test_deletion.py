"""The way out of a machine: the days that pages give are those on which the platform does it, and takes it."""

import re
import xmlrpc.client
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from portal.changes.models import Item, State
from tests.changes.conftest import run_all
from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse
from tests.moments.almanac import Almanac
from tests.moments.conftest import Records, moved
from tests.moments.reading import badges_of, head_of, markup, page
from tests.moments.wording import BERLIN, ENGLISH, LANGUAGES, day_of, wall
from tests.support.services import Sandbox

FORM = "/c/10001/virtualmachine/{}/-/delete"
STAGES = {"prepare": -5, "soft": 0, "hard": 3, "purge": 32, "recycle": 38}  # days from the deadline: methods.md
SEEN = ("prepare", "soft", "hard", "recycle")  # in the API; it says nothing of backups
STAGE = re.compile(r"<li[^>]*><strong>(.*?)</strong>")
MINUTE = timedelta(minutes=1)


def set_deletion(platform: Sandbox, name: str, day: str | None = None) -> dict[str, Any]:
    """The platform's record, after it was told to delete the machine."""
    record = {"__type__": "virtualmachine", "__action__": "delete", "name": name} | ({"deadline": day} if day else {})
    with platform.proxy() as proxy:
        (found,) = proxy.apply([record])
    return dict(found)


def asked(client: Client, name: str, day: str | None = None) -> Any:
    """The form, sent with the name and that day, or the one that stands there."""
    path = FORM.format(name)
    values = filled(values_of(client.get(path)), name=name, **({"day": day} if day else {}))
    return client.post(path, values)


def test_the_day_that_is_suggested_and_the_earliest_are_taken_and_none_before(
    manager: Client, platform: Sandbox, query: Callable[..., Records], almanac: Almanac
) -> None:
    opened = manager.get(FORM.format("shop00"))
    assert values_of(opened)["day"] == [almanac.next_month]
    assert f'min="{almanac.tomorrow}"' in opened.content.decode()
    assert asked(manager, "shop00", almanac.today).status_code == 422
    with pytest.raises(xmlrpc.client.Fault, match=almanac.tomorrow):
        set_deletion(platform, "shop01", almanac.today)
    assert asked(manager, "shop00").status_code == 302
    assert asked(manager, "shop02", almanac.tomorrow).status_code == 302
    assert run_all() == 2
    assert {item.change.state for item in Item.objects.select_related("change")} == {State.RECORDED}
    deadlines = {one["name"]: one["deletion"]["deadline"] for one in query("virtualmachine")}
    assert deadlines["shop00"] == almanac.next_month
    assert deadlines["shop02"] == almanac.tomorrow
    # What the platform takes by itself is what the form suggests (vm_18).
    assert set_deletion(platform, "shop03")["deletion"]["deadline"] == almanac.next_month


def test_each_stage_comes_at_midnight_of_the_day_that_pages_give(
    manager: Client, platform: Sandbox, query: Callable[..., Records], almanac: Almanac
) -> None:
    today, deadline = day_of(almanac.today), day_of(almanac.today) + timedelta(days=20)
    path = FORM.format("shop00")
    outlook = manager.post(path, filled(values_of(manager.get(path)), day=deadline.isoformat(), preview="1"))
    days = [ENGLISH.day(deadline + timedelta(days=days), today) for days in STAGES.values()]
    assert STAGE.findall(markup(outlook)) == days
    assert asked(manager, "shop00", deadline.isoformat()).status_code == 302
    run_all()
    assert STAGE.findall(markup(page(manager, "virtualmachine/shop00/", ENGLISH))) == days
    for stage in SEEN:
        begins = midnight(deadline + timedelta(days=STAGES[stage]))
        for at, is_reached in ((begins - MINUTE, False), (begins + MINUTE, True)):
            with moved(platform, at):
                assert has_come(platform, query, stage) is is_reached, stage


def test_pages_follow_a_machine_on_its_way_out(browse: Browse, platform: Sandbox, almanac: Almanac) -> None:
    deadline = day_of(almanac.tomorrow)
    set_deletion(platform, "shop00", almanac.tomorrow)
    t, gone = midnight(deadline), midnight(deadline + timedelta(days=3))
    for at, state, until in (
        (t - MINUTE, "leaving", t),
        (t + MINUTE, "shutdown", gone),
        (gone - MINUTE, "shutdown", gone),
    ):
        with moved(platform, at):
            client = refreshed(browse)
            for language in LANGUAGES:
                shown = markup(page(client, "virtualmachine/shop00/", language))
                days = [
                    language.day(deadline + timedelta(days=days), wall(at, BERLIN).date()) for days in STAGES.values()
                ]
                announced, *stages = STAGE.findall(shown)
                assert stages == days[1:]
                assert not re.search(r"\d", announced)  # it was, at once: on none of the days that stages go by
                badge = badges_of(head_of(shown))[0]
                assert badge[:1] + badge[2:] == (state, until)
                assert badge.words.endswith(language.day(wall(until, BERLIN).date(), wall(at, BERLIN).date()))
    with moved(platform, gone + MINUTE):
        assert refreshed(browse).get("/c/10001/virtualmachine/shop00/").status_code == 404


def refreshed(browse: Browse) -> Client:
    """The manager, signed in at that time, in a portal that has just asked for the machines."""
    client = browse("manager")
    client.post("/c/10001/virtualmachine/")
    return client


def midnight(day: date) -> datetime:
    """When it begins in Berlin."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)


def has_come(platform: Sandbox, query: Callable[..., Records], stage: str) -> bool:
    """Whether the platform is as that stage makes it, by what its API shows."""
    found = query("virtualmachine", name="shop00")
    if stage == "hard":
        return not found
    if stage == "recycle":
        return is_free(platform, "shop00")
    return stage in found[0]["deletion"]["stages"]


def is_free(platform: Sandbox, name: str) -> bool:
    """Whether a machine of that name can be made."""
    record = {"__type__": "virtualmachine", "name": name, "resource_group": "shop", "location": "rzob"}
    try:
        with platform.proxy() as proxy:
            proxy.apply([record])
    except xmlrpc.client.Fault as fault:
        return ": name: " not in fault.faultString
    return True
