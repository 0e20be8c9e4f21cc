"""The daily summary comes once a day at its hour, in each zone, in the nights too in which clocks are changed."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from portal.accounts.models import Membership, User
from portal.notify.mail import digest, outbox, tasks
from portal.notify.models import DigestHour, Mail, Notice
from tests.notify.mail.conftest import MailServer, by_digest, tell, text_of

type Cast = dict[str, User]

KIND = "maintenance.announced"
HOUR, MINUTES = timedelta(hours=1), timedelta(minutes=10)
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> time_machine.travel:
    """Moves the clock to that moment, UTC."""
    return time_machine.travel(datetime.fromisoformat(text).replace(tzinfo=UTC), tick=False)


@pytest.fixture
def reader(cast: Cast) -> User:
    """Hears of maintenance by digest, at eight in Berlin."""
    by_digest(cast["manager"], KIND)
    return cast["manager"]


def prefer(user: User, hour: int, zone: str = "Europe/Berlin") -> None:
    DigestHour.objects.update_or_create(user=user, defaults={"hour": hour})
    User.objects.filter(pk=user.pk).update(time_zone=zone)


def made_between(first: str, last: str) -> Iterator[datetime]:
    """When digests are made, if a worker looks every ten minutes."""
    now, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    while now <= end:
        with time_machine.travel(now, tick=False):
            if digest.make_due():
                yield now
        now += MINUTES


def test_it_comes_at_eight_with_what_was_noted_until_then(reader: User, server: MailServer) -> None:
    with at("2026-11-24T15:00"):
        tell(reader, "shop00", waits=True)
    with at("2026-11-25T06:59"):
        tell(reader, "shop01", waits=True)
        tasks.make_digests()
        assert not Mail.objects.exists()
    with at("2026-11-25T07:00"):
        tasks.make_digests()
        tasks.send_mails()
    (mail,) = server.mails
    text = text_of(mail)
    assert mail["Subject"] == "Daily summary for 10001 Example Services GmbH: 2 notifications"
    assert text.index("shop00") < text.index("shop01")
    assert not Notice.objects.filter(for_digest=True).exists()


def test_what_is_noted_after_the_hour_waits_for_the_next_day(reader: User) -> None:
    with at("2026-11-25T07:30"):
        tell(reader, waits=True)
    made = list(made_between("2026-11-25T07:30", "2026-11-26T12:00"))
    assert made == [datetime(2026, 11, 26, 7, tzinfo=UTC)]
    assert str(Mail.objects.get().day) == "2026-11-26"


def test_where_nothing_waits_there_is_none(reader: User) -> None:
    assert list(made_between("2026-11-24T00:00", "2026-11-25T00:00")) == []
    assert not Mail.objects.exists()


def test_one_is_made_once_however_often_a_worker_looks(reader: User, server: MailServer) -> None:
    with at("2026-11-24T15:00"):
        tell(reader, waits=True)
    assert len(list(made_between("2026-11-25T00:00", "2026-11-27T00:00"))) == 1
    with at("2026-11-27T00:00"):
        assert outbox.send_due() == 1
        assert outbox.send_due() == 0


def test_a_worker_that_was_away_makes_up_for_it(reader: User) -> None:
    prefer(reader, 23)
    with at("2026-11-24T15:00"):
        tell(reader, waits=True)
    with at("2026-11-25T02:00"):  # 3:00 of the next day
        assert digest.make_due() == 1
    assert str(Mail.objects.get().day) == "2026-11-24"


@pytest.mark.parametrize(
    ("zone", "hour", "expected"),
    [
        ("Asia/Tokyo", 8, "2026-11-24T23:00"),
        ("America/New_York", 8, "2026-11-24T13:00"),
        ("Asia/Kathmandu", 0, "2026-11-24T18:15"),
        ("Europe/Atlantis", 8, "2026-11-25T07:00"),
        ("", 20, "2026-11-24T19:00"),
    ],
)
def test_it_comes_by_its_readers_own_clock(reader: User, zone: str, hour: int, expected: str) -> None:
    prefer(reader, hour, zone)
    with at("2026-11-24T12:00"):
        tell(reader, waits=True)
    (made,) = made_between("2026-11-24T12:05", "2026-11-25T20:05")
    assert timedelta(0) <= made - datetime.fromisoformat(expected).replace(tzinfo=UTC) < MINUTES


@pytest.mark.parametrize("hour", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31"])
def test_in_nights_of_changing_clocks_it_comes_once(reader: User, hour: int, day: str) -> None:
    prefer(reader, hour)
    night = datetime.fromisoformat(day).replace(tzinfo=BERLIN)
    made: list[datetime] = []
    for minutes in range(-24 * 60, 48 * 60, 10):
        now = (night.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(UTC)
        with time_machine.travel(now, tick=False):
            tell(reader, f"shop{minutes}", waits=True)
            if digest.make_due():
                made.append(now.astimezone(BERLIN))
    days = [one.date().isoformat() for one in made]
    assert days.count(day) == 1
    assert len(days) == len(set(days))
    (shown,) = (one for one in made if one.date().isoformat() == day)
    assert shown.hour == (3 if day == "2027-03-28" and hour == 2 else hour)
    assert shown.fold == 0


def test_an_hour_that_comes_twice_has_come_the_first_time() -> None:
    both = [datetime(2027, 10, 31, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1)]
    found = [digest.last_coming(2, BERLIN, one.astimezone(UTC)) for one in both]
    assert [one.astimezone(UTC) for one in found] == [datetime(2027, 10, 31, 0, tzinfo=UTC)] * 2


def test_an_hour_that_is_chosen_anew_brings_no_second_one_on_the_same_day(reader: User) -> None:
    with at("2026-11-24T15:00"):
        tell(reader, "shop00", waits=True)
    assert len(list(made_between("2026-11-25T06:00", "2026-11-25T09:00"))) == 1
    prefer(reader, 12)
    with at("2026-11-25T10:00"):
        tell(reader, "shop01", waits=True)
    made = list(made_between("2026-11-25T10:00", "2026-11-26T14:00"))
    assert made == [datetime(2026, 11, 26, 11, tzinfo=UTC)]


def test_two_customers_are_two_mails(reader: User, server: MailServer) -> None:
    other = Membership.objects.select_related("customer").get(user__email="outsider@example.com").customer
    Membership.objects.create(user=reader, customer=other, role="manager")
    with at("2026-11-24T15:00"):
        tell(reader, waits=True)
        tell(reader, waits=True, customer_no=other.number)
    with at("2026-11-25T08:00"):
        assert digest.make_due() == 2
        assert outbox.send_due() == 2


def test_two_workers_make_one(transactional_db: None, reader: User) -> None:
    tell(reader, waits=True)
    made, begin = [], threading.Barrier(2)

    def work() -> None:
        begin.wait(60)
        made.append(digest.make_due())
        connections.close_all()

    with time_machine.travel(timezone.now() + 24 * HOUR):
        workers = [threading.Thread(target=work) for _worker in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    assert sorted(made) == [0, 1]
    assert Mail.objects.count() == 1


def test_it_is_grouped_by_section_and_ended_by_one_link(reader: User, server: MailServer) -> None:
    by_digest(reader, "deletion.stage")
    with at("2026-11-24T15:00"):
        tell(reader, "web00", kind="deletion.stage", waits=True)
        tell(reader, "shop00", waits=True)
    with at("2026-11-25T08:00"):
        digest.make_due()
        outbox.send_due()
    (mail,) = server.mails
    text = text_of(mail)
    assert text.index("== Maintenance ==") < text.index("shop00") < text.index("== Deletion ==") < text.index("web00")
    assert (mail["References"], mail["List-Unsubscribe-Post"]) == (None, "List-Unsubscribe=One-Click")
    assert str(mail["List-Unsubscribe"])[1:-1] in text


def test_who_left_meanwhile_is_sent_none(reader: User, server: MailServer) -> None:
    with at("2026-11-24T15:00"):
        tell(reader, waits=True)
    Membership.objects.filter(user=reader).delete()
    with at("2026-11-25T08:00"):
        digest.make_due()
        assert outbox.send_due() == 0
    assert server.raw == []
