"""What happened is found by reading rows: the trail, changes, and what is known of the platform's records."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import Customer, User
from portal.changes.models import Change, Item, State
from portal.inventory.reads import refresh
from portal.inventory.snapshots import single_flight
from portal.notify import watching
from portal.notify.models import Notice, Occurrence, Reading, ReadUntil
from tests.billing.records import invoice
from tests.inventory.conftest import group, machine, maintenance
from tests.inventory.platform import Platform
from tests.support import moment

AT = moment.AT.replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

type World = Callable[..., list[str]]


@pytest.fixture
def customer(cast: dict[str, User]) -> Customer:
    made = Customer.objects.get(number="10001")
    Reading.objects.create(customer=made)
    ReadUntil.objects.create(name=watching.ROWS, at=timezone.now())
    return made


@pytest.fixture
def world(odd_platform: Platform, scope_of: Callable[..., Scope], time_machine_now: Any) -> World:
    """`world(maintenances=[…], at=…)`: the platform has these, the portal has asked, and this is what is noted."""
    records = odd_platform.records
    customer = Customer.objects.get(number="10001")

    def put(
        *, machines: Any = None, maintenances: Any = None, invoices: Any = None, at: datetime | None = None
    ) -> list[str]:
        given = {"virtualmachine": machines, "maintenance": maintenances, "invoice": invoices}
        for name, found in given.items():
            if found is not None:
                records["services", name] = found
        if at is not None:
            time_machine_now(at)
        for name in (*given, "resourcegroup"):
            refresh(scope_of("manager"), name)
        before = set(Occurrence.objects.values_list("pk", flat=True))
        watching.look_at(customer)
        return sorted(Occurrence.objects.exclude(pk__in=before).values_list("kind", flat=True))

    records["services", "resourcegroup"] = [group("services"), group("shop", "services")]
    put(machines=[machine("shop00", "shop")], maintenances=[], invoices=[])
    return put


@pytest.fixture
def time_machine_now() -> Iterator[Callable[[datetime], None]]:
    """Moves the clock, ours and the platform's alike."""
    travels: list[Any] = []

    def go(at: datetime) -> None:
        if travels:
            travels.pop().stop()
        travel = time_machine.travel(at.timestamp())
        travel.start()
        travels.append(travel)

    yield go
    for travel in travels:
        travel.stop()


def window(starts: datetime, **more: Any) -> dict[str, Any]:
    return maintenance("shop00", starts.isoformat(), (starts + 5 * HOUR).isoformat(), comment="Bigger disks", **more)


def leaving(*stages: str, day: str = "2026-12-04") -> list[dict[str, Any]]:
    return [machine("shop00", "shop", deletion={"deadline": day, "stages": list(stages)})]


class TestMaintenance:
    """Announced, moved, cancelled, begun, ended."""

    def test_what_was_there_at_the_first_look_is_no_news(self, world: World) -> None:
        Reading.objects.all().delete()
        assert world(maintenances=[window(AT + 2 * DAY)]) == ["maintenance.announced"]
        assert not Notice.objects.exists()

    def test_a_new_one_is_announced_once(self, world: World) -> None:
        assert world(maintenances=[window(AT + 2 * DAY)]) == ["maintenance.announced"]
        assert world() == []
        occurrence = Occurrence.objects.get()
        assert (occurrence.group, occurrence.data["machine"], occurrence.data["text"]) == (
            "shop",
            "shop00",
            "Bigger disks",
        )
        assert Notice.objects.filter(user__email="viewer@example.com").count() == 1

    def test_one_that_is_moved_says_from_when(self, world: World) -> None:
        world(maintenances=[window(AT + 2 * DAY)])
        assert world(maintenances=[window(AT + 3 * DAY)]) == ["maintenance.moved"]
        announced, moved = Occurrence.objects.order_by("noted")
        assert moved.data["was"] == announced.data["starts"]
        assert moved.thread == announced.thread

    def test_one_that_vanishes_is_cancelled(self, world: World) -> None:
        world(maintenances=[window(AT + 2 * DAY)])
        assert world(maintenances=[]) == ["maintenance.cancelled"]

    def test_it_begins_and_ends_with_its_result(self, world: World) -> None:
        world(maintenances=[window(AT + HOUR)])
        assert world(at=AT + 2 * HOUR) == ["maintenance.begun"]
        done = window(AT + HOUR, activities=[{"comment": "Disk", "result": "success"}])
        assert world(maintenances=[done], at=AT + 8 * HOUR) == ["maintenance.ended"]
        assert Occurrence.objects.get(kind="maintenance.ended").data["result"] == "success"
        assert len({one.thread for one in Occurrence.objects.all()}) == 1

    def test_one_that_nobody_saw_begin_has_only_ended(self, world: World) -> None:
        world(maintenances=[window(AT + HOUR)])
        assert world(at=AT + 8 * HOUR) == ["maintenance.ended"]

    @pytest.mark.parametrize(
        "odd",
        [
            {"ends": ""},
            {"ends": (AT - DAY).isoformat()},
            {"activities": None},
            {"comment": None},
        ],
        ids=str,
    )
    def test_odd_ones_are_told_as_far_as_they_can_be_read(self, world: World, odd: dict[str, Any]) -> None:
        assert world(maintenances=[window(AT + 2 * DAY) | odd]) == ["maintenance.announced"]


class TestMaintenanceMode:
    """A reminder before it ends."""

    def put(self, platform: Platform, until: datetime | None) -> None:
        ends = {"maintenance_until": until.isoformat()} if until else {}
        shop = group("shop", "services") | {"in_maintenance": True} | ends
        platform.records["services", "resourcegroup"] = [group("services"), shop]

    def test_it_is_told_a_quarter_of_an_hour_before(self, world: World, odd_platform: Platform) -> None:
        self.put(odd_platform, AT + HOUR)
        assert world() == []
        assert world(at=AT + timedelta(minutes=30)) == []
        assert world(at=AT + timedelta(minutes=50)) == ["mode.ending"]
        assert world(at=AT + timedelta(minutes=55)) == []
        assert world(at=AT + timedelta(minutes=70)) == []

    def test_one_without_an_end_has_none(self, world: World, odd_platform: Platform) -> None:
        self.put(odd_platform, None)
        assert world(at=AT + DAY) == []


class TestDeletion:
    """Five days before, one day before, and at each stage. The shutdown is on 4 December, at midnight in Berlin."""

    SHUTDOWN = datetime.fromisoformat("2026-12-03T23:00:00+00:00")

    def test_each_is_told_once_when_it_is_time(self, world: World) -> None:
        assert world(machines=leaving()) == []
        assert world(at=self.SHUTDOWN - 5 * DAY - HOUR) == []
        assert world(at=self.SHUTDOWN - 5 * DAY + HOUR) == ["deletion.soon"]
        assert world(at=self.SHUTDOWN - DAY - HOUR) == []
        assert world(at=self.SHUTDOWN - DAY + HOUR) == ["deletion.imminent"]
        assert world(machines=leaving("prepare", "soft"), at=self.SHUTDOWN + HOUR) == ["deletion.stage"]
        assert world(at=self.SHUTDOWN + 2 * HOUR) == []
        assert world(machines=leaving("prepare", "soft", "hard"), at=self.SHUTDOWN + 4 * DAY) == ["deletion.stage"]

    def test_of_one_that_is_asked_for_late_only_the_nearer_is_told(self, world: World) -> None:
        assert world(machines=leaving(), at=self.SHUTDOWN - HOUR) == ["deletion.imminent"]

    def test_one_that_is_called_off_says_nothing_more(self, world: World) -> None:
        world(machines=leaving())
        assert world(machines=[machine("shop00", "shop")], at=self.SHUTDOWN - DAY + HOUR) == []

    def test_a_day_that_cannot_be_read_is_no_day(self, world: World) -> None:
        assert world(machines=leaving(day="soon"), at=self.SHUTDOWN) == []


class TestRecords:
    """Machines that are ready, invoices that are new."""

    def test_a_machine_that_was_being_installed_is_ready(self, world: World) -> None:
        world(machines=[machine("shop00", "shop", needs_install=True)])
        assert world(machines=[machine("shop00", "shop", needs_install=False)]) == ["machine.ready"]
        assert world() == []

    def test_one_that_went_before_it_was_ready_is_not(self, world: World) -> None:
        world(machines=[machine("shop00", "shop", needs_install=True)])
        assert world(machines=[]) == []

    def test_an_invoice_is_new_once_and_a_draft_is_none(self, world: World) -> None:
        month = f"{moment.month(1):%Y-%m-%d}"
        draft = invoice(month, [], "10.0000") | {"status": "pending"}
        assert world(invoices=[draft]) == []
        assert world(invoices=[draft | {"status": "final"}]) == ["invoice.new"]
        assert world(invoices=[draft | {"status": "final", "total": "11.0000"}]) == []

    def test_those_of_the_first_time_that_any_are_known_are_no_news(self, world: World) -> None:
        reading = Reading.objects.get()
        del reading.memory["invoices"]
        reading.save()
        assert world(invoices=[invoice(f"{moment.month(1):%Y-%m-%d}", [], "10.0000")]) == ["invoice.new"]
        assert not Notice.objects.exists()

    @pytest.mark.parametrize(("total", "kind"), [("100", "new"), ("129", "new"), ("130", "higher"), ("", "new")])
    def test_much_higher_is_three_tenths_more_than_the_month_before(self, world: World, total: str, kind: str) -> None:
        earlier, latest = (f"{moment.month(ago):%Y-%m-%d}" for ago in (2, 1))
        world(invoices=[invoice(earlier, [], "100")])
        assert world(invoices=[invoice(earlier, [], "100"), invoice(latest, [], total)]) == [f"invoice.{kind}"]


class TestNotKnowing:
    """What is not known is no news."""

    def test_a_key_that_comes_brings_no_news_of_what_it_shows(
        self, world: World, scope_of: Callable[..., Scope]
    ) -> None:
        reading = Reading.objects.get()
        reading.memory["keys"] = ["another"]
        reading.save()
        world(maintenances=[window(AT + 2 * DAY)])
        assert not Notice.objects.exists()

    def test_a_platform_that_fails_cancels_nothing(self, world: World, odd_platform: Platform) -> None:
        world(maintenances=[window(AT + 2 * DAY)])
        odd_platform.status = 500
        assert world(maintenances=[]) == []

    def test_fifteen_minutes_without_an_answer_are_told_and_so_is_the_end(
        self, world: World, odd_platform: Platform
    ) -> None:
        odd_platform.status = 503
        assert world() == []
        assert world(at=AT + timedelta(minutes=5)) == []
        assert world(at=AT + timedelta(minutes=30)) == ["platform.unreachable"]
        assert world(at=AT + timedelta(minutes=45)) == []
        odd_platform.status = 200
        assert world(at=AT + timedelta(minutes=60)) == ["platform.back"]
        assert world(at=AT + timedelta(minutes=65)) == []

    def test_a_short_while_is_not_worth_a_word(self, world: World, odd_platform: Platform) -> None:
        odd_platform.status = 503
        world()
        odd_platform.status = 200
        assert world(at=AT + timedelta(minutes=5)) == []


class TestRows:
    """What the portal itself has written."""

    def read(self) -> list[str]:
        before = set(Occurrence.objects.values_list("pk", flat=True))
        watching.read_rows()
        return sorted(Occurrence.objects.exclude(pk__in=before).values_list("kind", flat=True))

    def change(self, customer: Customer, author: User, **fields: Any) -> Change:
        base = {"number": 1, "turn": 1, "token": "t", "key_group": "services", "key_generation": 1}
        change = Change.objects.create(customer=customer, author=author, **base | fields)
        Item.objects.create(change=change, position=0, type_name="virtualmachine", key="shop00", group="services")
        return change

    @pytest.mark.parametrize(
        ("action", "kind"),
        [
            ("key.refused", "key.refused"),
            ("invitation.accepted", "invitation.accepted"),
            ("member.changed", "member.changed"),
            ("second_factor.removed", "factor.removed"),
            ("second_factor.reset", "factor.removed"),
            ("staff.viewed", "support.viewed"),
            ("threshold.passed", "limit.passed"),
            ("webhook.switched_off", "webhook.off"),
        ],
    )
    def test_the_trail_tells(self, customer: Customer, action: str, kind: str) -> None:
        trail.record(action, customer=customer, target="viewer@example.com")
        assert self.read() == [kind]
        assert self.read() == []

    def test_a_webhook_that_a_manager_turns_off_is_no_news(self, customer: Customer, cast: dict[str, User]) -> None:
        trail.record("webhook.switched_off", customer=customer, actor=cast["manager"], target="Chat")
        assert self.read() == []

    def test_what_else_stands_in_the_trail_is_told_to_nobody(self, customer: Customer) -> None:
        trail.record("exported", customer=customer)
        assert self.read() == []

    def test_who_lost_a_second_factor_is_told(self, customer: Customer, cast: dict[str, User]) -> None:
        trail.record("second_factor.removed", customer=customer, actor=cast["viewer"], target="totp")
        self.read()
        assert {one.user for one in Notice.objects.all()} == {cast["viewer"], cast["manager"]}

    @pytest.mark.parametrize(
        ("state", "kind"),
        [
            (State.DONE, "change.done"),
            (State.RECORDED, "change.done"),
            (State.REJECTED, "change.rejected"),
            (State.CONFLICT, "change.conflict"),
            (State.PARKED, "change.parked"),
        ],
    )
    def test_changes_tell_their_authors(
        self, customer: Customer, cast: dict[str, User], state: State, kind: str
    ) -> None:
        is_waiting = state in (State.CONFLICT, State.PARKED)
        self.change(customer, cast["operator"], state=state, done_at=None if is_waiting else timezone.now())
        assert self.read() == [kind]
        assert self.read() == []
        assert [one.user for one in Notice.objects.all()] == [cast["operator"]]

    @pytest.mark.parametrize("state", [State.QUEUED, State.SETTLING, State.RECORDED, State.CANCELLED])
    def test_what_is_under_way_or_taken_back_is_no_news(
        self, customer: Customer, cast: dict[str, User], state: State
    ) -> None:
        done = timezone.now() if state == State.CANCELLED else None
        self.change(customer, cast["operator"], state=state, done_at=done)
        assert self.read() == []

    def test_what_came_while_no_worker_ran_is_found_later(self, customer: Customer, cast: dict[str, User]) -> None:
        ReadUntil.objects.update(at=timezone.now() - DAY)
        Reading.objects.update(since=timezone.now() - DAY)
        self.change(customer, cast["operator"], state=State.DONE, done_at=timezone.now() - 8 * HOUR)
        assert self.read() == ["change.done"]

    def test_what_was_before_anybody_listened_is_not(self, customer: Customer, cast: dict[str, User]) -> None:
        self.change(customer, cast["operator"], state=State.DONE, done_at=timezone.now() - timedelta(minutes=1))
        assert self.read() == []


def test_a_round_asks_each_key_for_one_type_and_three_rounds_for_all(
    world: World, odd_platform: Platform, time_machine_now: Callable[[datetime], None]
) -> None:
    asked = []
    for turn in range(3):
        time_machine_now(AT + timedelta(minutes=10, seconds=turn * watching.EVERY))
        odd_platform.queries.clear()
        watching.refresh(timezone.now())
        for done in list(single_flight.under_way()):
            done.wait(60)
        asked.append([name for _user, name in odd_platform.queries])
    assert [len(one) for one in asked] == [1, 1, 1]
    assert {name for one in asked for name in one} == set(watching.TURNS)


def test_where_nothing_has_changed_nobody_waits_for_a_lock(
    world: World, monkeypatch: pytest.MonkeyPatch, scope_of: Callable[..., Scope]
) -> None:
    world(maintenances=[window(AT + 2 * DAY)])
    monkeypatch.setattr(watching, "_note", lambda customer, find: pytest.fail("took the lock"))
    assert watching.look_at(scope_of("manager").customer) == 0


def test_a_customer_whose_records_cannot_be_read_holds_up_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, cast: dict[str, User]
) -> None:
    first, second = Customer.objects.order_by("number")[:2]
    looked: list[Customer] = []

    def look_at(customer: Customer) -> int:
        looked.append(customer)
        if customer == first:
            raise RuntimeError
        return 1

    monkeypatch.setattr(watching, "look_at", look_at)
    assert watching.look_at_all([first, second]) == 1
    assert looked == [first, second]
