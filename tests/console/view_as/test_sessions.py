"""Viewing as one of a customer's people: what is seen, what may be done, how it ends, and who knows of it."""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, User
from portal.changes.models import Change
from portal.console.models import Visit
from portal.console.tasks import end_visits
from portal.console.view_as import sessions
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401

REASON = "Ticket 4711, on the phone"


def view_as(staff: Client, name: str = "operator", number: str = "10001", **more: str) -> Any:
    member = Membership.objects.get(user__email=f"{name}@example.com", customer__number=number)
    form = {"member": str(member.pk), "reason": REASON, **more}
    return staff.post(f"/console/c/{number}/view-as", form)


def take_write(staff: Client) -> Any:
    return staff.post("/console/view-as/write", {"sure": "yes"})


def cores(client: Client, name: str = "shop13") -> Any:
    """Sends the form of a machine as it was rendered, with another number of cores."""
    page = client.get(f"/c/10001/virtualmachine/{name}/-/edit").content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return client.post(f"/c/10001/virtualmachine/{name}/-/edit", fields | {"cores": "7"})


@pytest.fixture
def staff(browse: Browse) -> Client:  # noqa: F811
    return browse("staff")


def test_it_needs_a_reason(staff: Client) -> None:
    answer = view_as(staff, reason="")
    assert answer.status_code == 422
    assert not Visit.objects.exists()
    assert staff.get("/c/10001/").status_code == 404


def test_the_person_must_be_one_of_that_customer(staff: Client) -> None:
    outsider = Membership.objects.get(user__email="outsider@example.com")
    assert staff.post("/console/c/10001/view-as", {"member": outsider.pk, "reason": REASON}).status_code == 422


def test_staff_see_what_the_person_sees_and_nothing_more(staff: Client) -> None:
    assert view_as(staff, "child").headers["Location"] == "/c/10001/"
    assert staff.get("/c/10001/virtualmachine/example00/").status_code == 200
    assert staff.get("/c/10001/virtualmachine/shop13/").status_code == 404  # out of the group of `child`
    assert staff.get("/c/10001/invoice/").status_code == 403
    assert staff.get("/c/10002/").status_code == 404


def test_every_page_says_so(staff: Client) -> None:
    view_as(staff)
    for path in ("/c/10001/", "/c/10001/virtualmachine/", "/console/", "/c/10001/nothing/"):
        text = text_of(staff.get(path))
        assert "as Olaf Operator" in text, path
        assert "read-only" in text
        assert "End view" in text


def test_it_is_read_only_at_first(staff: Client) -> None:
    view_as(staff)
    assert staff.get("/c/10001/virtualmachine/shop13/-/edit").status_code == 403
    assert staff.post("/c/10001/virtualmachine/shop13/-/power", {"online": "false"}).status_code == 403
    assert not Change.objects.exists()


def test_write_access_takes_a_second_step(staff: Client) -> None:
    view_as(staff)
    assert staff.post("/console/view-as/write").status_code == 422
    assert staff.get("/c/10001/virtualmachine/shop13/-/edit").status_code == 403
    assert take_write(staff).status_code == 302
    assert "editing enabled" in text_of(staff.get("/c/10001/"))
    assert cores(staff).status_code == 302
    change = Change.objects.get()
    assert change.author is not None
    assert change.author.email == "staff@example.com"  # who really acted
    entry = AuditEntry.objects.get(action="change.submitted")
    assert entry.actor == "staff@example.com as operator@example.com"


def test_people_and_keys_stay_the_customers_own(staff: Client) -> None:
    view_as(staff, "manager")
    take_write(staff)
    assert staff.get("/c/10001/people/").status_code == 200
    assert staff.get("/c/10001/people/-/invite").status_code == 403
    assert staff.get("/c/10001/keys/-/new").status_code == 403


def test_one_at_a_time(staff: Client, browse: Browse) -> None:  # noqa: F811
    view_as(staff)
    answer = view_as(staff, "viewer")
    assert answer.status_code == 422
    assert "You are already viewing as someone" in text_of(answer)
    other_browser = browse("staff")
    assert view_as(other_browser, "viewer").status_code == 422
    assert other_browser.get("/c/10001/").status_code == 404  # it is the other session's
    assert Visit.objects.count() == 1


def test_of_two_that_begin_at_the_same_moment_one_does(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither page has seen the other: the database has the last word."""
    view_as(staff)
    monkeypatch.setattr(sessions, "going_on", lambda staff: None)
    assert view_as(staff, "viewer").status_code == 422
    assert Visit.objects.count() == 1


def test_editing_is_enabled_and_a_view_is_ended_once(staff: Client, rf: RequestFactory) -> None:
    view_as(staff)
    request = rf.post("/")
    request.session, request.user = staff.session, User.objects.get(email="staff@example.com")
    visit = Visit.objects.get()
    for _tab in range(2):
        sessions.take_write(request, visit)
    for _tab in range(2):
        sessions.end(request, visit)
    counted = Counter(AuditEntry.objects.values_list("action", flat=True))
    assert (counted["staff.took_write"], counted["staff.left"]) == (1, 1)


def test_nobody_who_is_not_signed_in_has_a_visit(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.session, request.user = {sessions.KEY: 1}, AnonymousUser()
    assert sessions.present(request) is None


def test_it_ends_with_one_click(staff: Client) -> None:
    view_as(staff)
    take_write(staff)
    assert staff.post("/console/view-as/end").headers["Location"] == "/console/c/10001/"
    assert staff.get("/c/10001/").status_code == 404
    assert Visit.objects.get().ended is not None
    assert "End view" not in text_of(staff.get("/console/"))


def test_it_is_over_after_half_an_hour_and_what_is_sent_then_is_nobodys(staff: Client) -> None:
    view_as(staff)
    take_write(staff)
    Visit.objects.update(expires=timezone.now() - timedelta(seconds=1))
    answer = staff.post("/c/10001/virtualmachine/shop13/-/power", {"online": "false"})
    assert answer.status_code == 403
    assert "This view has ended" in text_of(answer)
    assert staff.get("/c/10001/").status_code == 404
    assert not Change.objects.exists()
    assert Visit.objects.get().ended is not None


def test_it_lasts_thirty_minutes(staff: Client) -> None:
    view_as(staff)
    visit = Visit.objects.get()
    assert visit.expires - visit.began == timedelta(minutes=30)


def test_who_is_no_longer_staff_or_whose_person_has_left_sees_nothing(staff: Client, cast: dict[str, User]) -> None:
    view_as(staff)
    User.objects.filter(pk=cast["staff"].pk).update(is_staff=False)
    assert staff.get("/c/10001/").status_code == 404
    User.objects.filter(pk=cast["staff"].pk).update(is_staff=True)
    view_as(staff)
    Membership.objects.filter(user=cast["operator"]).delete()
    assert staff.get("/c/10001/").status_code == 404


# --- the end, however it comes, is on record -------------------------------------------------------------------------


def press_stop(staff: Client) -> None:
    staff.post("/console/view-as/end")


def sign_out(staff: Client) -> None:
    staff.post("/accounts/logout/")


def come_back_too_late(staff: Client) -> None:
    run_out()
    staff.get("/console/")


def never_come_back(staff: Client) -> None:
    run_out()
    end_visits()


def view_as_somebody_else_later(staff: Client) -> None:
    run_out()
    view_as(staff, "viewer")


def lose_the_role(staff: Client) -> None:
    User.objects.filter(email="staff@example.com").update(is_staff=False)
    staff.get("/c/10001/")


def remove_the_member(staff: Client) -> None:
    remove_member("operator")


def take_the_member_out_in_the_console(staff: Client) -> None:
    admin = Client(REMOTE_ADDR="192.0.2.9")
    admin.force_login(User.objects.create_user("admin@example.com", is_staff=True, is_superuser=True))
    admin.post("/console/c/10001/manage/member", {"email": "operator@example.com", "role": ""})


def run_out() -> None:
    Visit.objects.update(expires=timezone.now() - timedelta(seconds=1))


def remove_member(name: str) -> None:
    manager = Client(REMOTE_ADDR="192.0.2.9")
    manager.force_login(User.objects.get(email="manager@example.com"))
    member = Membership.objects.get(user__email=f"{name}@example.com", customer__number="10001")
    assert manager.post(f"/c/10001/people/{member.pk}/-/remove").status_code == 302


ENDS = [
    (press_stop, "stopped", "Support staff"),
    (sign_out, "sign_out", "Sign-out"),
    (come_back_too_late, "time", "Time limit"),
    (never_come_back, "time", "Time limit"),
    (view_as_somebody_else_later, "time", "Time limit"),
    (lose_the_role, "role", "Loss of the staff role"),
    (remove_the_member, "removal", "Removal of the member"),
    (take_the_member_out_in_the_console, "removal", "Removal of the member"),
]


@pytest.mark.parametrize(("by", "how", "words"), ENDS, ids=[one[0].__name__ for one in ENDS])
def test_every_end_is_in_the_trail_once(
    staff: Client,
    browse: Browse,  # noqa: F811
    by: Callable[[Client], None],
    how: str,
    words: str,
) -> None:
    view_as(staff)
    by(staff)
    end_visits()
    entry = AuditEntry.objects.get(action="staff.left")
    assert (entry.chain, entry.target) == ("10001", "operator@example.com")
    assert entry.actor == "staff@example.com as operator@example.com"
    assert json.loads(entry.after) == {"minutes": 0, "ended": how}
    assert Visit.objects.get(person__email="operator@example.com").ended is not None
    assert re.search(rf"Ended by\W+{words}", text_of(browse("manager").get("/c/10001/trail/?kind=staff")))


def test_removing_a_member_erases_nothing_and_is_not_done_from_where_staff_are(staff: Client) -> None:
    view_as(staff)
    take_write(staff)
    remove_member("operator")
    visit = Visit.objects.get()
    assert (visit.customer.number, visit.person.email, visit.reason) == ("10001", "operator@example.com", REASON)
    assert [one.address for one in AuditEntry.objects.filter(action__in=("staff.left", "member.removed"))] == [
        "192.0.2.9",
        "",
    ]
    sent = staff.post("/c/10001/virtualmachine/shop13/-/power", {"online": "false"})
    assert sent.status_code == 403
    assert REASON in text_of(staff.get("/console/"))


def test_a_visit_that_goes_on_is_ended_by_nobody_else(staff: Client) -> None:
    view_as(staff)
    remove_member("viewer")
    end_visits()
    assert staff.get("/c/10001/").status_code == 200
    assert not AuditEntry.objects.filter(action="staff.left").exists()


def csrf_of(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


@pytest.fixture
def strict(cast: dict[str, User], browse: Browse) -> Client:  # noqa: F811
    """Staff in a client that checks CSRF tokens as a browser makes them be checked; member of 10001 as well."""
    Membership.objects.create(user=cast["staff"], customer_id=cast["operator"].customers.get().pk, role="operator")
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast["staff"])
    return client


def send(client: Client, path: str, token: str, **fields: str) -> Any:
    return client.post(path, {"csrfmiddlewaretoken": token, **fields})


def test_a_form_from_before_cannot_be_sent_as_the_other_person_nor_the_other_way_round(strict: Client) -> None:
    before = csrf_of(strict.get("/c/10001/virtualmachine/shop13/"))  # as oneself
    power = "/c/10001/virtualmachine/shop13/-/power"
    member = Membership.objects.get(user__email="operator@example.com")
    begun = send(strict, "/console/c/10001/view-as", before, member=str(member.pk), reason=REASON)
    assert begun.status_code == 302
    assert send(strict, power, before, online="false").status_code == 403
    during = csrf_of(strict.get("/c/10001/virtualmachine/shop13/"))
    assert send(strict, "/console/view-as/write", during, sure="yes").status_code == 302
    assert send(strict, power, during, online="false").status_code == 403  # rendered before write access
    writing = csrf_of(strict.get("/c/10001/virtualmachine/shop13/"))
    assert send(strict, "/console/view-as/end", writing).status_code == 302
    assert send(strict, power, writing, online="false").status_code == 403  # would be one's own now
    assert not Change.objects.exists()


def test_during_it_ones_own_customers_are_out_of_sight(strict: Client) -> None:
    member = Membership.objects.get(user__email="outsider@example.com")
    token = csrf_of(strict.get("/console/c/10002/view-as"))
    send(strict, "/console/c/10002/view-as", token, member=str(member.pk), reason=REASON)
    assert strict.get("/c/10002/").status_code == 200
    assert strict.get("/c/10001/").status_code == 404


def test_the_customers_managers_see_that_and_when_and_why(staff: Client, browse: Browse) -> None:  # noqa: F811
    view_as(staff)
    take_write(staff)
    staff.post("/console/view-as/end")
    text = text_of(browse("manager").get("/c/10001/trail/?kind=staff"))
    for said in ("Viewed by support staff", "staff@example.com as operator@example.com", REASON, "Editing enabled"):
        assert said in text


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "/c/10002/", "/c/10001/../10002/", ""])
def test_it_goes_on_within_that_customer_only(staff: Client, page: str) -> None:
    assert view_as(staff, next=page).headers["Location"] == "/c/10001/"
