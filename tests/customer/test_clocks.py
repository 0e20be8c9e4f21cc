"""Times by the clock of who reads: theirs everywhere, with that of a resource group beside what is still to come."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from portal.accounts.access import get_scope
from portal.accounts.audit import trail
from portal.accounts.models import AuditEntry, Customer, User
from portal.changes.intent import Intent
from portal.changes.submit import submit
from portal.resources.times import parse_moment
from tests.customer.conftest import Browse, text_of
from tests.support.services import Sandbox

BERLIN, NEW_YORK, KATHMANDU = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu"))
MACHINE = "/c/10001/virtualmachine/trial00/"  # its group is in New York


def reads_by(zone: ZoneInfo, name: str = "manager") -> None:
    User.objects.filter(email=f"{name}@example.com").update(time_zone=zone.key)


def at(moment: datetime, zone: ZoneInfo) -> str:
    """Fri 27 Nov, 04:00."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


@pytest.mark.parametrize("zone", [BERLIN, KATHMANDU], ids=str)
def test_a_window_is_told_by_the_readers_clock_with_that_of_its_group(
    browse: Browse, platform: Sandbox, zone: ZoneInfo
) -> None:
    reads_by(zone)
    client = browse("manager")
    said = text_of(client.get(MACHINE))
    assert re.search(r"Next window (?:\w+, )?\w{3} \d+ \w+, \d\d:\d\d–\d\d:\d\d \(\d\d:\d\d–\d\d:\d\d New York\)", said)


def test_who_reads_where_the_group_is_reads_one_clock(browse: Browse, platform: Sandbox) -> None:
    reads_by(NEW_YORK)
    said = text_of(browse("manager").get(MACHINE))
    assert "New York)" not in said
    assert "Berlin)" not in said


def test_badge_list_and_record_name_one_day_of_creation(browse: Browse, platform: Sandbox) -> None:
    client = browse("manager")
    for zone in (BERLIN, NEW_YORK, KATHMANDU):
        reads_by(zone)
        page = client.get(MACHINE)
        created = parse_moment(page.context["page"].record["creation_date"])
        assert created is not None
        assert at(created, zone).partition(",")[0] in text_of(page)
        assert at(created, zone).partition(",")[0] in text_of(
            client.get("/c/10001/virtualmachine/?columns=name,creation_date")
        )


def test_the_page_of_a_change_and_a_live_part_of_it_go_by_the_same_clock(browse: Browse, cast: dict[str, User]) -> None:
    reads_by(NEW_YORK)
    client = browse("manager")
    wanted = Intent(type_name="virtualmachine", key="shop13", wanted={"cores": 7}, before={"cores": 3})
    change = submit(get_scope(cast["manager"], "10001"), [wanted], "clock")
    assert at(change.created, NEW_YORK) in text_of(client.get(f"/c/10001/changes/{change.number}/"))
    assert at(change.created, NEW_YORK) in text_of(client.get("/c/10001/changes/"))


def test_days_of_the_trails_filter_are_the_readers(browse: Browse, cast: dict[str, User]) -> None:
    customer = Customer.objects.get(number="10001")
    reads_by(KATHMANDU)
    client = browse("manager")
    with trail.asking(trail.Asker("", cast["manager"])):
        trail.record("exported", customer=customer, target="the-day")
    entry = AuditEntry.objects.get(target="the-day")
    day = entry.at.astimezone(KATHMANDU).date()
    for since, until, is_found in ((day, day, True), (day + timedelta(1), day + timedelta(1), False)):
        said = client.get(f"/c/10001/trail/?q=the-day&since={since}&until={until}").content.decode()
        assert ("the-day</" in said) is is_found
    begins = datetime.combine(day, datetime.min.time(), KATHMANDU).astimezone(UTC)
    assert begins.minute == 15  # no midnight of Berlin


def test_the_account_keeps_the_clock(signed_in: Callable[[str], Client], cast: dict[str, User]) -> None:
    client = signed_in("manager")
    assert client.get("/accounts/").context["form"].initial["time_zone"] == "Europe/Berlin"
    answer = client.post("/accounts/", {"name": "M", "time_zone": "America/New_York"}, follow=True)
    assert "Profile saved." in text_of(answer)
    assert answer.context["form"].initial["time_zone"] == "America/New_York"


@pytest.mark.parametrize(
    "nonsense", ["Europe/Atlantis", "localtime", "x" * 5000, "../../etc/passwd", "Europe/Berlin\x00"]
)
def test_no_clock_that_there_is_not(signed_in: Callable[[str], Client], cast: dict[str, User], nonsense: str) -> None:
    answer = signed_in("manager").post("/accounts/", {"name": "Other", "time_zone": nonsense})
    assert answer.status_code == 422
    assert answer.context["form"].errors["time_zone"]
    person = User.objects.get(email="manager@example.com")
    assert (person.time_zone, person.name) == ("", "Maren Manager")


def test_what_is_kept_for_one_reader_is_not_shown_to_another(browse: Browse, platform: Sandbox) -> None:
    """Rows and tags are kept by process: the list of a colleague elsewhere has their times."""
    path = "/c/10001/virtualmachine/?columns=name,creation_date"
    manager, operator = browse("manager"), browse("operator")
    reads_by(KATHMANDU, "operator")
    one, other = (
        re.findall(r"<time [^>]*>[^<]*</time>", client.get(path).content.decode()) for client in (manager, operator)
    )
    assert len(one) == len(other) > 0
    assert one != other


def test_a_mail_is_by_the_clock_of_its_reader(cast: dict[str, User], outbox: list[Any]) -> None:
    reads_by(NEW_YORK, "outsider")
    client = Client()
    client.force_login(cast["manager"])
    client.post("/c/10001/people/-/invite", {"email": "outsider@example.com", "role": "viewer", "group": ""})
    assert re.search(r"\d\d:\d\d E[SD]T", outbox[0].body)
