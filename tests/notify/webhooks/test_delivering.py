"""Deliveries: in order, one at a time, again with growing pauses, until an end; nothing lost, and nobody held up."""

import threading
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.notify.webhooks import delivering, pauses, tasks
from portal.notify.webhooks.models import Attempt, Endpoint, Message
from portal.notify.webhooks.queue import enqueue
from tests.notify.webhooks.conftest import Happen, MakeEndpoint
from tests.notify.webhooks.receiver import OK, Receiver, answering, body_of, headers_of, status

State, Waiting = Message.State, Message.State.WAITING
FAR = timedelta(days=4)


@pytest.fixture
def live(receiver: Receiver, endpoint: MakeEndpoint) -> Endpoint:
    return endpoint(receiver.url)


def told(endpoint: Endpoint, happen: Happen, count: int = 1) -> list[Message]:
    occurrences = [happen(data={"number": number}) for number in range(count)]
    enqueue(occurrences)
    return list(endpoint.messages.order_by("created"))


def deliver(endpoint: Endpoint) -> int:
    made = delivering.deliver(str(endpoint.pk))
    endpoint.refresh_from_db()
    return made


def only(endpoint: Endpoint) -> Message:
    return endpoint.messages.get()


def test_what_is_delivered_is_logged_and_not_sent_again(live: Endpoint, receiver: Receiver, happen: Happen) -> None:
    told(live, happen)
    assert [deliver(live), deliver(live)] == [1, 0]
    assert only(live).state == State.DELIVERED
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.problem, attempt.excerpt) == (200, "", "ok")
    assert len(receiver.requests) == 1


def test_events_arrive_in_their_order(live: Endpoint, receiver: Receiver, happen: Happen) -> None:
    told(live, happen, 5)
    assert deliver(live) == 5
    assert [body_of(one).split(b'"number":')[1][:1] for one in receiver.requests] == [b"0", b"1", b"2", b"3", b"4"]


def test_what_fails_comes_again_under_the_same_id_after_growing_pauses(
    live: Endpoint, receiver: Receiver, happen: Happen
) -> None:
    receiver.behave = status(500)
    told(live, happen)
    waited = []
    with time_machine.travel(timezone.now()) as clock:
        for _attempt in range(len(pauses.PAUSES)):
            before = timezone.now()
            assert deliver(live) == 1
            due = max(only(live).due, live.free_at)
            waited.append(due - before)
            assert deliver(live) == 0  # not before
            clock.move_to(due)
        assert live.state == Endpoint.State.LIVE
        assert deliver(live) == 1
    for found, wanted in zip(waited, pauses.PAUSES, strict=True):
        assert wanted * 0.8 <= found <= max(wanted * 1.2, pauses.rest(9)) + timedelta(seconds=1)
    assert len({headers_of(one)["webhook-id"] for one in receiver.requests}) == 1
    assert len(receiver.requests) == len(pauses.PAUSES) + 1 == only(live).log.count()


def test_after_three_days_without_success_it_is_turned_off_on_record(
    live: Endpoint, receiver: Receiver, happen: Happen
) -> None:
    receiver.behave = status(500)
    told(live, happen, 2)
    with time_machine.travel(timezone.now()) as clock:
        for _attempt in range(60):
            deliver(live)
            clock.shift(timedelta(hours=4))
    assert (live.state, live.why_off) == (Endpoint.State.OFF, Endpoint.WhyOff.FAILING)
    assert {one.state for one in live.messages.all()} == {State.FAILED}
    (entry,) = AuditEntry.objects.filter(action="webhook.switched_off")
    assert (entry.chain, entry.actor, entry.after) == ("10001", "", '{"why": "failing"}')
    asked = len(receiver.requests)
    told(live, happen)
    assert (deliver(live), len(receiver.requests)) == (0, asked)


def test_one_event_that_is_never_taken_does_not_turn_it_off(live: Endpoint, receiver: Receiver, happen: Happen) -> None:
    receiver.behave = lambda sock: (status(400) if b'"number":0' in receiver.requests[-1] else answering(OK))(sock)
    (bad,) = told(live, happen)
    with time_machine.travel(timezone.now()) as clock:
        for _attempt in range(30):
            deliver(live)
            clock.shift(timedelta(hours=4))
            enqueue([happen(data={"number": 1})])
    bad.refresh_from_db()
    assert bad.state == State.FAILED
    assert live.state == Endpoint.State.LIVE
    assert live.messages.filter(state=State.DELIVERED).count() >= 29


def test_gone_ends_it_at_once(live: Endpoint, receiver: Receiver, happen: Happen) -> None:
    receiver.behave = status(410)
    told(live, happen, 3)
    assert [deliver(live), deliver(live)] == [1, 0]
    assert (live.state, live.why_off) == (Endpoint.State.OFF, Endpoint.WhyOff.GONE)
    assert AuditEntry.objects.filter(action="webhook.switched_off").count() == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept_to(live: Endpoint, receiver: Receiver, happen: Happen, form: str) -> None:
    told(live, happen, 2)
    with time_machine.travel(timezone.now().replace(microsecond=0) + timedelta(seconds=1), tick=False):
        now = timezone.now()
        later = format_datetime(now + timedelta(seconds=600), usegmt=True)
        receiver.behave = status(503, f"Retry-After: {600 if form == 'seconds' else later}")
        assert deliver(live) == 1
        assert live.free_at == now + timedelta(seconds=600)  # for the others too
        assert min(one.due for one in live.messages.filter(attempts=1)) >= now + timedelta(seconds=600)


@pytest.mark.parametrize("said", ["soon", "-5", "", "9" * 30, "Mon, 99 Nov 2026 00:00:00 GMT", "²"])
def test_a_retry_after_that_says_nothing_is_none(said: str) -> None:
    assert pauses.put_off(said, timezone.now()) is None


def test_nobody_is_put_off_for_longer_than_a_day() -> None:
    assert pauses.after(1, timedelta(days=300)) == timedelta(days=1)
    assert pauses.rest(1, timedelta(days=300)) == timedelta(days=1)


def test_pauses_are_jittered_and_end_after_some_three_days() -> None:
    found = {pauses.after(3) for _time in range(20)}
    assert len(found) > 1
    assert timedelta(days=2.5) < pauses.SHORTEST < sum(pauses.PAUSES, timedelta()) < timedelta(days=3.5)
    assert pauses.after(len(pauses.PAUSES) + 1) is None


def test_one_that_fails_rests_so_that_others_of_its_messages_do_not_wait_at_a_closed_door(
    live: Endpoint, receiver: Receiver, happen: Happen
) -> None:
    receiver.behave = status(500)
    told(live, happen, 50)
    assert [deliver(live), deliver(live)] == [1, 0]
    assert delivering.due() == []
    assert live.free_at > timezone.now()


def test_a_worker_that_is_killed_loses_nothing(
    live: Endpoint, receiver: Receiver, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(live, happen)

    class Killed(BaseException):
        """The process is no more."""

    def killed(*args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_note", killed)
        with pytest.raises(Killed):
            delivering.deliver(str(live.pk))
    assert delivering.due() == []  # its lease holds
    assert deliver(live) == 0
    with time_machine.travel(timezone.now() + delivering.LEASE):
        assert delivering.due() == [str(live.pk)]
        assert deliver(live) == 1
    assert only(live).state == State.DELIVERED
    first, second = (headers_of(one)["webhook-id"] for one in receiver.requests)
    assert first == second


def test_one_that_lost_its_lease_notes_nothing(live: Endpoint, receiver: Receiver, happen: Happen) -> None:
    told(live, happen)
    message = delivering._take(str(live.pk), "slow")
    assert message
    with time_machine.travel(timezone.now() + delivering.LEASE):
        assert deliver(live) == 1
        delivering._note(message, delivering.Answer(500, 1.0), "slow")
    assert only(live).state == State.DELIVERED
    assert Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_doubled_messages_send_once(live: Endpoint, receiver: Receiver, happen: Happen) -> None:
    release = threading.Event()

    def slowly(sock: Any) -> None:
        release.wait(5)
        sock.sendall(OK)

    receiver.behave = slowly
    told(live, happen, 1)
    made: list[int] = []

    def work() -> None:
        made.append(delivering.deliver(str(live.pk)))
        connection.close()

    threads = [threading.Thread(target=work) for _time in range(3)]
    for one in threads:
        one.start()
    while sum(one.is_alive() for one in threads) > 1:
        threads[0].join(0.01)
    release.set()
    for one in threads:
        one.join()
    assert sorted(made) == [0, 0, 1]
    assert len(receiver.requests) == 1


def test_a_slow_one_holds_up_nobody_else(live: Endpoint, endpoint: MakeEndpoint, happen: Happen) -> None:
    others = [endpoint(live.url) for _time in range(3)]
    enqueue([happen()])
    delivering._take(str(live.pk), "slow")
    assert sorted(delivering.due()) == sorted(str(one.pk) for one in others)
    assert [deliver(one) for one in others] == [1, 1, 1]


def test_no_more_are_called_at_once_than_leave_workers_for_mail(
    endpoint: MakeEndpoint, receiver: Receiver, happen: Happen
) -> None:
    made = [endpoint(receiver.url) for _time in range(delivering.AT_ONCE + 3)]
    enqueue([happen()])
    assert len(delivering.due()) == delivering.AT_ONCE
    for one in made[:4]:
        delivering._take(str(one.pk), "somebody")
    assert len(delivering.due()) == delivering.AT_ONCE - 4


def test_whoever_waited_longest_has_the_next_turn(endpoint: MakeEndpoint, receiver: Receiver, happen: Happen) -> None:
    first, second = endpoint(receiver.url), endpoint(receiver.url)
    enqueue([happen()])
    assert deliver(first) == 1
    enqueue([happen(), happen()])
    assert delivering.due() == [str(second.pk), str(first.pk)]


def test_the_sweep_tells_a_worker_of_each_that_is_due(
    live: Endpoint, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda args, **options: sent.append(args))
    tasks.deliver_webhooks()
    assert sent == []
    told(live, happen)
    tasks.deliver_webhooks()
    assert sent == [(str(live.pk),)]


def test_a_task_delivers_and_tidies(live: Endpoint, receiver: Receiver, happen: Happen) -> None:
    told(live, happen)
    tasks.deliver(str(live.pk))
    assert len(receiver.requests) == 1
    tasks.tidy()
    assert live.messages.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=settings.KEEP_WEBHOOK_EVENTS_DAYS + 1)):
        tasks.tidy()
    assert not Message.objects.exists()
    assert not Attempt.objects.exists()
    assert AuditEntry.objects.get(action="retention.applied").target == "webhook events"


def test_only_those_that_want_it_are_told(endpoint: MakeEndpoint, happen: Happen) -> None:
    url = "https://example.com/"
    wants = endpoint(url, kinds=["invoice.new"])
    others = [
        endpoint(url, kinds=["change.done"]),
        endpoint(url, state=Endpoint.State.OFF),
        endpoint(url, state=Endpoint.State.TESTING),
        endpoint(url, customer="10002"),
    ]
    waits = endpoint(url, state=Endpoint.State.TESTING, live_since=timezone.now())  # its new address is not tested yet
    happened = [happen("invoice.new")]
    enqueue(happened)
    enqueue(happened)  # noted twice
    assert [one.messages.count() for one in (wants, waits, *others)] == [1, 1, 0, 0, 0, 0]
    enqueue([])


def test_ten_thousand_take_few_queries(
    endpoint: MakeEndpoint, happen: Happen, django_assert_max_num_queries: Any
) -> None:
    endpoint("https://example.com/")
    one = happen()
    model = type(one)
    many = model.objects.bulk_create(
        [model(customer=one.customer, kind="change.done", key=f"m{n}", thread="t", at=one.at) for n in range(10_000)]
    )
    with django_assert_max_num_queries(60):  # SQLite takes fewer rows at once
        enqueue(many)
    assert Message.objects.count() == 10_000


def test_a_secret_that_cannot_be_read_is_told_and_nothing_is_sent(
    live: Endpoint, receiver: Receiver, happen: Happen
) -> None:
    Endpoint.objects.update(sealed=b"broken")
    told(live, happen)
    assert deliver(live) == 1
    assert Attempt.objects.get().problem == "secret"
    assert receiver.requests == []
