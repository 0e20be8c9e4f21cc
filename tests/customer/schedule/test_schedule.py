"""The schedule: what comes, goes on and is past, in each of its views, for everybody who may see it."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry
from portal.changes.models import Item
from portal.customer.schedule.page import SchedulePage
from portal.inventory.reads import listings
from portal.resources.times import BERLIN
from tests.customer.conftest import Browse, part, text_of
from tests.inventory.platform import Platform
from tests.support import moment
from tests.support.services import Sandbox

HOME = "/c/10001/"
SCHEDULE = f"{HOME}schedule/"
VIEWS = ("", "?view=past", "?view=month", "?view=machines", "?view=leaving")
TYPES = ("virtualmachine", "resourcegroup", "maintenance")


@pytest.fixture
def see(browse: Browse, scope_of: Callable[..., Scope]) -> Callable[..., Any]:
    """`see("viewer", "?view=past")`: the schedule, once all that it is made of is known."""

    def get(name: str = "manager", end: str = "") -> Any:
        listings(scope_of(name), TYPES)
        return browse(name).get(f"{SCHEDULE}{end}")

    return get


def page_of(response: Any) -> SchedulePage:
    assert response.status_code == 200
    page = response.context["list"]
    assert isinstance(page, SchedulePage)
    return page


def rows_of(response: Any) -> list[tuple[str, str]]:
    """(heading, the words of a row) of the agenda."""
    return [
        (day.heading, " ".join(map(str, (row.when, row.what, row.said, row.aside))))
        for day in page_of(response).days
        for row in day.rows
    ]


def test_nothing_is_waited_for(browse: Browse, platform: Sandbox) -> None:
    platform.control(fault={"kind": "delay", "value": 3, "method": "query", "times": 20})
    response = browse("manager").get(SCHEDULE)
    assert "Loading from the platform" in text_of(response)
    assert 'hx-trigger="every 1s"' in response.content.decode()


@pytest.mark.parametrize("end", VIEWS)
def test_each_view_is_a_page_that_names_itself(see: Any, end: str) -> None:
    response = see("viewer", end)
    tabs = {address: current for address, _label, current in page_of(response).tabs}
    assert [address for address, current in tabs.items() if current] == [f"{SCHEDULE}{end}"]
    assert "shop" in text_of(response)


def test_the_agenda_has_what_goes_on_and_then_day_by_day_what_comes(see: Any, platform: Sandbox) -> None:
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "resourcegroup", "name": "shop", "in_maintenance": True}])
    found = rows_of(see())
    assert found[0][0] == "In progress"
    assert "Maintenance mode" in found[0][1]
    assert re.search(r"60 min|59 min", found[0][1])
    headings = list(dict.fromkeys(heading for heading, _text in found))
    assert headings[1].startswith(("today", "tomorrow"))
    assert any("Deletion: Shut down, no longer charged; can be restored" in text for _heading, text in found)


def test_what_is_past_says_what_came_of_it(see: Any) -> None:
    found = rows_of(see(end="?view=past"))
    assert any("Result: " in text for _heading, text in found)
    assert not any(heading == "In progress" for heading, _text in found)


def test_filters_stand_in_the_address_and_cut_out_what_they_say(see: Any) -> None:
    page = page_of(see(end="?kind=deletion&group=old&q=old0"))
    assert {one.record.key for one in page.found} == {"old00", "old01", "old02"}
    assert [(chip.label, chip.value) for chip in page.chips] == [
        ("Text", "old0"),
        ("Kind", "Deletion"),
        ("Resource group", "old"),
    ]
    assert page.chips[0].without == f"{SCHEDULE}?kind=deletion&group=old"
    assert page.own_address == f"{SCHEDULE}?q=old0&kind=deletion&group=old"


def test_the_field_for_a_text_says_what_that_is_looked_for_in(see: Any) -> None:
    body = see().content.decode()
    assert 'placeholder="Filter by machine or group…"' in body
    assert "description" not in body.partition('id="q"')[2].partition(">")[0]


@pytest.mark.parametrize(
    "end",
    [
        "?view=nothing&kind=x&group=%00&month=2026-13&day=soon&page=-1&per_page=7&q=%00",
        "?month=0001-01&view=month",
        "?month=%D9%A2%D9%A0%D9%A2%D9%A6-12&view=month",
        "?page=99999999999",
        "?view=machines&page=99",
        "?view=month&month=2100-12",
    ],
)
def test_what_makes_no_sense_in_the_address_is_left_aside(see: Any, end: str) -> None:
    assert see(end=end).status_code == 200


def test_a_month_has_its_days_and_leads_to_the_next(see: Any) -> None:
    page = page_of(see(end=f"?view=month&month={moment.month(0):%Y-%m}&kind=deletion"))
    month = page.month
    assert month.first == moment.month(0)
    assert {cell.day for week in month.weeks for cell in week if not cell.is_outside} == {
        month.first + timedelta(days=days)
        for days in range(31)
        if (month.first + timedelta(days=days)).month == month.first.month
    }
    assert month.after == f"{SCHEDULE}?view=month&kind=deletion&month={moment.month(-1):%Y-%m}"
    assert month.before == f"{SCHEDULE}?view=month&kind=deletion&month={moment.month(1):%Y-%m}"
    assert [cell.day for week in month.weeks for cell in week if cell.is_today] == [page.today]


def test_since_when_a_maintenance_mode_is_on_nobody_says(see: Any, platform: Sandbox) -> None:
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "resourcegroup", "name": "shop", "in_maintenance": True}])
    page = page_of(see(end="?view=month&kind=mode&group=shop"))
    (cell,) = (cell for week in page.month.weeks for cell in week if cell.is_today and not cell.is_outside)
    assert [row.clock for row in cell.rows] == ["now"]


def test_a_full_day_leads_to_its_agenda(see: Any, odd_platform: Platform) -> None:
    day = (moment.AT + timedelta(days=3)).date()
    odd_platform.records["services", "maintenance"] = [
        {"machine": f"m{number}", "starts": f"{day}T10:{number:02}:00+00:00", "ends": f"{day}T11:00:00+00:00"}
        for number in range(9)
    ]
    page = page_of(see(end=f"?view=month&month={day:%Y-%m}"))
    (cell,) = (cell for week in page.month.weeks for cell in week if cell.day == day)
    assert (len(cell.rows), cell.more) == (5, 4)
    assert cell.address == f"{SCHEDULE}?day={day}"
    assert len(page_of(see(end=f"?day={day}")).page.records) == 9
    assert page_of(see(end=f"?day={day - timedelta(days=1)}")).page.records == []


def test_what_takes_days_stands_on_each_of_them_and_a_nights_window_once(see: Any, odd_platform: Platform) -> None:
    day = moment.month(0) + timedelta(days=9)

    def at(days: int, hour: int) -> str:
        return datetime.combine(day + timedelta(days=days), time(hour), BERLIN).isoformat()

    odd_platform.records["services", "maintenance"] = [
        {"machine": "long", "starts": at(0, 11), "ends": at(3, 10)},
        {"machine": "night", "starts": at(0, 22), "ends": at(1, 5)},
    ]
    page = page_of(see(end=f"?view=month&month={day:%Y-%m}"))
    shown = [
        (cell.day.day, row.clock, re.sub("<.*?>", "", row.what))
        for week in page.month.weeks
        for cell in week
        for row in cell.rows
    ]
    assert shown == [
        (10, "11:00", "long"),
        (10, "22:00", "night"),
        (11, "all day", "long"),
        (12, "all day", "long"),
        (13, "until 10:00", "long"),
    ]


def test_of_activities_with_different_results_each_is_told(see: Any, odd_platform: Platform) -> None:
    starts = moment.AT - timedelta(days=2)
    odd_platform.records["services", "maintenance"] = [
        {
            "machine": "m0",
            "starts": starts.isoformat(),
            "ends": (starts + timedelta(hours=2)).isoformat(),
            "activities": [{"comment": "Disk", "result": "success"}, {"comment": "Memory", "result": "failed"}],
        }
    ]
    (row,) = rows_of(see(end="?view=past"))
    assert "Result: “Disk”: success; “Memory”: failed" in row[1]


def test_each_machine_has_a_line_and_its_words(see: Any) -> None:
    response = see(end="?view=machines&q=old02")
    (line,) = page_of(response).lines
    assert line.drawn.count("<rect") == len(line.told) >= 3
    assert "Disk deleted, addresses released" in text_of(response)


def test_leaving_soon_begins_with_what_is_lost_first_and_can_be_kept(see: Any) -> None:
    response = see("operator", "?view=leaving")
    leaving = page_of(response).leaving
    lost = [int(one.left.split()[0]) if one.left[0].isdigit() else 0 for one in leaving]
    assert lost == sorted(lost)
    assert "Restore" in leaving[0].row.do  # it is shut down already
    assert "Cancel deletion" in leaving[-1].row.do
    assert 'name="key" value="old02"' in response.content.decode()
    assert 'action="/c/10001/virtualmachine/-/many"' in response.content.decode()


def test_keeping_is_an_ordinary_change_and_leads_back(see: Any, browse: Browse) -> None:
    see("operator", "?view=leaving")
    back = f"{SCHEDULE}?view=leaving"
    response = browse("operator").post(f"{HOME}virtualmachine/example10/-/keep", {"next": back})
    assert (response.status_code, response.headers["Location"]) == (302, back)
    item = Item.objects.get()
    assert (item.key, item.action) == ("example10", "set")
    assert "Cancelling the deletion…" in text_of(see("operator", "?view=leaving"))


def test_who_may_change_nothing_is_offered_nothing(see: Any) -> None:
    for end in VIEWS:
        body = see("viewer", end).content.decode()
        assert "Cancel deletion" not in body
        assert 'name="key"' not in body


def test_within_a_group_only_that_is_seen(see: Any) -> None:
    for end in VIEWS:
        page = page_of(see("child", end))
        assert {page.events.group_of(one) for one in page.events.all} == {"example", "example-lab"}
        assert "old0" not in text_of(see("child", end))


def test_who_may_not_see_maintenance_is_refused(browse: Browse) -> None:
    assert browse("billing").get(SCHEDULE).status_code == 403


def test_a_part_is_not_sent_twice(see: Any, browse: Browse) -> None:
    see()
    client = browse("manager")
    first = part(client, SCHEDULE)
    assert first.headers["HX-Push-Url"] == SCHEDULE
    assert part(client, SCHEDULE, **{"HX-PTag": first.headers["HX-PTag"]}).status_code == 304
    other = part(client, SCHEDULE, **{"HX-PTag": "another"})
    assert other.status_code == 200
    assert "HX-Push-Url" not in other.headers


def test_refreshing_asks_the_platform_and_leads_back(see: Any, browse: Browse, platform: Sandbox) -> None:
    see()
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "resourcegroup", "name": "shop", "in_maintenance": True}])
    client: Client = browse("manager")
    response = client.post(f"{SCHEDULE}?kind=mode")
    assert response.headers["Location"] == f"{SCHEDULE}?kind=mode"
    assert "Maintenance mode" in text_of(client.get(f"{SCHEDULE}?kind=mode"))


def test_a_spreadsheet_has_all_of_it_and_goes_on_record(see: Any) -> None:
    page = page_of(see(end="?kind=deletion"))
    response = see(end="?kind=deletion&format=csv&view=past")
    lines = b"".join(response).decode("utf-8-sig").splitlines()
    assert lines[0] == "Starts,Ends,State,Kind,Machine,Resource group,What happens"
    assert len(lines) == len(page.found) + 1
    assert any("Deletion: Backups deleted" in line for line in lines)
    entry = AuditEntry.objects.filter(action="exported").latest("sequence")
    assert entry.target == "schedule"


def test_without_anything_it_says_so(see: Any, odd_platform: Platform) -> None:
    assert "Nothing planned" in text_of(see())
    assert "No machine is to be deleted" in text_of(see(end="?view=leaving"))
    assert "Nothing in these six weeks" in text_of(see(end="?view=machines"))
    assert "Nothing is planned in this month." in text_of(see(end="?view=month"))
    assert "No results" in text_of(see(end="?q=nothing"))


def test_the_navigation_has_it_where_maintenance_was(see: Any, browse: Browse) -> None:
    see()
    nav = browse("viewer").get(f"{HOME}maintenance/").context["shell"].nav
    (item,) = (one for one in nav if one.url == SCHEDULE)
    assert (item.label, item.current) == ("Schedule", True)
    assert f"{HOME}maintenance/" not in {one.url for one in nav}
