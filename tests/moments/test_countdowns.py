"""What counts down ends when pages say: maintenance mode for an hour or until a time; and how far installations are."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.changes import install_times
from tests.changes.conftest import run_all
from tests.customer.conftest import Browse
from tests.moments.conftest import Records, moved
from tests.moments.reading import badges_of, head_of, markup, page, row_of
from tests.moments.wording import BERLIN, ENGLISH, NEW_YORK, both, instant, wall
from tests.support.services import Sandbox

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ASK = "/c/10001/resourcegroup/{}/-/maintenance"
LEFT = re.compile(r'data-left="(\d+)"')


def until_of(query: Callable[..., Records], group: str) -> datetime:
    """Until when the platform has the group in maintenance."""
    (record,) = query("resourcegroup", name=group)
    assert record["in_maintenance"] is True
    return instant(record["maintenance_until"])


def group_page(browse: Browse, group: str) -> str:
    """The group's page, asked of the platform anew."""
    client = browse("manager")
    client.post(f"/c/10001/resourcegroup/{group}/")
    return markup(page(client, f"resourcegroup/{group}/", ENGLISH))


@pytest.mark.parametrize(("group", "zone"), [("shop", BERLIN), ("trial", NEW_YORK)])
def test_maintenance_for_an_hour_is_over_an_hour_later_here_and_there(
    browse: Browse,
    manager: Client,
    platform: Sandbox,
    query: Callable[..., Records],
    group: str,
    zone: ZoneInfo,
    moment: datetime,
) -> None:
    manager.post(ASK.format(group), {"for": "hour"})
    run_all()
    until = until_of(query, group)
    assert HOUR - MINUTE < until - moment < HOUR + MINUTE
    shown = group_page(browse, group)
    (badge,) = badges_of(head_of(shown))
    assert (badge.state, badge.until, badge.words.split(maxsplit=1)[1]) == (
        "maintenance",
        until,
        both(until, BERLIN, zone),
    )
    found = LEFT.search(shown)
    assert found
    assert HOUR - MINUTE < int(found[1]) * SECOND <= HOUR
    with moved(platform, until - 2 * MINUTE):
        assert badges_of(head_of(group_page(browse, group)))[0].state == "maintenance"
        assert until_of(query, group) == until
    with moved(platform, until + SECOND):
        assert badges_of(head_of(group_page(browse, group)))[0].state == "active"
        assert query("resourcegroup", name=group)[0]["in_maintenance"] is False


def test_maintenance_until_a_time_is_until_the_clock_there_shows_it_next(
    manager: Client, query: Callable[..., Records], moment: datetime
) -> None:
    for group, zone in (("shop", BERLIN), ("trial", NEW_YORK)):  # the reader's, not the group's
        User.objects.filter(email="manager@example.com").update(time_zone=zone.key)
        asked = wall(moment + 40 * MINUTE, zone)
        assert f'min="{wall(moment, zone):%Y-%m-%dT%H:%M}"' in manager.get(ASK.format(group)).content.decode()
        assert manager.post(ASK.format(group), {"for": "until", "until": f"{asked:%Y-%m-%dT%H:%M}"}).status_code == 302
        run_all()
        assert until_of(query, group) == moment + 40 * MINUTE


def test_an_installation_is_told_by_the_time_that_has_passed(
    manager: Client, platform: Sandbox, query: Callable[..., Records], moment: datetime
) -> None:
    install_times.seed([600.0])
    created = instant(query("virtualmachine", name="shop19")[0]["creation_date"])
    assert moment - created == 2 * MINUTE
    for name, path in (("in the list", "virtualmachine/?per_page=100"), ("on its page", "virtualmachine/shop19/")):
        assert "2 min" in installing(manager, path), name
    with moved(platform, moment + 5 * MINUTE):
        assert "7 min of about 10 min" in installing(manager, "virtualmachine/shop19/")


def installing(client: Client, path: str) -> str:
    """How far an installation is."""
    shown = markup(page(client, path, ENGLISH))
    part = row_of(shown, "shop19") if "?" in path else head_of(shown)
    found = re.search(r'class="installing">.*?<span data-passed="\d+">(.*?)</span>(.*?)</span>', part)
    assert found
    return found[1] + found[2]
