"""What calendars have been told is brought up to what is known: new, moved, cancelled, and never by not knowing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.accounts.models import Customer
from portal.inventory.snapshots.source import Source, Trouble
from portal.schedule import told
from portal.schedule.models import CalendarDate, Watermark
from tests.schedule.test_events import DAY, HOUR, NOW, known, leaving, machine, maintenance

SOON, LATER = NOW + DAY, NOW + 3 * DAY


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(number="10001", name="Example")


def bring_up(customer: Customer, *, version: int = 1, now: datetime = NOW, **raw: Any) -> str:
    """The platform has these maintenances and machines by now."""
    listings = known(now=now, groups=[{"name": "shop"}], **raw)
    for one in listings.values():
        object.__setattr__(one, "version", f"{version}")
        object.__setattr__(one, "as_of", now + version * timedelta(seconds=1))
    return told.bring_up(customer, listings)


def rows(customer: Customer) -> list[tuple[str, int, bool]]:
    """(start to the hour, sequence, whether it is cancelled)."""
    found = CalendarDate.objects.filter(customer=customer)
    return [(f"{one.starts:%m-%dT%H}", one.sequence, one.is_cancelled) for one in found]


def window(starts: datetime, **more: Any) -> dict[str, Any]:
    return maintenance(starts, starts + 5 * HOUR, **more)


def test_a_date_is_told_once_however_often_it_is_asked_for(customer: Customer) -> None:
    for version in (1, 2, 3):
        bring_up(customer, version=version, maintenances=[window(SOON)])
    assert rows(customer) == [("11-25T11", 0, False)]


def test_a_name_that_no_column_holds_keeps_no_other_date_from_being_told(customer: Customer) -> None:
    bring_up(customer, maintenances=[window(SOON), window(SOON, machine="m" * 2000)])
    assert rows(customer) == [("11-25T11", 0, False)]


def test_a_moved_maintenance_stays_the_same_date_with_a_higher_sequence(customer: Customer) -> None:
    bring_up(customer, maintenances=[window(SOON)])
    before = CalendarDate.objects.get()
    bring_up(customer, version=2, maintenances=[window(LATER)])
    after = CalendarDate.objects.get()
    assert (after.pk, after.starts, after.ends, after.sequence) == (before.pk, LATER, LATER + 5 * HOUR, 1)
    assert after.revised_at > before.revised_at
    assert after.key != before.key


def test_an_end_that_changes_is_a_change(customer: Customer) -> None:
    bring_up(customer, maintenances=[window(SOON)])
    bring_up(customer, version=2, maintenances=[maintenance(SOON, SOON + HOUR)])
    assert rows(customer) == [("11-25T11", 1, False)]


def test_a_machine_s_other_work_is_another_date(customer: Customer) -> None:
    bring_up(customer, maintenances=[window(SOON, comment="Disks")])
    bring_up(customer, version=2, maintenances=[window(LATER, comment="Memory")])
    assert rows(customer) == [("11-25T11", 1, True), ("11-27T11", 0, False)]


def test_what_is_gone_before_its_time_is_cancelled_and_stays_for_30_days(customer: Customer) -> None:
    bring_up(customer, maintenances=[window(SOON)])
    bring_up(customer, version=2)
    assert rows(customer) == [("11-25T11", 1, True)]
    bring_up(customer, version=3)
    assert rows(customer) == [("11-25T11", 1, True)]
    bring_up(customer, version=4, now=NOW + 31 * DAY)
    assert rows(customer) == []


def test_what_is_past_was_not_cancelled(customer: Customer) -> None:
    bring_up(customer, maintenances=[window(SOON)])
    bring_up(customer, version=2, now=SOON + DAY)
    assert rows(customer) == [("11-25T11", 0, False)]
    bring_up(customer, version=3, now=SOON + 32 * DAY)
    assert rows(customer) == []


def test_a_deletion_has_its_two_acts_and_follows_its_day(customer: Customer) -> None:
    bring_up(customer, machines=[machine(**leaving("2026-12-01"))])
    assert rows(customer) == [("11-30T23", 0, False), ("12-03T23", 0, False)]
    bring_up(customer, version=2, machines=[machine(**leaving("2026-12-02"))])
    assert rows(customer) == [("12-01T23", 1, False), ("12-04T23", 1, False)]
    bring_up(customer, version=3, machines=[machine()])
    assert rows(customer) == [("12-01T23", 2, True), ("12-04T23", 2, True)]


def test_a_deletion_that_is_planned_again_is_another_one(customer: Customer) -> None:
    for version, deletion in enumerate((leaving("2026-12-01"), {}, leaving("2026-12-01")), start=1):
        bring_up(customer, version=version, machines=[machine(**deletion)])
    found = CalendarDate.objects.filter(stage="soft").order_by("is_cancelled")
    assert [(one.sequence, one.is_cancelled) for one in found] == [(0, False), (1, True)]
    assert len({one.pk for one in found}) == 2


@pytest.mark.parametrize("how", ["trouble", "never"])
def test_what_is_not_known_cancels_nothing(customer: Customer, how: str) -> None:
    bring_up(customer, maintenances=[window(SOON)])
    listings = known(groups=[{"name": "shop"}])
    for one in listings.values():
        object.__setattr__(one, "version", "2")
        object.__setattr__(one, "as_of", NOW + HOUR)
    if how == "trouble":
        object.__setattr__(listings["maintenance"], "troubles", (Trouble("services", "unreachable", NOW, ""),))
    else:
        object.__setattr__(listings["maintenance"], "source", Source.NEVER)
    told.bring_up(customer, listings)
    assert rows(customer) == [("11-25T11", 0, False)]


def test_older_knowledge_changes_nothing(customer: Customer) -> None:
    assert bring_up(customer, version=5, maintenances=[window(LATER)]) == "5 5 5"
    assert bring_up(customer, version=4, maintenances=[window(SOON)]) == "5 5 5"
    assert rows(customer) == [("11-27T11", 0, False)]


def test_where_nothing_is_known_nothing_is_told(customer: Customer) -> None:
    listings = known()
    for one in listings.values():
        object.__setattr__(one, "as_of", None)
    assert told.bring_up(customer, listings) == ""
    assert not Watermark.objects.exists()


def test_two_of_the_same_work_are_moved_each_to_its_own_time(customer: Customer) -> None:
    bring_up(customer, maintenances=[window(SOON), window(SOON + DAY)])
    first, second = CalendarDate.objects.order_by("starts")
    bring_up(customer, version=2, maintenances=[window(LATER), window(LATER + DAY)])
    assert [one.pk for one in CalendarDate.objects.order_by("starts")] == [first.pk, second.pk]


def test_words_that_change_are_told_without_another_sequence(customer: Customer) -> None:
    bring_up(customer, machines=[machine()], maintenances=[window(SOON)])
    before = CalendarDate.objects.get()
    bring_up(customer, version=2, machines=[machine()], maintenances=[window(SOON, comment="New words")])
    after = CalendarDate.objects.get()
    assert (after.sequence, after.text) == (0, "New words")
    assert after.revised_at > before.revised_at
