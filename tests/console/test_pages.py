"""The console's pages: for staff only, over all customers."""

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django import template
from django.db import DatabaseError
from django.test import Client, RequestFactory
from django.utils import timezone

from portal.accounts.access import get_scope
from portal.accounts.audit import trail as audit_trail
from portal.accounts.models import AuditEntry, Customer, Membership, User
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
from portal.console.customers.notes import LONGEST
from portal.console.models import Announcement, Note, Sample
from portal.console.platform.metric_samples import take
from portal.console.search import index
from portal.console.templatetags import console as console_tags
from portal.inventory.snapshots import single_flight
from portal.ui.format import dates
from tests.customer.conftest import Browse, browse, part, platform, text_of  # noqa: F401
from tests.support.moment import month

PAGES = ("", "changes/", "platform/", "announcements/", "staff/", "customers/new", "c/10001/", "c/10001/manage")


@pytest.fixture
def staff(browse: Browse) -> Client:  # noqa: F811
    return browse("staff")


@pytest.fixture
def support(staff: Client, cast: dict[str, User]) -> Client:
    """A member of staff who is no admin."""
    User.objects.filter(pk=cast["staff"].pk).update(is_superuser=False)
    return staff


@pytest.mark.parametrize("path", PAGES)
def test_staff_open_every_page(staff: Client, path: str) -> None:
    assert staff.get(f"/console/{path}").status_code == 200


@pytest.mark.parametrize("path", ["staff/", "customers/new", "c/10001/manage"])
def test_support_does_not_manage(support: Client, path: str) -> None:
    assert support.get(f"/console/{path}").status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_for_others_the_console_is_not_there(browse: Browse, path: str) -> None:  # noqa: F811
    assert browse("manager").get(f"/console/{path}").status_code == 404
    assert browse("").get(f"/console/{path}").status_code == 302


def test_who_is_staff_no_longer_sees_nothing(staff: Client, cast: dict[str, User]) -> None:
    User.objects.filter(pk=cast["staff"].pk).update(is_staff=False)
    assert staff.get("/console/").status_code == 404


# --- people who have lost their second factor ------------------------------------------------------------------------


def app_of(user: User) -> str:
    """The person has an authenticator app; the page that resets it."""
    totp.TOTP.activate(user, totp.generate_totp_secret())
    return f"/console/people/{user.pk}/second-factor"


def test_an_admin_resets_two_factor_with_a_reason(staff: Client, cast: dict[str, User]) -> None:
    page = app_of(cast["viewer"])
    assert f'href="{page}"' in staff.get("/console/c/10001/manage").content.decode()
    asked = staff.get(page)
    assert "viewer@example.com" in text_of(asked)
    assert "All passkeys, the authenticator app and the recovery codes are removed" in text_of(asked)
    assert staff.post(page, {"reason": ""}).status_code == 422
    assert Authenticator.objects.exists()
    done = staff.post(page, {"reason": "Ticket 4711, called back"}, follow=True)
    assert "Two-factor was reset for viewer@example.com." in text_of(done)
    assert not Authenticator.objects.exists()
    entry = AuditEntry.objects.get(action="second_factor.reset")
    assert (entry.chain, entry.actor, entry.target) == ("10001", "staff@example.com", "viewer@example.com")


def test_the_customers_managers_read_what_was_reset_and_why(
    staff: Client,
    browse: Browse,  # noqa: F811
    cast: dict[str, User],
) -> None:
    staff.post(app_of(cast["viewer"]), {"reason": "Ticket 4711, called back"})
    trail = text_of(browse("manager").get("/c/10001/trail/?kind=second_factor"))
    for said in ("Two-factor reset by an administrator", "Authenticator app", "Ticket 4711, called back"):
        assert said in trail


def test_of_who_has_none_nothing_is_reset(staff: Client, cast: dict[str, User]) -> None:
    page = f"/console/people/{cast['viewer'].pk}/second-factor"
    assert "has no two-factor set up" in text_of(staff.get(page))
    assert "has no two-factor set up" in text_of(staff.post(page, {"reason": "Ticket 4711"}, follow=True))


def test_support_resets_nobodys(support: Client, cast: dict[str, User]) -> None:
    page = app_of(cast["viewer"])
    assert [support.get(page).status_code, support.post(page, {"reason": "Ticket 4711"}).status_code] == [403, 403]
    assert Authenticator.objects.exists()


def test_ones_own_is_for_ones_account_which_asks_for_it_first(staff: Client, cast: dict[str, User]) -> None:
    answer = staff.post(app_of(cast["staff"]), {"reason": "Ticket 4711"})
    assert answer.headers["Location"] == "/accounts/2fa/"
    assert Authenticator.objects.exists()


def test_djangos_admin_is_nowhere(staff: Client) -> None:
    assert staff.get("/admin/").status_code == 404


def test_a_customer_is_on_one_screen(staff: Client, browse: Browse, cast: dict[str, User]) -> None:  # noqa: F811
    for name in ("virtualmachine", "resourcegroup", "maintenance", "invoice"):
        browse("manager").get(f"/c/10001/{name}/")
    for token in ("waits", "failed"):
        wanted = Intent(type_name="virtualmachine", key="shop14", wanted={"cores": 7}, before={"cores": 3})
        submit(get_scope(cast["manager"], "10001"), [wanted], token)
    answer = {"kind": "fault", "text": "no room left"}
    Change.objects.filter(number=2).update(state=State.REJECTED, done_at=timezone.now(), answer=answer)
    text = text_of(staff.get("/console/c/10001/"))
    people = (
        "manager@example.com",
        "never signed in",
        f"signed in {dates.words(timezone.now(), timezone.now()).partition(',')[0]}",
    )
    machines = ("Deletion", "Ready", "Changes to the virtual hardware", "is shut down for deletion")
    changes = ("1: Resize shop14", "2: Resize shop14", "no room left", "Change submitted")
    for said in (
        "Example Services GmbH",
        "services",
        "Active",
        f"{month(1):%B %Y}",
        "EUR",
        *people,
        *machines,
        *changes,
    ):
        assert said in text, said


def machines_on(page: Any) -> list[str]:
    return [machine.name for machine in page.context["page"].machines]


def test_all_machines_with_something_the_matter_are_listed(staff: Client, browse: Browse) -> None:  # noqa: F811
    browse("manager").get("/c/10001/virtualmachine/")
    page = staff.get("/console/c/10001/")
    matter = {"ready", "off"}
    tiles = page.context["page"].tiles
    counted = sum(tile.count for tile in tiles if not any(f"state-{state}" in tile.badge for state in matter))
    assert len(machines_on(page)) == counted > 8


def test_a_tile_leads_to_the_machines_that_it_counts(staff: Client, browse: Browse) -> None:  # noqa: F811
    browse("manager").get("/c/10001/virtualmachine/")
    for tile in staff.get("/console/c/10001/").context["page"].tiles:
        page = staff.get(tile.address.partition("#")[0])
        assert len(machines_on(page)) == tile.count
        assert [one.badge for one in page.context["page"].tiles if one.current] == [tile.badge]


def test_many_machines_come_in_pages(staff: Client, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    browse("manager").get("/c/10001/virtualmachine/")
    every = machines_on(staff.get("/console/c/10001/?state=ready"))
    monkeypatch.setattr("portal.console.customers.page.PER_PAGE", 7)
    found: list[str] = []
    address = "?state=ready"
    while address:
        page = staff.get(f"/console/c/10001/{address.partition('#')[0]}")
        here, number = machines_on(page), page.context["page"].number
        assert 0 < len(here) <= 7
        found += here
        links = dict(page.context["page"].machine_pages)
        address = links.get(number + 1, "")
        assert not address or f'href="{address.replace("&", "&amp;")}"' in page.content.decode()
    assert found == every
    for odd in ("0", "999", "x", "²"):
        assert machines_on(staff.get(f"/console/c/10001/?state=ready&page={odd}"))


def test_what_is_not_known_yet_is_being_asked_and_comes_by_itself(staff: Client) -> None:
    first = staff.get("/console/c/10001/")
    assert "Loading…" in text_of(first)
    assert 'hx-get="/console/c/10001/" hx-trigger="every 1s"' in first.content.decode()
    for done in list(single_flight.under_way()):
        done.wait(10)
    later = part(staff, "/console/c/10001/")
    assert later.content.decode().lstrip().startswith('<div id="panels"')
    assert "Loading…" not in text_of(later)
    assert "hx-get" not in later.content.decode().partition(">")[0]


def test_the_same_several_times_in_a_row_is_told_once(staff: Client, cast: dict[str, User]) -> None:
    customer = Customer.objects.get(number="10001")
    for action in ("sign_in.done", "sign_in.done", "sign_in.done", "sign_out"):
        audit_trail.record(action, customer=customer, actor=cast["viewer"], target="viewer@example.com")
    trail = staff.get("/console/c/10001/").context["page"].trail
    told = [(str(one.label), one.target, one.times) for one in trail[:2]]
    assert told == [("Signed out", "", 1), ("Signed in", "", 3)]
    assert "Signed in 3 times" in text_of(staff.get("/console/c/10001/"))


def test_a_customer_that_is_not_there_is_not_found(staff: Client) -> None:
    for number in ("99999", "x", "%00"):
        assert staff.get(f"/console/c/{number}/").status_code == 404


def test_a_note_is_kept_with_its_author_and_pinned_ones_come_first(staff: Client) -> None:
    staff.post("/console/c/10001/note", {"text": "Calls on Mondays"})
    staff.post(
        "/console/c/10001/note", {"text": "Never reboot shop13", "subject": "virtualmachine/shop13", "pinned": "on"}
    )
    text = text_of(staff.get("/console/c/10001/"))
    assert text.index("Never reboot shop13") < text.index("Calls on Mondays")
    assert "Stella Staff" in text
    assert "Never reboot shop13" in text_of(staff.get("/console/c/10001/virtualmachine/shop13/"))


def test_lists_mark_what_has_notes(staff: Client, browse: Browse, cast: dict[str, User]) -> None:  # noqa: F811
    browse("manager").get("/c/10001/virtualmachine/")
    for done in list(single_flight.under_way()):
        done.wait(10)
    index.update()
    wanted = Intent(type_name="virtualmachine", key="shop14", wanted={"cores": 7}, before={"cores": 3})
    submit(get_scope(cast["manager"], "10001"), [wanted], "1")
    pages = ("/console/?q=shop14", "/console/changes/?which=all", "/console/c/10001/")
    assert not any("console-noted" in staff.get(page).content.decode() for page in pages)
    for subject in ("virtualmachine/shop14", "change/1"):
        staff.post("/console/c/10001/note", {"text": "Look out", "subject": subject})
    for page in pages:
        assert "1 note" in text_of(staff.get(page)), page
    assert (
        'href="/console/c/10001/virtualmachine/shop14/">virtualmachine/shop14' in staff.get(pages[2]).content.decode()
    )


def test_a_note_of_somebody_else_is_removed_by_admins_only(support: Client, cast: dict[str, User]) -> None:
    note = Note.objects.create(customer=Customer.objects.get(number="10001"), author=cast["manager"], text="x")
    support.post(f"/console/notes/{note.pk}/remove")
    assert Note.objects.filter(pk=note.pk).exists()
    User.objects.filter(pk=cast["staff"].pk).update(is_superuser=True)
    support.post(f"/console/notes/{note.pk}/remove")
    assert not Note.objects.filter(pk=note.pk).exists()


def test_a_note_that_says_nothing_or_too_much_is_not_kept_and_it_says_so(staff: Client) -> None:
    for text, said in ((" \0 ", "The note is empty."), ("x" * (LONGEST + 1), f"at most {LONGEST} characters")):
        staff.post("/console/c/10001/note", {"text": text})
        assert said in text_of(staff.get("/console/c/10001/"))
    assert not Note.objects.exists()


def test_a_note_is_pinned_and_taken_off_again(staff: Client) -> None:
    staff.post("/console/c/10001/note", {"text": "Calls on Mondays"})
    pk = Note.objects.get().pk
    for action, pinned in (("pin", True), ("unpin", False)):
        staff.post(f"/console/notes/{pk}/{action}")
        assert Note.objects.get().pinned is pinned
    assert staff.post(f"/console/notes/{pk}/burn").status_code == 404


def test_a_note_about_what_no_page_is_about_leads_to_the_customer(staff: Client) -> None:
    staff.post("/console/c/10001/note", {"text": "x", "subject": "change/twelve"})
    assert Note.objects.get().subject_address == "/console/c/10001/"


def announce(staff: Client, **more: str) -> Any:
    form = {"text": "Data centre moves", "level": "info", "starts": "2020-01-01T10:00", "ends": "2099-01-01T10:00"}
    return staff.post("/console/announcements/", form | more)


def test_an_announcement_is_shown_until_it_is_put_away(staff: Client, browse: Browse) -> None:  # noqa: F811
    assert announce(staff).status_code == 302
    manager, outsider = browse("manager"), browse("outsider")
    assert "Data centre moves" in text_of(manager.get("/c/10001/"))
    pk = Announcement.objects.get().pk
    assert manager.post(f"/announcements/{pk}/dismiss", {"next": "/c/10001/"}).headers["Location"] == "/c/10001/"
    assert "Data centre moves" not in text_of(manager.get("/c/10001/"))
    assert "Data centre moves" in text_of(outsider.get("/c/10002/"))


def test_an_announcement_to_one_customer_is_not_shown_to_others(staff: Client, browse: Browse) -> None:  # noqa: F811
    announce(staff, numbers="10002")
    assert "Data centre moves" not in text_of(browse("manager").get("/c/10001/"))
    assert "Data centre moves" in text_of(browse("outsider").get("/c/10002/"))


def test_an_announcement_has_its_time(staff: Client, browse: Browse) -> None:  # noqa: F811
    announce(staff, starts="2098-01-01T10:00")
    assert "Data centre moves" not in text_of(browse("manager").get("/c/10001/"))
    answer = announce(staff, ends="2019-01-01T10:00")
    assert answer.status_code == 422
    assert "The end must be after the start." in text_of(answer)
    assert announce(staff, numbers="4711").status_code == 422
    assert announce(staff, starts="0001-01-01T00:00").status_code == 422  # before any moment that Python knows


def test_an_announcement_is_ended_once(staff: Client) -> None:
    announce(staff)
    pk = Announcement.objects.get().pk
    for _tab in range(2):
        assert staff.post(f"/console/announcements/{pk}/end").status_code == 302
    assert AuditEntry.objects.filter(action="announcement.ended").count() == 1
    assert staff.post(f"/console/announcements/{pk + 1}/end").status_code == 404


def test_an_error_page_comes_without_announcements_where_the_database_is_away(
    cast: dict[str, User], rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(console_tags, "shown_to", away)
    context = template.Context({"request": rf.get("/"), "user": cast["manager"]})
    assert console_tags.announcements(context)["announcements"] == []


def test_the_platform_page_shows_how_the_day_went(staff: Client, browse: Browse) -> None:  # noqa: F811
    browse("manager").get("/c/10001/virtualmachine/")
    take()
    take()
    assert Sample.objects.count() == 2
    text = text_of(staff.get("/console/platform/"))
    for said in ("Circuit breaker: closed", "Calls per minute", "services", "Oldest open change"):
        assert said in text


def test_an_admin_makes_a_customer_and_a_member(staff: Client) -> None:
    staff.post("/console/customers/new", {"number": "10077", "name": "New Ltd"})
    staff.post("/console/c/10077/manage/member", {"email": "New@Example.com", "role": "manager"})
    assert Membership.objects.get(customer__number="10077").user.email == "new@example.com"
    entries = AuditEntry.objects.filter(chain="10077").values_list("action", "actor")
    assert ("member.changed", "staff@example.com") in entries
    staff.post("/console/c/10077/manage/member", {"email": "new@example.com", "role": ""})
    assert not Membership.objects.filter(customer__number="10077").exists()


def test_a_customer_has_a_number_that_stays_and_a_name_that_may_change(staff: Client) -> None:
    answer = staff.post("/console/customers/new", {"number": "10O77", "name": "New Ltd"})
    assert answer.status_code == 422
    assert "consists of digits" in text_of(answer)
    assert staff.post("/console/c/10001/manage", {"number": "4711", "name": "Renamed"}).status_code == 302
    assert Customer.objects.get(number="10001").name == "Renamed"
    entry = AuditEntry.objects.get(action="customer.changed")
    assert (json.loads(entry.before)["name"], json.loads(entry.after)["name"]) == ("Example Services GmbH", "Renamed")


def test_who_has_no_account_is_neither_taken_out_nor_made_staff(staff: Client) -> None:
    for path in ("c/10001/manage/member", "staff/"):
        answer = staff.post(f"/console/{path}", {"email": "nobody@example.com", "role": ""})
        assert answer.status_code == 422
        assert "No account has this address." in text_of(answer)
    assert not User.objects.filter(email="nobody@example.com").exists()


def test_who_is_no_member_is_taken_out_without_a_word(staff: Client) -> None:
    answer = staff.post("/console/c/10002/manage/member", {"email": "viewer@example.com", "role": ""})
    assert answer.status_code == 302
    assert not AuditEntry.objects.filter(action="member.removed").exists()


def test_a_group_of_another_customer_is_not_connected_again(staff: Client) -> None:
    form = {"group": "services", "credential": "services-demo-key"}
    answer = staff.post("/console/c/10002/manage/key", form)
    assert answer.status_code == 422
    assert "This group is connected to another customer." in text_of(answer)


def test_a_key_is_checked_before_it_is_kept(staff: Client) -> None:
    answer = staff.post("/console/c/10001/manage/key", {"group": "services", "credential": "wrong"})
    assert answer.status_code == 422
    answer = staff.post("/console/c/10001/manage/key", {"group": "services", "credential": "services-demo-key"})
    assert answer.status_code == 302


def test_there_is_always_an_admin(staff: Client, cast: dict[str, User]) -> None:
    assert staff.post("/console/staff/", {"email": "staff@example.com", "role": ""}).status_code == 422
    assert staff.post("/console/staff/", {"email": "viewer@example.com", "role": "admin"}).status_code == 302
    cast["viewer"].refresh_from_db()
    assert cast["viewer"].is_staff
    assert cast["viewer"].is_superuser


def test_the_trail_of_a_customer_says_whose_it_is(staff: Client) -> None:
    page = staff.get("/console/c/10002/trail/").content.decode()
    assert '<a href="/console/c/10002/">10002 Acme AG</a>' in page


# --- what belongs to no customer


def test_admins_see_the_portals_own_trail_and_no_one_else_does(browse: Browse, cast: dict[str, User]) -> None:  # noqa: F811
    client = browse("staff")
    User.objects.filter(email="staff@example.com").update(is_superuser=True)
    audit_trail.record("platform.reset", target="the breaker")
    audit_trail.record("key.added", customer=Customer.objects.get(number="10001"), target="services")
    page = client.get("/console/trail/")
    assert "the breaker" in text_of(page)
    assert not any(row.entry.chain for row in page.context["trail"].rows)
    assert 'href="/console/trail/"' in client.get("/console/").content.decode()
    assert client.get("/console/trail/?format=csv")["Content-Disposition"].startswith(
        'attachment; filename="portal-trail-'
    )
    User.objects.filter(email="staff@example.com").update(is_superuser=False)
    assert client.get("/console/trail/").status_code == 403
    assert 'href="/console/trail/"' not in client.get("/console/").content.decode()
    assert browse("manager").get("/console/trail/").status_code == 404


@pytest.mark.parametrize("path", ["", "platform/"])
def test_the_frame_leads_to_no_customer(staff: Client, path: str) -> None:
    page = staff.get(f"/console/{path}").content.decode()
    frame = page.partition("<main")[0]
    assert re.findall(r'href="(/console/[^"]*)"', frame)
    assert re.findall(r'href="(/c/[^"]*)"', frame) == []
