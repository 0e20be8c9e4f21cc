"""What lasts for a while lasts that long by time that really passes, also in nights in which the clock is changed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from portal.accounts.models import Membership, User
from portal.billing.document_orders import leases
from portal.billing.document_orders.models import Job
from tests.moments.wording import BERLIN, LANGUAGES, Language, time_of

pytestmark = pytest.mark.usefixtures("outbox")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PASSWORD = "a long enough sentence"
HOME = "/c/10001/changes/"
RESET = "/accounts/password/reset/"
INVITE = "/c/10001/people/-/invite"
ANNOUNCE = "/console/announcements/"


@pytest.fixture
def at(moment: datetime) -> Callable[[timedelta], Any]:
    """`with at(2 * HOUR):` that much later."""
    return lambda passed: time_machine.travel((moment + passed).timestamp())


def sign_in(name: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": f"{name}@example.com", "password": "portal-demo"})
    return client


def link() -> str:
    """The one in the latest mail."""
    found = re.search(r"http://testserver(/accounts/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_a_session_ends_twelve_hours_after_it_was_used_last_and_seven_days_after_it_began(
    cast: dict[str, User], at: Callable[[timedelta], Any]
) -> None:
    client = sign_in("manager")
    with at(12 * HOUR - MINUTE):
        assert client.get(HOME).status_code == 200
    with at(24 * HOUR):
        assert client.get(HOME).status_code == 302
    busy = sign_in("viewer")
    for hours in range(11, 7 * 24, 11):
        with at(hours * HOUR):
            assert busy.get(HOME).status_code == 200
    with at(7 * DAY - MINUTE):
        assert busy.get(HOME).status_code == 200
    with at(7 * DAY + MINUTE):
        assert busy.get(HOME).status_code == 302


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
def test_an_invitation_is_good_until_the_time_that_its_mail_says(
    moment: datetime, cast: dict[str, User], at: Callable[[timedelta], Any], language: Language
) -> None:
    manager = sign_in("manager")
    manager.cookies["django_language"] = language.code
    manager.post(INVITE, {"email": "nina@example.com", "role": "viewer", "group": ""})
    until = moment + 7 * DAY
    said = language.at(until, BERLIN, moment).partition(",")[0]
    assert f"{said}, {time_of(until, BERLIN).split()[0]} {until.astimezone(BERLIN):%Z}" in mail.outbox[-1].body
    with at(7 * DAY - MINUTE):
        assert Client().get(link()).status_code == 200
    with at(7 * DAY + MINUTE):
        assert Client().get(link()).status_code == 410


def test_a_link_for_a_new_password_is_good_for_two_hours(cast: dict[str, User], at: Callable[[timedelta], Any]) -> None:
    Client().post(RESET, {"email": "manager@example.com"})
    for passed, is_good in ((2 * HOUR - MINUTE, True), (2 * HOUR + MINUTE, False)):
        with at(passed):
            form = Client().get(link(), follow=True).content.decode()
            assert ('name="password1"' in form) is is_good


def test_what_was_typed_is_kept_for_a_day(cast: dict[str, User], at: Callable[[timedelta], Any]) -> None:
    client = sign_in("manager")
    client.cookies.pop("sessionid")
    typed = {"email": "nina@example.com", "role": "viewer", "group": ""}
    sent = client.post(INVITE, typed, headers={"Referer": f"http://testserver{INVITE}"})
    assert sent.headers["Location"].endswith("again=kept")
    for passed, is_kept in ((DAY - MINUTE, True), (DAY + MINUTE, False)):
        with at(passed):
            assert ('value="nina@example.com"' in sign_in("manager").get(INVITE).content.decode()) is is_kept


def test_staff_see_as_somebody_for_half_an_hour(cast: dict[str, User], at: Callable[[timedelta], Any]) -> None:
    staff = sign_in("staff")
    member = Membership.objects.get(user=cast["operator"])
    answer = staff.post("/console/c/10001/view-as", {"member": str(member.pk), "reason": "Ticket 4711"})
    assert answer.status_code == 302
    staff.post("/console/view-as/write", {"sure": "yes"})
    with at(30 * MINUTE - MINUTE):
        assert staff.get(HOME).status_code == 200
    with at(30 * MINUTE + MINUTE):
        assert staff.get(HOME).status_code == 404
        assert staff.post("/c/10001/virtualmachine/shop00/-/power", {"online": "false"}).status_code != 200


def test_a_paper_is_there_for_a_day(cast: dict[str, User], at: Callable[[timedelta], Any]) -> None:
    customer = Membership.objects.get(user=cast["manager"]).customer
    job = Job.objects.create(
        customer=customer, author=cast["manager"], role="manager", token="t", kind="invoice", months=["2026-01-01"],
        form="pdf", size="a4", language="en",
    )  # fmt: skip
    for passed, is_there in ((DAY - MINUTE, True), (DAY + MINUTE, False)):
        with at(passed):
            assert sign_in("manager").get(f"/c/10001/paper/{job.pk}/").status_code == (200 if is_there else 404)
            assert leases.remove_old() == (0 if is_there else 1)


def test_an_announcement_is_shown_from_now_on_for_as_long_as_its_form_suggests(
    cast: dict[str, User], at: Callable[[timedelta], Any]
) -> None:
    staff = sign_in("staff")
    page = staff.get(ANNOUNCE).content.decode()
    suggested = dict(re.findall(r'type="datetime-local" name="(starts|ends)" value="([^"]+)"', page))
    assert set(suggested) == {"starts", "ends"}
    assert staff.post(ANNOUNCE, {**suggested, "text": "Moving house", "level": "info"}).status_code == 302
    for passed, is_shown in ((timedelta(), True), (4 * HOUR - 2 * MINUTE, True), (4 * HOUR + MINUTE, False)):
        with at(passed):
            assert ("Moving house" in sign_in("viewer").get(HOME).content.decode()) is is_shown
