"""What managers do with webhooks: asked who they are, on record, and nobody written over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import AuditEntry
from portal.notify.webhooks import addresses, delivering, signing, verbs
from portal.notify.webhooks.models import Endpoint, Message
from portal.notify.webhooks.queue import enqueue
from portal.notify.webhooks.verbs import Settings
from tests.notify.webhooks.conftest import Happen, MakeEndpoint
from tests.notify.webhooks.receiver import Receiver, headers_of, status

URL = "https://hooks.example.com/secret-path"
State = Endpoint.State
type ScopeOf = Callable[..., Scope]


@pytest.fixture
def manager(scope_of: ScopeOf) -> Scope:
    return scope_of("manager")


def on_record(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("sequence"))


def deliver(endpoint: Endpoint) -> int:
    made = delivering.deliver(str(endpoint.pk))
    endpoint.refresh_from_db()
    return made


def test_one_that_is_added_is_told_nothing_before_it_has_answered_a_test(
    manager: Scope, receiver: Receiver, happen: Happen
) -> None:
    one = verbs.add(manager, Settings(receiver.url))
    enqueue([happen()])
    assert (one.state, one.messages.count()) == (State.TESTING, 0)
    receiver.behave = status(500)
    verbs.test(manager, str(one.pk))
    verbs.test(manager, str(one.pk))  # clicked twice
    assert deliver(one) == 1
    assert (one.state, one.messages.get().state) == (State.TESTING, Message.State.FAILED)
    receiver.behave = status(204)
    verbs.test(manager, str(one.pk))
    assert deliver(one) == 1
    assert one.state == State.LIVE
    assert len(on_record("webhook.tested")) == 2
    assert [entry.actor for entry in on_record("webhook.switched_on")] == [""]
    enqueue([happen()])
    assert deliver(one) == 1


def test_the_trail_names_the_host_and_nothing_secret(manager: Scope) -> None:
    one = verbs.add(manager, Settings(URL))
    (entry,) = on_record("webhook.added")
    assert (entry.chain, entry.target) == ("10001", "hooks.example.com")
    assert verbs.reveal(manager, str(one.pk)) == one.secret
    assert len(on_record("webhook.revealed")) == 1
    said = " ".join(f"{entry.target} {entry.before} {entry.after}" for entry in AuditEntry.objects.all())
    assert "secret-path" not in said
    assert "whsec_" not in said


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://0177.0.0.1/"])
def test_what_may_not_be_called_cannot_be_added_or_changed_to(manager: Scope, url: str) -> None:
    with pytest.raises(addresses.Refused):
        verbs.add(manager, Settings(url))
    one = verbs.add(manager, Settings(URL))
    with pytest.raises(addresses.Refused):
        verbs.change(manager, str(one.pk), 1, Settings(url))
    assert Endpoint.objects.get().url == URL


def test_there_are_no_more_than_twenty(manager: Scope, endpoint: MakeEndpoint) -> None:
    for _time in range(verbs.MOST):
        endpoint(URL)
    with pytest.raises(verbs.TooMany):
        verbs.add(manager, Settings(URL))


def test_of_two_who_change_the_same_the_second_is_told(manager: Scope, endpoint: MakeEndpoint) -> None:
    one = endpoint(URL)
    verbs.change(manager, str(one.pk), one.revision, Settings(URL, "first"))
    with pytest.raises(verbs.ChangedMeanwhile):
        verbs.change(manager, str(one.pk), one.revision, Settings(URL, "second"))
    one.refresh_from_db()
    assert one.description == "first"
    assert len(on_record("webhook.changed")) == 1


def test_a_new_address_is_tested_while_events_wait(
    manager: Scope, endpoint: MakeEndpoint, receiver: Receiver, happen: Happen
) -> None:
    one = endpoint(URL, live_since=timezone.now())
    verbs.change(manager, str(one.pk), 1, Settings(receiver.url))
    enqueue([happen()])
    assert deliver(one) == 0
    verbs.test(manager, str(one.pk))
    assert deliver(one) == 2
    assert (one.state, len(receiver.requests)) == (State.LIVE, 2)


def test_the_answer_of_an_address_that_it_had_before_activates_nothing(
    manager: Scope, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = verbs.add(manager, Settings(receiver.url))
    verbs.test(manager, str(one.pk))
    note = delivering._note

    def after_a_change(*args: Any) -> None:
        verbs.change(manager, str(one.pk), 1, Settings(URL))
        note(*args)

    monkeypatch.setattr(delivering, "_note", after_a_change)
    assert deliver(one) == 1
    assert one.state == State.TESTING


def test_turned_off_it_is_told_nothing_and_turned_on_what_happens_from_then(
    manager: Scope, endpoint: MakeEndpoint, receiver: Receiver, happen: Happen
) -> None:
    one = endpoint(receiver.url, live_since=timezone.now())
    enqueue([happen()])
    for _time in range(2):
        verbs.turn_off(manager, str(one.pk))
    enqueue([happen()])
    assert deliver(one) == 0
    assert (one.state, one.why_off) == (State.OFF, Endpoint.WhyOff.MANAGER)
    assert len(on_record("webhook.switched_off")) == 1
    verbs.test(manager, str(one.pk))
    enqueue([happen()])
    assert deliver(one) == 2  # the test, and what happened since
    assert one.state == State.LIVE
    assert [one.state for one in one.messages.order_by("created")] == ["failed", "delivered", "delivered"]


def test_what_is_under_way_while_it_is_turned_off_ends_there(
    manager: Scope, endpoint: MakeEndpoint, receiver: Receiver, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = endpoint(receiver.url)
    receiver.behave = status(500)
    enqueue([happen()])
    note = delivering._note

    def after_that(*args: Any) -> None:
        verbs.turn_off(manager, str(one.pk))
        note(*args)

    monkeypatch.setattr(delivering, "_note", after_that)
    assert deliver(one) == 1
    assert (one.why_off, one.messages.get().state) == (Endpoint.WhyOff.MANAGER, Message.State.FAILED)


def test_one_that_is_removed_while_it_is_called_is_gone(
    manager: Scope, endpoint: MakeEndpoint, receiver: Receiver, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = endpoint(receiver.url)
    enqueue([happen()])
    note = delivering._note

    def after_that(*args: Any) -> None:
        verbs.remove(manager, str(one.pk))
        note(*args)

    monkeypatch.setattr(delivering, "_note", after_that)
    assert delivering.deliver(str(one.pk)) == 1
    assert not Endpoint.objects.exists()
    assert not Message.objects.exists()
    assert len(on_record("webhook.removed")) == 1


def test_one_is_sent_again_under_its_id(
    manager: Scope, endpoint: MakeEndpoint, receiver: Receiver, happen: Happen
) -> None:
    one = endpoint(receiver.url)
    enqueue([happen()])
    assert deliver(one) == 1
    message = one.messages.get()
    verbs.send_again(manager, str(one.pk), str(message.pk))
    assert deliver(one) == 1
    first, second = (headers_of(request)["webhook-id"] for request in receiver.requests)
    assert first == second == message.webhook_id
    assert message.log.count() == 2
    assert on_record("webhook.resent")[0].target.endswith(message.webhook_id)


def test_a_stretch_of_time_is_sent_again_with_what_was_missed(
    manager: Scope, endpoint: MakeEndpoint, receiver: Receiver, happen: Happen
) -> None:
    one, now = endpoint(receiver.url, kinds=["change.done"]), timezone.now()
    hours = [happen(at=now - timedelta(hours=hour)) for hour in (1, 2, 3, 4)]
    happen("invoice.new", at=now - timedelta(hours=2), data={"month": "2026-10-01"})
    happen(customer="10002", at=now - timedelta(hours=2))
    enqueue(hours[:2])
    assert deliver(one) == 2
    span = now - timedelta(hours=3), now - timedelta(minutes=90)
    assert verbs.send_time_again(manager, str(one.pk), *span) == 2
    assert deliver(one) == 2
    assert {message.occurrence_id for message in one.messages.all()} == {hour.pk for hour in hours[:3]}
    assert '"count": 2' in on_record("webhook.resent")[0].after
    assert verbs.send_time_again(manager, str(one.pk), now, now + timedelta(hours=1)) == 0


def test_too_much_is_not_sent_again_at_once(
    manager: Scope, endpoint: MakeEndpoint, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verbs, "MOST_AGAIN", 1)
    one, now = endpoint(URL), timezone.now()
    for _time in range(2):
        happen(at=now)
    with pytest.raises(verbs.TooMany):
        verbs.send_time_again(manager, str(one.pk), now, now + timedelta(hours=1))
    assert not one.messages.exists()


def test_only_a_live_one_is_sent_anything_again(manager: Scope, endpoint: MakeEndpoint, happen: Happen) -> None:
    one = endpoint(URL)
    enqueue([happen()])
    verbs.turn_off(manager, str(one.pk))
    with pytest.raises(verbs.NotLive):
        verbs.send_again(manager, str(one.pk), str(one.messages.get().pk))
    with pytest.raises(verbs.NotLive):
        verbs.send_time_again(manager, str(one.pk), timezone.now(), timezone.now())


def test_a_test_is_sent_anew_and_not_again(manager: Scope, endpoint: MakeEndpoint) -> None:
    one = endpoint(URL)
    verbs.test(manager, str(one.pk))
    with pytest.raises(Http404):
        verbs.send_again(manager, str(one.pk), str(one.messages.get().pk))


ALL: list[Callable[[Scope, str], object]] = [
    verbs.find,
    lambda scope, pk: verbs.change(scope, pk, 1, Settings(URL)),
    verbs.renew_secret,
    verbs.reveal,
    verbs.test,
    verbs.turn_off,
    verbs.remove,
    lambda scope, pk: verbs.send_again(scope, pk, str(uuid4())),
    lambda scope, pk: verbs.send_time_again(scope, pk, timezone.now(), timezone.now()),
]


def test_whoever_renews_or_looks_at_the_secret_is_on_record(manager: Scope, endpoint: MakeEndpoint) -> None:
    one = endpoint(URL)
    verbs.renew_secret(manager, str(one.pk))
    verbs.reveal(manager, str(one.pk))
    for action in ("webhook.renewed", "webhook.revealed"):
        (entry,) = on_record(action)
        assert (entry.target, entry.after) == (str(one), "")  # no secret


@pytest.mark.parametrize("verb", ALL)
def test_for_another_role_it_is_forbidden_and_for_another_customer_not_there(
    scope_of: ScopeOf, endpoint: MakeEndpoint, verb: Callable[[Scope, str], object]
) -> None:
    one = endpoint(URL)
    for name in ("operator", "viewer", "billing", "child"):
        with pytest.raises(PermissionDenied):
            verb(scope_of(name), str(one.pk))
    limited = scope_of("manager")
    with pytest.raises(PermissionDenied):
        verb(Scope(limited.customer, limited.user, limited.role, "example"), str(one.pk))
    for pk in (str(one.pk), str(uuid4()), "nothing"):
        with pytest.raises(Http404):
            verb(scope_of("outsider", "10002"), pk)
    assert not AuditEntry.objects.filter(action__startswith="webhook.").exists()


def test_nobody_else_adds_one(scope_of: ScopeOf) -> None:
    for name in ("operator", "viewer", "billing", "child"):
        with pytest.raises(PermissionDenied):
            verbs.add(scope_of(name), Settings(URL))


def test_the_demo_has_one_that_leads_to_its_receiver(cast: Any) -> None:
    secret = signing.new_secret()
    for port in (8002, 8003):
        call_command("seed_demo_webhook", f"http://127.0.0.1:{port}/hook", secret)
    one = Endpoint.objects.get()
    assert (one.url, one.secret, one.state) == ("http://127.0.0.1:8003/hook", secret, State.LIVE)
