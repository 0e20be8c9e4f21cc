"""The bell on each page, what it holds, the page of all notices, and the settings."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import AuditEntry, Customer, Membership, User
from portal.inventory.snapshots import single_flight
from portal.notify.kinds import KINDS
from portal.notify.models import Notice
from tests.console.view_as.test_sessions import view_as
from tests.customer.asking import filled, save, values_of
from tests.customer.conftest import Browse, part, text_of
from tests.notify.making import notice
from tests.support import moment

C = "/c/10001/"
PAGE, UNREAD, SETTINGS = f"{C}notifications/", f"{C}notifications/unread", f"{C}notifications/settings"
HOST = "http://testserver"

type Tell = Callable[..., Notice]


@pytest.fixture
def tell(browse: Browse, cast: dict[str, User]) -> Tell:
    """`tell("viewer")`: word to one of the cast that machine shop11 is ready; other fields of it by name."""

    def told(name: str = "manager", kind: str = "maintenance.begun", **fields: Any) -> Notice:
        about = {"type_name": "maintenance", "record": "shop11/20261124T110000Z", "data": {"machine": "shop11"}}
        return notice(cast[name], Customer.objects.get(number="10001"), kind, **{**about, **fields})

    return told


def bell_of(response: Any) -> str:
    """What the bell's button says to ears."""
    found = re.search(r'(?s)id="bell-count".*?<span class="visually-hidden">(.*?)</span>', response.content.decode())
    return found[1] if found else ""


def number_of(response: Any) -> str:
    """And to eyes."""
    found = re.search(r'class="bell-count" aria-hidden="true">([^<]+)<', response.content.decode())
    return found[1] if found else ""


def asks(response: Any) -> bool:
    return f'hx-get="{UNREAD}"' in response.content.decode()


# --- the bell ---------------------------------------------------------------------------------------------------------


def test_each_page_says_how_many_are_unread(browse: Browse, tell: Tell) -> None:
    assert bell_of(browse("manager").get(C)) == "Notifications"
    for _ in range(3):
        tell()
    for path in (C, f"{C}virtualmachine/", f"{C}thresholds/", PAGE + "settings"):
        response = browse("manager").get(path)
        assert (bell_of(response), number_of(response)) == ("Notifications, 3 unread", "3"), path


def test_many_are_99_plus(browse: Browse, tell: Tell, cast: dict[str, User]) -> None:
    Membership.objects.filter(user=cast["manager"]).update(unread=120)
    response = browse("manager").get(C)
    assert (bell_of(response), number_of(response)) == ("Notifications, 120 unread", "99+")


def test_it_is_each_persons_own(browse: Browse, tell: Tell) -> None:
    tell("viewer")
    assert bell_of(browse("manager").get(C)) == "Notifications"
    assert bell_of(browse("viewer").get(C)) == "Notifications, 1 unread"


def test_it_costs_no_query(browse: Browse, tell: Tell) -> None:
    client = browse("manager")
    client.get(f"{C}help/roles/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{C}help/roles/")
        counts.append(len(queries))
        tell()
    assert counts[0] == counts[1]


def test_opened_it_holds_the_last_twenty_and_they_are_read(browse: Browse, tell: Tell) -> None:
    client = browse("manager")
    for number in range(23):
        tell(data={"machine": f"shop{number:02}"})
    menu = part(client, PAGE, **{"HX-Current-URL": f"{HOST}{C}"})
    body = menu.content.decode()
    assert "<!DOCTYPE" not in body
    assert re.findall(r"Maintenance of (shop\d\d) has started", body) == [f"shop{n:02}" for n in range(22, 2, -1)]
    assert f'href="{C}maintenance/shop11/20261124T110000Z/"' in body
    assert bell_of(menu) == "Notifications, 3 unread"
    assert 'id="bell-count"' in body
    assert 'hx-swap-oob="true"' in body
    assert bell_of(client.get(C)) == "Notifications, 3 unread"


def test_opened_over_a_form_it_does_not_begin_to_ask(browse: Browse, tell: Tell) -> None:
    client = browse("manager")
    assert asks(part(client, PAGE, **{"HX-Current-URL": f"{HOST}{C}virtualmachine/?q=shop"}))
    assert not asks(part(client, PAGE, **{"HX-Current-URL": f"{HOST}{C}virtualmachine/shop11/-/edit"}))


@pytest.mark.parametrize("end", ["", "virtualmachine/", "virtualmachine/shop11/", "schedule/", "changes/", "invoice/"])
def test_pages_that_one_looks_at_ask_how_many_are_unread(browse: Browse, end: str) -> None:
    assert asks(browse("manager").get(f"{C}{end}"))


@pytest.mark.parametrize(
    "end",
    [
        "virtualmachine/shop11/-/edit",
        "virtualmachine/-/new",
        "thresholds/",
        "schedule/calendar/",
        "people/-/invite",
        "notifications/settings",
        "keys/-/new",
        "paper/",
    ],
)
def test_nothing_leads_away_from_a_form(browse: Browse, end: str) -> None:
    response = browse("manager").get(f"{C}{end}")
    assert response.status_code == 200
    assert bell_of(response) == "Notifications"
    assert not asks(response)


class OpenBell:
    """The bell of a page that stands open, asking as htmx does."""

    def __init__(self, client: Client) -> None:
        body = client.get(C).content.decode()
        stamp, tag = re.search(r'data-page="([^"]+)"', body), re.search(r'id="bell-count"[^>]* hx-ptag="(\d+)"', body)
        assert stamp
        assert tag
        self.client, self.tag = client, tag[1]
        self.headers = {"Portal-Page": stamp[1], "HX-Current-URL": f"{HOST}{C}"}
        for done in single_flight.under_way():  # what the page has set going is news as well
            assert done.wait(60)

    def ask(self) -> tuple[Any, int]:
        """The answer, and how many queries it took."""
        with CaptureQueriesContext(connection) as queries:
            answer = part(self.client, UNREAD, **self.headers, **{"HX-PTag": self.tag})
        self.tag = answer.headers.get("HX-PTag", self.tag)
        return answer, len(queries)


def test_an_open_page_is_told_of_a_new_one_and_nothing_new_costs_nothing(browse: Browse, tell: Tell) -> None:
    client = browse("manager")
    bell = OpenBell(client)
    assert bell.ask()[0].status_code == 304
    answer, queries = bell.ask()
    assert (answer.status_code, queries) == (304, 0)
    tell()
    answer, _queries = bell.ask()
    assert bell_of(answer) == "Notifications, 1 unread"
    assert asks(answer)
    part(client, PAGE)
    assert bell_of(bell.ask()[0]) == "Notifications"


def test_without_a_script_the_bell_is_a_link(browse: Browse) -> None:
    link = rf'<a class="icon-button bell no-js-only" href="{PAGE}">.*?Notifications</span>\s*</a>'
    assert re.search(f"(?s){link}", browse("manager").get(C).content.decode())
    assert browse("manager").get(UNREAD).headers["Location"] == PAGE


def test_staff_in_a_persons_place_see_no_bell(browse: Browse, tell: Tell) -> None:
    tell("viewer")
    staff = browse("staff")
    assert view_as(staff, "viewer").status_code == 302
    page = staff.get(C)
    assert page.status_code == 200
    assert bell_of(page) == ""
    assert PAGE not in page.content.decode()
    for path in (PAGE, SETTINGS):
        assert staff.get(path).status_code == 403
        assert staff.post(path).status_code == 403
    assert Notice.objects.get().read is None


def test_the_console_has_none(browse: Browse) -> None:
    assert 'id="bell-count"' not in browse("staff").get("/console/").content.decode()


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_tells_by_day_with_links_and_what_is_new(browse: Browse, tell: Tell) -> None:
    day = timedelta(days=1)
    tell(at=moment.AT - day, data={"machine": "shop12"})
    tell("manager", "deletion.imminent", type_name="virtualmachine", record="shop11", **deleted("shop11"))
    client = browse("manager")
    first = client.get(PAGE)
    text, body = text_of(first), first.content.decode()
    assert "2 unread" not in text
    assert text.count("(unread)") == 2
    assert text.index("Machine shop11 is shut down for deletion") < text.index("Maintenance of shop12 has started")
    assert body.count('<h2 class="section-title">') == 2
    assert f'<a href="{C}virtualmachine/shop11/">' in body
    assert 'class="notice-icon is-danger"' in body
    assert "UTC" in re.findall(r'<time [^>]*title="([^"]+)"', body)[-1]
    assert "(unread)" not in text_of(client.get(PAGE))


def deleted(machine: str) -> dict[str, Any]:
    return {"data": {"machine": machine, "deadline": "2026-11-25"}}


def test_older_ones_are_on_further_pages(browse: Browse, tell: Tell) -> None:
    for number in range(52):
        tell(data={"machine": f"shop{number:02}"})
    client = browse("manager")
    first = client.get(PAGE)
    older = re.search(r'href="(\?before=\d+)" rel="next"', first.content.decode())
    assert older
    second = client.get(f"{PAGE}{older[1]}")
    assert re.findall(r"Maintenance of (shop\d\d) has", text_of(second)) == ["shop01", "shop00"]
    assert 'rel="next"' not in second.content.decode()
    assert f'<a href="{PAGE}" rel="prev">' in second.content.decode()


def test_all_can_be_marked_as_read_but_what_came_meanwhile(browse: Browse, tell: Tell) -> None:
    for _ in range(60):
        tell()
    client = browse("manager")
    page = client.get(PAGE)
    up_to = re.search(r'name="up_to" value="(\d+)"', page.content.decode())
    assert up_to
    assert bell_of(page) == "Notifications, 10 unread"
    tell()
    assert client.post(PAGE, {"up_to": up_to[1]}).status_code == 302
    assert bell_of(client.get(C)) == "Notifications, 1 unread"
    assert "Mark all as read" not in text_of(client.get(PAGE))


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²", "1 OR 1=1"])
def test_an_address_that_makes_no_sense_is_the_newest(browse: Browse, tell: Tell, before: str) -> None:
    tell()
    assert "Maintenance of shop11" in text_of(browse("manager").get(PAGE, {"before": before}))


def test_a_look_at_the_head_reads_nothing(browse: Browse, tell: Tell) -> None:
    tell()
    assert browse("manager").head(PAGE).status_code == 200
    assert Notice.objects.get().read is None


def test_nothing_yet_says_what_would_be_here(browse: Browse) -> None:
    text = text_of(browse("manager").get(PAGE))
    assert "No notifications yet" in text
    assert "Choose what you are told" in text


def test_what_is_about_oneself_leads_to_ones_account(browse: Browse, tell: Tell, cast: dict[str, User]) -> None:
    changed = {"type_name": "", "record": "", "group": ""}
    for name in ("viewer", "manager"):
        data = {"person": cast[name].pk, "target": cast[name].email, "who": "", "after": {"role": "viewer"}}
        tell(name, "member.changed", **changed, data=data)
    for name in ("viewer", "manager"):
        client = browse(name)
        (found,) = re.findall(r'class="notice-said"><a href="([^"]+)"', client.get(PAGE).content.decode())
        assert found == "/accounts/"
        assert client.get(found).status_code == 200


# --- the settings -----------------------------------------------------------------------------------------------------


def test_the_table_has_each_kind_with_who_hears_of_it(browse: Browse) -> None:
    text = text_of(browse("manager").get(SETTINGS))
    for kind in KINDS.values():
        assert str(kind.label) in text
    assert "Manager, Billing" in text
    assert "Europe/Berlin" in text


def test_roles_see_what_concerns_them(browse: Browse) -> None:
    text = text_of(browse("billing").get(SETTINGS))
    assert "New invoice" in text
    assert "Maintenance announced" not in text


def test_what_cannot_be_turned_off_is_no_box(browse: Browse) -> None:
    response = browse("manager").get(SETTINGS)
    boxes = set(re.findall(r'type="checkbox" name="on" value="([^"]+)"', response.content.decode()))
    always = {f"{kind.name} {channel}" for kind in KINDS.values() for channel in kind.always}
    assert not boxes & always
    covered = {f"{kind.name} digest" for kind in KINDS.values() if "mail" in kind.always}
    assert not boxes & covered
    assert len(boxes) + len(always) + len(covered) == 3 * len(KINDS)
    assert response.content.decode().count('class="always"') == len(always)
    assert "disabled" not in re.findall(r"(?s)<table.*</table>", response.content.decode())[0]


def ticks(client: Client) -> set[str]:
    return set(values_of(client.get(SETTINGS))["on"])


def test_what_is_ticked_is_kept_and_on_record(browse: Browse) -> None:
    client = browse("manager")
    wanted = (ticks(client) | {"maintenance.begun mail"}) - {"invoice.new bell"}
    assert save(client, SETTINGS, on=sorted(wanted), hour=17).status_code == 302
    page = client.get(SETTINGS)
    assert ticks(client) == wanted
    assert values_of(page)["hour"] == ["17"]
    assert "Notification settings saved." in text_of(page)
    trail = text_of(client.get(f"{C}trail/"))
    assert "Notification settings changed" in trail
    assert "Maintenance started, Email at once no yes" in trail
    assert "New invoice, In the portal yes no" in trail
    assert "Hour of the daily summary 8 17" in trail


def test_two_tabs_keep_what_each_has_changed(browse: Browse) -> None:
    client = browse("manager")
    first, second = (values_of(client.get(SETTINGS)) for _ in range(2))
    client.post(SETTINGS, filled(first, on=[*first["on"], "maintenance.begun mail"], hour=6))
    client.post(SETTINGS, filled(second, on=[one for one in second["on"] if one != "invoice.new bell"]))
    assert ticks(client) == {*first["on"], "maintenance.begun mail"} - {"invoice.new bell"}
    assert values_of(client.get(SETTINGS))["hour"] == ["6"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"on": "key.refused digest fax"},
        {"hour": "24", "was_hour": "8"},
        {"hour": "-1", "was_hour": "8"},
        {"hour": "٣", "was_hour": "8"},
        {"was": "x" * 5000, "on": "comet.sighted mail"},
        {"was": "key.refused mail"},
    ],
)
def test_what_makes_no_sense_changes_nothing(browse: Browse, sent: dict[str, str]) -> None:
    client = browse("manager")
    before = ticks(client)
    assert client.post(SETTINGS, sent).status_code == 302
    assert ticks(client) == before
    assert values_of(client.get(SETTINGS))["hour"] == ["8"]
    assert not AuditEntry.objects.filter(action="notifications.changed").exists()


def test_what_was_sent_too_late_comes_back_unsent(browse: Browse) -> None:
    """After the session has ended, and another has begun."""
    client = browse("manager")
    page = values_of(client.get(SETTINGS))
    client.cookies.pop("sessionid")
    late = filled(page, on=[*page["on"], "maintenance.begun mail"], hour=5)
    client.post(SETTINGS, late, headers={"Origin": HOST})
    client.force_login(User.objects.get(email="manager@example.com"))
    again = client.get(SETTINGS)
    assert "It has not been sent." in text_of(again)
    assert set(values_of(again)["on"]) == {*page["on"], "maintenance.begun mail"}
    assert values_of(again)["was"] == page["was"]
    assert not AuditEntry.objects.filter(action="notifications.changed").exists()
    client.post(SETTINGS, values_of(again))
    assert values_of(client.get(SETTINGS))["hour"] == ["5"]


def test_account_and_menu_lead_there(browse: Browse) -> None:
    for path in ("/accounts/", C):
        assert f'href="{SETTINGS}"' in browse("viewer").get(path).content.decode()
    assert "What you are told" not in text_of(browse("staff").get("/accounts/"))
