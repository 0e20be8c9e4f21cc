"""Who works on what: never two at once, in the order of turns, and nothing is left lying."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Event, Thread
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from portal import leasing
from portal.accounts.models import ApiKey, Customer
from portal.changes import leases, tasks, timing
from portal.changes.enqueue import TASK
from portal.changes.models import Change, State


@pytest.fixture
def customer(transactional_db: None) -> Customer:
    customer = Customer.objects.create(number="1", name="One")
    for group in ("one", "two"):
        key = ApiKey(customer=customer, resource_group=group)
        key.set_secret("s")
        key.save()
    return customer


@pytest.fixture
def queue(customer: Customer) -> Callable[..., Change]:
    """Puts one more change into the customer's line."""

    def put(group: str = "one", **fields: Any) -> Change:
        number = Change.objects.filter(customer=customer).count() + 1
        key = ApiKey.objects.get(resource_group=group)
        return Change.objects.create(
            **{"customer": customer, "number": number, "turn": number, "token": str(number)} | fields,
            api_key=key,
            key_group=group,
            key_generation=1,
        )

    return put


def in_threads(work: Callable[[int], object], count: int = 8) -> list[object]:
    """What each of the threads got, all having begun at once."""
    barrier, results = Barrier(count), []

    def begin(number: int) -> None:
        barrier.wait()
        try:
            results.append(work(number))
        finally:
            connection.close()

    threads = [Thread(target=begin, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_of_many_workers_gets_a_change(queue: Callable[..., Change]) -> None:
    change = queue()
    taken = in_threads(lambda _: leases.take(str(change.pk)))
    assert len(taken) == 8
    assert len([one for one in taken if one is not None]) == 1


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Lets something happen once, after a worker has read that a change is free and before it takes it."""

    def happen(what: Callable[[], object]) -> None:
        lease = timing.lease

        def lease_of_the_slower() -> timedelta:
            monkeypatch.setattr(timing, "lease", lease)
            what()
            return lease()

        monkeypatch.setattr(timing, "lease", lease_of_the_slower)

    return happen


@pytest.mark.parametrize("state", [State.QUEUED, State.UNKNOWN])
def test_who_saw_a_change_free_does_not_take_it_from_who_was_faster(
    queue: Callable[..., Change], meanwhile: Callable[[Callable[[], object]], None], state: State
) -> None:
    change, faster = queue(state=state), []
    meanwhile(lambda: faster.append(leases.take(str(change.pk))))
    assert leases.take(str(change.pk)) is None
    assert [one.pk for one in faster if one] == [change.pk]


def test_what_was_cancelled_while_a_worker_was_about_to_take_it_is_not_taken(
    queue: Callable[..., Change], meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    change = queue()
    meanwhile(lambda: Change.objects.update(state=State.CANCELLED, done_at=timezone.now()))
    assert leases.take(str(change.pk)) is None


def test_one_of_many_holders_departs(queue: Callable[..., Change]) -> None:
    changes = [queue() for _ in range(8)]
    Change.objects.update(lease_holder="me", lease_until=timezone.now() + timedelta(seconds=60))
    for change in changes:
        change.lease_holder = "me"
    departed = in_threads(lambda number: leases.depart(changes[number], 1))
    assert departed.count(True) <= 1
    assert Change.objects.filter(state=State.SENDING).count() == departed.count(True)


def test_the_database_itself_allows_one_change_in_flight(queue: Callable[..., Change]) -> None:
    queue(state=State.SENDING)
    with pytest.raises(IntegrityError), transaction.atomic():
        queue(state=State.UNKNOWN)


def test_the_database_has_the_last_word_on_who_departs(
    queue: Callable[..., Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = leases.take(str(queue().pk))
    assert taken is not None
    queue(state=State.SENDING)
    monkeypatch.setattr(leases, "_is_its_turn", lambda change: True)
    assert leases.depart(taken, 1) is False
    taken.refresh_from_db()
    assert taken.state == State.QUEUED


def test_changes_go_in_the_order_of_their_turns(queue: Callable[..., Change]) -> None:
    first, second = queue(), queue()
    assert leases.take(str(second.pk)) is None
    taken = leases.take(str(first.pk))
    assert taken is not None
    assert leases.take(str(second.pk)) is None
    leases.let_go(taken, State.CANCELLED, done_at=timezone.now())
    assert leases.take(str(second.pk)) is not None


def test_one_that_waits_for_its_next_attempt_keeps_its_place(queue: Callable[..., Change]) -> None:
    queue(next_attempt_at=timezone.now() + timedelta(seconds=60))
    assert leases.take(str(queue().pk)) is None


def test_a_parked_one_holds_up_only_what_goes_out_with_its_key(queue: Callable[..., Change]) -> None:
    queue(state=State.PARKED)
    same_key, other_key = queue(), queue("two")
    assert leases.take(str(same_key.pk)) is None
    assert leases.take(str(other_key.pk)) is not None


def test_one_that_asks_a_person_holds_up_nothing(queue: Callable[..., Change]) -> None:
    queue(state=State.CONFLICT)
    assert leases.take(str(queue().pk)) is not None


def test_other_customers_dont_wait(queue: Callable[..., Change]) -> None:
    queue(state=State.UNKNOWN)
    other = Customer.objects.create(number="2", name="Two")
    assert leases.take(str(queue(customer=other).pk)) is not None


def test_a_lease_that_expired_while_preparing_is_taken_by_the_next(queue: Callable[..., Change]) -> None:
    change = queue()
    first = leases.take(str(change.pk))
    assert first is not None
    Change.objects.update(lease_until=timezone.now())
    second = leases.take(str(change.pk))
    assert second is not None
    assert leases.depart(first, 1) is False
    assert leases.depart(second, 1) is True
    assert leases.let_go(first, State.CANCELLED) is False


def test_nobody_departs_on_an_expired_lease(queue: Callable[..., Change]) -> None:
    taken = leases.take(str(queue().pk))
    assert taken is not None
    Change.objects.update(lease_until=timezone.now())
    assert leases.depart(taken, 1) is False


def test_what_was_being_sent_when_its_lease_expired_is_unknown(queue: Callable[..., Change]) -> None:
    taken = leases.take(str(queue().pk))
    assert taken is not None
    leases.depart(taken, 7)
    assert leases.expire() == 0
    Change.objects.update(lease_until=timezone.now())
    assert leases.expire() == 1
    change = Change.objects.get()
    assert (change.state, change.lease_holder, change.log_serial) == (State.UNKNOWN, "", 7)
    assert leases.let_go(taken, State.RECORDED) is False  # its old holder has nothing to say any more


def test_a_cancelled_one_does_not_depart(queue: Callable[..., Change]) -> None:
    taken = leases.take(str(queue().pk))
    assert taken is not None
    Change.objects.update(state=State.CANCELLED, done_at=timezone.now())
    assert leases.depart(taken, 1) is False


def test_the_sweeper_nudges_the_head_of_each_line(
    queue: Callable[..., Change], customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(tasks.perform, "apply_async", lambda args, **options: nudged.append(args[0]))
    lost = queue(state=State.SENDING, lease_holder="dead", lease_until=timezone.now())
    queue()
    other_key = queue("two")
    queue("two", next_attempt_at=timezone.now() + timedelta(seconds=60))
    queue(state=State.DONE, done_at=timezone.now())
    tasks.sweep()
    assert nudged == [str(lost.pk), str(other_key.pk)]
    lost.refresh_from_db()
    assert lost.state == State.UNKNOWN


def test_a_message_carries_an_id_only() -> None:
    assert tasks.perform.name == TASK
    assert tasks.perform.serializer == "json"


def test_a_lease_is_kept_alive_while_its_process_works_and_no_longer(
    queue: Callable[..., Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "EVERY", 0.01)
    taken = leases.take(str(queue().pk))
    assert taken is not None
    with leases.kept(taken):
        for _time in range(2):
            nearly_over()
            wait_until(lambda: Change.objects.get().lease_until > timezone.now() + timing.lease() / 2)
    wait_until(nobody_renews)
    nearly_over()
    assert leases.heads() == [str(taken.pk)]  # as after a SIGKILL, which ends the thread as well


def test_who_has_lost_a_lease_does_not_renew_it(queue: Callable[..., Change], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "EVERY", 0.01)
    change, asked = queue(), Event()
    late = leases.take(str(change.pk))
    assert late is not None
    nearly_over()
    assert leases.take(str(change.pk)) is not None
    Change.objects.update(lease_until=None)
    lease = timing.lease
    monkeypatch.setattr(timing, "lease", lambda: asked.set() or lease())  # type: ignore[func-returns-value]
    with leases.kept(late):
        assert asked.wait(60)
    wait_until(nobody_renews)
    assert Change.objects.get().lease_until is None


def nearly_over() -> None:
    Change.objects.update(lease_until=timezone.now())


def nobody_renews() -> bool:
    return all(thread.name != "lease" for thread in enumerate_threads())


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_database_that_is_away_for_a_moment_ends_no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "EVERY", 0.01)
    renewals, renewed = iter([OperationalError("away")]), Event()

    def renew() -> None:
        for error in renewals:
            raise error
        renewed.set()

    with leasing.renewed(renew):
        assert renewed.wait(60)


def test_a_worker_that_says_nothing_is_given_up_within_seconds_however_long_its_call_may_take(settings: Any) -> None:
    settings.API_TIMEOUTS = {"deadline": 60}
    assert 2 * leasing.EVERY < timing.lease().total_seconds() < 10
    assert timing.lease() < timing.landing()


def test_a_call_that_departs_as_late_as_it_may_has_ended_when_it_must_have_landed() -> None:
    assert timing.on_its_way() + timedelta(seconds=timing.deadline()) <= timing.landing()


def test_a_task_is_killed_in_the_end_and_a_call_ends_before_that() -> None:
    assert timing.deadline() < timing.landing().total_seconds() < timing.hard_limit()
    assert tasks.perform.app.conf.task_time_limit == timing.hard_limit()
    assert tasks.perform.app.conf.broker_transport_options["visibility_timeout"] > timing.lease().total_seconds()
