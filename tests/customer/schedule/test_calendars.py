"""Calendar feeds: whose they are, what is in their file, and that a calendar that believes it believes what is so.

The file is read back by vobject, which knows nothing of how it was written.
"""

import base64
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry, Membership, User
from portal.accounts.roles import Role
from portal.inventory.reads import refresh
from portal.schedule import feeds
from portal.schedule.models import CalendarDate, Feed
from tests.customer.conftest import Browse, text_of
from tests.inventory.conftest import group, machine, maintenance
from tests.inventory.platform import Platform
from tests.support import moment
from tests.support.services import Sandbox

PAGE = "/c/10001/schedule/calendar/"
AT = moment.AT.replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

type Fetch = Callable[..., Any]


@pytest.fixture
def add(browse: Browse, scope_of: Callable[..., Scope]) -> Callable[..., str]:
    """`add("viewer", "shop")`: the path of a new feed's file."""

    def make(name: str = "manager", about: str = "") -> str:
        response = browse(name).post(PAGE, {"name": about})
        assert response.status_code == 302, text_of(response)
        feed = Feed.objects.get(membership__user=scope_of(name).user, name=about)
        return f"/calendar/{feed.token}.ics"

    return make


@pytest.fixture
def fetch() -> Fetch:
    """As a calendar does, without any cookie."""
    return lambda path, **headers: Client().get(path, headers=headers)


@pytest.fixture
def dates(odd_platform: Platform, scope_of: Callable[..., Scope]) -> Callable[..., None]:
    """`dates([...])`: the platform has these maintenances from now on, and the portal knows."""
    odd_platform.records["services", "resourcegroup"] = [group("services"), group("shop", "services")]
    odd_platform.records["services", "virtualmachine"] = [machine("shop00", "shop"), machine("web00", "services")]

    def put(found: list[dict[str, Any]]) -> None:
        odd_platform.records["services", "maintenance"] = found
        for name in ("resourcegroup", "virtualmachine", "maintenance"):
            refresh(scope_of("manager"), name)

    put([])
    return put


def window(starts: datetime, name: str = "shop00", **more: Any) -> dict[str, Any]:
    return maintenance(name, starts.isoformat(), (starts + 5 * HOUR).isoformat(), comment="Bigger disks", **more)


def events(response: Any) -> list[Any]:
    assert response.status_code == 200
    calendar = vobject.readOne(response.content.decode())
    return list(calendar.contents.get("vevent", []))


def value(event: Any, name: str) -> Any:
    return event.contents[name][0].value


# --- the page


def test_an_address_is_made_shown_and_fetched_without_a_session(
    add: Any, browse: Browse, fetch: Fetch, platform: Sandbox
) -> None:
    path = add()
    page = browse("manager").get(PAGE)
    assert f"http://testserver{path}" in page.content.decode()
    assert f"webcal://testserver{path}" in page.content.decode()
    assert f"cid=webcal%3A%2F%2Ftestserver%2Fcalendar%2F{path[10:-4]}.ics" in page.content.decode()
    assert "Not fetched by any calendar yet." in text_of(page)
    response = fetch(path)
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert not response.cookies
    assert {value(one, "summary") for one in events(response)} >= {
        "shop16: maintenance",
        "shop16: shutdown for deletion",
        "shop16: disk deletion",
    }
    assert "Last fetched" in text_of(browse("manager").get(PAGE))


def test_a_renewed_address_takes_the_place_of_the_one_before(add: Any, browse: Browse, fetch: Fetch) -> None:
    before = add()
    feed = Feed.objects.get()
    assert browse("manager").post(f"{PAGE}{feed.pk}/-/renew").status_code == 302
    feed.refresh_from_db()
    assert fetch(before).status_code == 404
    assert fetch(f"/calendar/{feed.token}.ics").status_code == 200


def test_what_is_removed_is_as_unknown_as_what_never_was(add: Any, browse: Browse, fetch: Fetch) -> None:
    path = add()
    browse("manager").post(f"{PAGE}{Feed.objects.get().pk}/-/remove")
    gone, never = fetch(path), fetch(f"/calendar/{'x' * 43}.ics")
    assert (gone.status_code, never.status_code) == (404, 404)
    strip = re.compile(rb"[A-Za-z0-9_-]{30,}")
    assert strip.sub(b"", gone.content) == strip.sub(b"", never.content)


def test_it_goes_on_record(add: Any, browse: Browse) -> None:
    add("manager", "shop")
    for verb in ("renew", "remove"):
        browse("manager").post(f"{PAGE}{Feed.objects.get().pk}/-/{verb}")
    found = AuditEntry.objects.filter(action__startswith="calendar.").order_by("sequence")
    assert [(one.action, one.target) for one in found] == [
        ("calendar.added", "group shop"),
        ("calendar.renewed", "group shop"),
        ("calendar.removed", "group shop"),
    ]


@pytest.mark.parametrize("verb", ["renew", "remove"])
def test_nobody_else_touches_it(add: Any, browse: Browse, verb: str) -> None:
    add("manager")
    feed = Feed.objects.get()
    assert browse("operator").post(f"{PAGE}{feed.pk}/-/{verb}").status_code == 404
    assert browse("manager").post(f"{PAGE}nonsense/-/{verb}").status_code == 404
    assert browse("manager").post(f"{PAGE}{feed.pk}/-/nonsense").status_code == 404
    feed.refresh_from_db()


def test_the_same_is_subscribed_once(add: Any) -> None:
    assert add("viewer", "shop") == add("viewer", "shop")
    assert Feed.objects.count() == 1


def test_a_name_that_is_none_is_said_beside_the_field(browse: Browse) -> None:
    response = browse("child").post(PAGE, {"name": "shop"})  # of which they see nothing
    assert response.status_code == 422
    assert "There is no group or machine with this name." in text_of(response)
    assert 'value="shop"' in response.content.decode()


def test_names_that_the_reader_sees_are_offered_while_one_types(browse: Browse) -> None:
    def offered(name: str) -> list[str]:
        return re.findall(r'<option value="([^"]+)">', browse(name).get(PAGE).content.decode())

    names = offered("viewer")
    assert {"services", "shop", "shop00"} < set(names)
    assert names.index("shop") < names.index("shop00")  # groups first
    assert set(offered("child")) == {one for one in names if one.startswith("example")}


def test_nobody_has_more_than_they_could_look_after(add: Any, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST", 1)
    add("manager")
    response = browse("manager").post(PAGE, {"name": "shop"})
    assert response.status_code == 422
    assert "You have 1 calendars. Remove one first." in text_of(response)


def test_an_address_that_cannot_be_read_any_more_can_be_renewed(add: Any, browse: Browse) -> None:
    add("manager")
    Feed.objects.update(sealed=b"broken")
    page = browse("manager").get(PAGE)
    assert "This address can no longer be shown." in text_of(page)
    assert "webcal:" not in page.content.decode()


def test_addresses_outlive_a_change_of_the_key_ring(add: Any, browse: Browse, fetch: Fetch, settings: Any) -> None:
    path, first = add(), list(settings.CREDENTIAL_KEYS)
    settings.CREDENTIAL_KEYS = [base64.b64encode(os.urandom(32)).decode(), *first]
    call_command("rotate_keys")
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    assert f"http://testserver{path}" in browse("manager").get(PAGE).content.decode()
    assert fetch(path).status_code == 200


def test_who_sees_no_maintenance_has_no_page_of_it(browse: Browse) -> None:
    assert browse("billing").get(PAGE).status_code == 403


# --- what is in the file


def test_a_maintenance_has_its_times_in_utc_and_leads_to_its_page(dates: Any, add: Any, fetch: Fetch) -> None:
    starts = (AT + 2 * DAY).replace(hour=21, minute=0, second=0)
    dates([window(starts)])
    response = fetch(add())
    (event,) = events(response)
    assert (value(event, "dtstart"), value(event, "dtend")) == (starts, starts + 5 * HOUR)
    assert f"DTSTART:{starts:%Y%m%dT%H%M%SZ}".encode() in response.content
    assert value(event, "summary") == "shop00: maintenance"
    assert value(event, "description") == "Bigger disks\nResource group: shop"
    assert value(event, "status") == "CONFIRMED"
    assert value(event, "url") == f"http://testserver/c/10001/maintenance/shop00/{starts:%Y%m%dT%H%M%SZ}/"


def test_a_deletion_is_a_whole_day_that_blocks_nobody(
    dates: Any, odd_platform: Platform, add: Any, fetch: Fetch
) -> None:
    deletion = {"deadline": "2099-06-01", "stages": []}
    odd_platform.records["services", "virtualmachine"] = [machine("shop00", "shop", deletion=deletion)]
    dates([])
    soft, hard = sorted(events(fetch(add())), key=lambda one: value(one, "dtstart"))
    assert (value(soft, "dtstart"), value(soft, "dtend")) == (date(2099, 6, 1), date(2099, 6, 2))
    assert value(hard, "dtstart") == date(2099, 6, 4)
    assert {value(one, "transp") for one in (soft, hard)} == {"TRANSPARENT"}


def test_a_calendar_follows_a_move_and_a_cancellation(dates: Any, add: Any, fetch: Fetch) -> None:
    path = add()
    dates([window(AT + 2 * DAY)])
    (first,) = events(fetch(path))
    dates([window(AT + 3 * DAY)])
    (moved,) = events(fetch(path))
    dates([])
    (cancelled,) = events(fetch(path))
    assert len({value(one, "uid") for one in (first, moved, cancelled)}) == 1
    assert [value(one, "sequence") for one in (first, moved, cancelled)] == ["0", "1", "2"]
    assert value(moved, "dtstart") == AT + 3 * DAY
    assert (value(cancelled, "status"), value(cancelled, "summary")) == ("CANCELLED", "Cancelled: shop00: maintenance")


def test_the_night_that_clocks_go_back_is_told_in_utc(dates: Any, add: Any, fetch: Fetch) -> None:
    starts = datetime(2099, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, the first time
    dates([window(starts)])
    (event,) = events(fetch(add()))
    assert (value(event, "dtstart"), value(event, "dtend")) == (starts, starts + 5 * HOUR)


def test_lines_are_folded_by_bytes_and_end_as_they_must(
    dates: Any, add: Any, fetch: Fetch, odd_platform: Platform
) -> None:
    words = "Größere Platten für Überseekäufer; schön, groß\\klein, " * 6
    dates([window(AT + DAY) | {"comment": words.strip()}])
    response = fetch(add())
    lines = response.content.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    for line in lines:
        line.decode()  # no letter is broken in two
    (event,) = events(response)
    assert value(event, "description").splitlines()[0] == words.strip()


def test_nobody_is_asked_to_answer_and_calendars_are_told_how_often_to_come(dates: Any, add: Any, fetch: Fetch) -> None:
    text = fetch(add()).content.decode()
    assert "METHOD" not in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in text
    assert "X-PUBLISHED-TTL:PT1H" in text
    assert "NAME:Schedule: " in text.replace("\\", "")


def test_what_was_30_days_ago_is_the_last_that_is_told(dates: Any, add: Any, fetch: Fetch) -> None:
    dates([window(AT - 29 * DAY), window(AT - 31 * DAY)])
    (event,) = events(fetch(add()))
    assert value(event, "dtstart") == AT - 29 * DAY


def test_it_is_in_the_reader_s_language(dates: Any, add: Any, fetch: Fetch, scope_of: Any) -> None:
    dates([window(AT + DAY)])
    path = add()
    User.objects.filter(pk=scope_of("manager").user.pk).update(language="de")
    (event,) = events(fetch(path))
    assert value(event, "summary") == "shop00: Wartung"


# --- whose it is


def test_a_feed_of_a_group_or_machine_has_that_alone(dates: Any, add: Any, fetch: Fetch) -> None:
    dates([window(AT + DAY), window(AT + DAY, "web00")])
    summaries = {
        about: {value(one, "summary") for one in events(fetch(add("manager", about)))}
        for about in ("", "shop", "web00", "services")
    }
    both = {"shop00: maintenance", "web00: maintenance"}
    assert summaries == {"": both, "services": both, "shop": {"shop00: maintenance"}, "web00": {"web00: maintenance"}}


def test_nothing_beyond_role_and_group_at_the_time_of_fetching(
    dates: Any, add: Any, fetch: Fetch, scope_of: Callable[..., Scope]
) -> None:
    dates([window(AT + DAY), window(AT + DAY, "web00")])
    path = add("viewer")
    mine = Membership.objects.filter(user=scope_of("viewer").user)
    assert len(events(fetch(path))) == 2
    mine.update(group="shop")
    assert [value(one, "summary") for one in events(fetch(path))] == ["shop00: maintenance"]
    mine.update(group="", role=Role.BILLING)
    assert events(fetch(path)) == []
    mine.delete()
    assert fetch(path).status_code == 404


def test_who_may_not_sign_in_any_more_is_told_nothing(add: Any, fetch: Fetch, scope_of: Any) -> None:
    path = add("viewer")
    User.objects.filter(pk=scope_of("viewer").user.pk).update(is_active=False)
    assert fetch(path).status_code == 404


# --- asked again


def test_what_has_not_changed_is_not_sent_again(dates: Any, add: Any, fetch: Fetch) -> None:
    dates([window(AT + DAY)])
    path = add()
    first = fetch(path)
    again = fetch(path)
    assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])
    assert fetch(path, if_none_match=first.headers["ETag"]).status_code == 304
    assert fetch(path, if_modified_since=first.headers["Last-Modified"]).status_code == 304
    head = Client().head(path)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
    dates([window(AT + 2 * DAY)])
    assert fetch(path, if_none_match=first.headers["ETag"]).status_code == 200


def test_a_platform_that_does_not_answer_cancels_nothing(
    dates: Any, add: Any, fetch: Fetch, odd_platform: Platform
) -> None:
    dates([window(AT + DAY)])
    path = add()
    before = fetch(path).content
    odd_platform.stop()
    assert fetch(path).content == before
    assert CalendarDate.objects.filter(is_cancelled=True).count() == 0


def test_fetching_is_noted(add: Any, fetch: Fetch) -> None:
    path = add()
    before = timezone.now()
    fetch(path)
    assert Feed.objects.get().fetched_at >= before
