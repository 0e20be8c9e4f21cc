"""Pages of webhooks: added, tested, read and sent again by managers, without a script."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.notify.kinds import KINDS
from portal.notify.webhooks import calling, delivering
from portal.notify.webhooks.calling import Answer
from portal.notify.webhooks.models import Attempt, Endpoint, Message
from portal.notify.webhooks.queue import enqueue
from tests.customer.conftest import Browse, part, text_of
from tests.notify.webhooks.conftest import Happen, MakeEndpoint, endpoint, happen, loopback, receiver  # noqa: F401
from tests.notify.webhooks.receiver import Receiver, status

PAGE = "/c/10001/webhooks/"
URL = "https://hooks.example.com/here"


@pytest.fixture
def manager(browse: Browse) -> Client:
    return browse("manager")


def page_of(one: Endpoint) -> str:
    return f"{PAGE}{one.pk}/"


def save(client: Client, path: str, **typed: Any) -> Any:
    """Sends the form with all events ticked, as it comes at first."""
    return client.post(path, {"kinds": list(KINDS), "revision": "1", "description": "", **typed})


def deliver(one: Endpoint) -> None:
    delivering.deliver(str(one.pk))


def test_from_nothing_to_a_webhook_that_is_told(manager: Client, receiver: Receiver, happen: Happen) -> None:  # noqa: F811
    assert "No webhooks yet" in text_of(manager.get(PAGE))
    assert manager.get(f"{PAGE}-/new").content.decode().count(" checked") == len(KINDS)
    response = save(manager, f"{PAGE}-/new", url=receiver.url, description="Ours")
    one = Endpoint.objects.get()
    assert AuditEntry.objects.get(action="webhook.added").actor == "manager@example.com"
    assert response.headers["Location"] == page_of(one)
    assert one.takes_all
    assert "A test event must be answered first" in text_of(manager.get(page_of(one)))
    assert manager.post(f"{page_of(one)}-/test").status_code == 302
    deliver(one)
    assert "Active" in text_of(manager.get(page_of(one)))
    enqueue([happen(type_name="virtualmachine", record="shop01", group="shop")])
    deliver(one)
    page = text_of(manager.get(page_of(one)))
    assert "Change done: shop01" in page
    assert "HTTP 200" in page
    assert "Ours" in text_of(manager.get(PAGE))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "required"),
        ("http://example.com/", "Only https://"),
        ("https://127.0.0.1/", "not public"),
        ("https://[::1]/", "not public"),
        ("https://0177.0.0.1/", "not public"),
        ("https://2130706433/", "not public"),
        ("https://me:pw@example.com/", "user name or password"),
        ("https://example.com:25/", "port 443"),
        ("nonsense", "complete address"),
        ("https://exa\nmple.com/", "complete address"),
        ("https://example.com/" + "x" * 10_240, "complete address"),
    ],
)
def test_an_address_that_cannot_be_called_is_told_why(manager: Client, url: str, reason: str) -> None:
    response = save(manager, f"{PAGE}-/new", url=url)
    assert response.status_code == 422
    assert reason in text_of(response)
    assert not Endpoint.objects.exists()


def test_some_events_are_chosen_and_at_least_one(manager: Client) -> None:
    assert "Select at least one event" in text_of(save(manager, f"{PAGE}-/new", url=URL, kinds=[]))
    save(manager, f"{PAGE}-/new", url=URL, kinds=["invoice.new", "no.such"])
    one = Endpoint.objects.get()
    assert one.kinds == ["invoice.new"]
    form = manager.get(f"{page_of(one)}-/edit").content.decode()
    assert form.count(" checked") == 1
    save(manager, f"{page_of(one)}-/edit", url=URL)
    assert Endpoint.objects.get().takes_all


def test_two_who_change_the_same_do_not_write_over_each_other(
    manager: Client,
    endpoint: MakeEndpoint,  # noqa: F811
) -> None:
    one = endpoint(URL)
    sent = {"url": URL, "kinds": list(KINDS), "revision": "1"}
    assert manager.post(f"{page_of(one)}-/edit", {**sent, "description": "first"}).status_code == 302
    response = manager.post(f"{page_of(one)}-/edit", {**sent, "description": "second"})
    assert response.status_code == 422
    assert "Someone else has changed this webhook" in text_of(response)
    assert 'value="second"' in response.content.decode()  # what was typed stays
    assert Endpoint.objects.get().description == "first"


def test_the_secret_is_shown_when_it_is_asked_for_and_nowhere_else(
    manager: Client,
    endpoint: MakeEndpoint,  # noqa: F811
) -> None:
    one = endpoint(URL)
    assert "whsec_" not in manager.get(page_of(one)).content.decode()
    assert one.secret in text_of(manager.post(f"{page_of(one)}-/secret"))
    manager.post(f"{page_of(one)}-/renew")
    page = text_of(manager.get(page_of(one)))
    assert "Previous secret" in page
    assert one.secret not in text_of(manager.post(f"{page_of(one)}-/secret"))
    Endpoint.objects.update(sealed=b"broken")
    assert "can no longer be read" in text_of(manager.post(f"{page_of(one)}-/secret", follow=True))


def test_the_log_says_what_was_answered_when_next_and_what_failed(
    manager: Client,
    receiver: Receiver,  # noqa: F811
    endpoint: MakeEndpoint,  # noqa: F811
    happen: Happen,  # noqa: F811
) -> None:
    one = endpoint(receiver.url)
    receiver.behave = status(503)
    enqueue([happen()])
    deliver(one)
    page = text_of(manager.get(page_of(one)))
    assert "HTTP 503" in page
    assert "next attempt" in page
    assert "Failing since" in page
    assert "No failed events" in text_of(manager.get(page_of(one), {"state": "failed"}))
    manager.post(f"{page_of(one)}-/off")
    page = text_of(manager.get(page_of(one), {"state": "failed"}))
    assert "turned off by a manager" in page
    assert "Failed" in page


def test_each_attempt_of_an_event_is_shown_with_the_start_of_its_answer(
    manager: Client,
    endpoint: MakeEndpoint,  # noqa: F811
    happen: Happen,  # noqa: F811
) -> None:
    one = endpoint(URL)
    message = Message.objects.create(endpoint=one, occurrence=happen(), state=Message.State.FAILED)
    Attempt.objects.create(message=message, at=timezone.now(), milliseconds=1234, problem="timeout")
    Attempt.objects.create(message=message, at=timezone.now(), milliseconds=7, status=500, excerpt="<b>oops</b>")
    response = manager.get(f"{page_of(one)}event/{message.pk}/")
    page = text_of(response)
    assert all(text in page for text in ("HTTP 500", "no answer within 10 seconds", "1,234 ms", message.webhook_id))
    assert "&lt;b&gt;oops" in response.content.decode()
    assert manager.post(f"{page_of(one)}event/{message.pk}/-/again").status_code == 302
    message.refresh_from_db()
    assert message.state == Message.State.WAITING


def test_a_stretch_of_time_is_sent_again(
    manager: Client,
    receiver: Receiver,  # noqa: F811
    endpoint: MakeEndpoint,  # noqa: F811
    happen: Happen,  # noqa: F811
) -> None:
    one = endpoint(receiver.url)
    happen(at=timezone.now() - timedelta(hours=1))
    days = [(timezone.localtime() + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M") for day in (-1, 1)]
    again = f"{page_of(one)}-/again"
    assert "after the start" in text_of(manager.post(again, {"since": days[1], "until": days[0]}))
    assert "Enter a date and time" in text_of(manager.post(again, {"since": "never", "until": days[1]}))
    said = text_of(manager.post(again, {"since": days[0], "until": days[1]}, follow=True))
    assert "1 event is being sent again." in said
    manager.post(f"{page_of(one)}-/off")
    response = manager.post(again, {"since": days[0], "until": days[1]})
    assert (response.status_code, "Only an active webhook" in text_of(response)) == (422, True)
    message = one.messages.get()
    said = text_of(manager.post(f"{page_of(one)}event/{message.pk}/-/again", follow=True))
    assert "Only an active webhook" in said


def test_the_page_follows_what_is_being_sent_and_then_rests(
    manager: Client,
    receiver: Receiver,  # noqa: F811
    endpoint: MakeEndpoint,  # noqa: F811
) -> None:
    one = endpoint(receiver.url)
    manager.post(f"{page_of(one)}-/test")
    page = manager.get(page_of(one)).content.decode()
    tag = re.search(r'id="webhook" data-live [^>]*hx-ptag="(\w+)"', page)
    assert tag
    path = f"{page_of(one)}?page=1"
    assert part(manager, path, **{"HX-PTag": tag.group(1)}).status_code == 304
    deliver(one)
    answer = part(manager, path, **{"HX-PTag": tag.group(1)})
    assert answer.status_code == 200
    assert "data-live hx-get" not in answer.content.decode().split("</div>")[0]


def test_a_page_that_is_opened_while_something_is_being_sent_follows_it(
    manager: Client,
    endpoint: MakeEndpoint,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = endpoint(URL)
    seen: list[str] = []

    def look_and_answer(*_sent: object) -> Answer:
        seen.append(manager.get(page_of(one)).content.decode())
        return Answer(200, 0.1)

    monkeypatch.setattr(calling, "call", look_and_answer)
    manager.post(f"{page_of(one)}-/test")
    deliver(one)
    (page,) = seen
    assert 'hx-trigger="every 2s"' in page


def test_it_asks_less_often_while_the_next_attempt_is_far(manager: Client, endpoint: MakeEndpoint) -> None:  # noqa: F811
    one = endpoint(URL)
    waiting = Message.objects.create(endpoint=one, due=timezone.now() + timedelta(hours=2))
    assert 'hx-trigger="every 30s"' in manager.get(page_of(one)).content.decode()
    Endpoint.objects.update(state=Endpoint.State.OFF, why_off=Endpoint.WhyOff.MANAGER)
    assert "data-live hx-get" not in manager.get(page_of(one)).content.decode()
    Endpoint.objects.update(state=Endpoint.State.LIVE)
    Message.objects.filter(pk=waiting.pk).update(due=timezone.now() + timedelta(seconds=5))
    assert 'hx-trigger="every 2s"' in manager.get(page_of(one)).content.decode()


def test_more_than_a_page_is_read_page_by_page(
    manager: Client,
    endpoint: MakeEndpoint,  # noqa: F811
) -> None:
    one = endpoint(URL)
    Message.objects.bulk_create(Message(endpoint=one, state=Message.State.FAILED) for _time in range(60))
    assert "page=2" in manager.get(page_of(one)).content.decode()
    assert "page=1" in manager.get(page_of(one), {"page": "2"}).content.decode()
    for odd in ("0", "x", "9" * 30, "²"):
        assert manager.get(page_of(one), {"page": odd}).status_code == 200


def test_it_is_removed_after_asking(manager: Client, endpoint: MakeEndpoint) -> None:  # noqa: F811
    one = endpoint(URL)
    assert "Remove webhook hooks.example.com?" in text_of(manager.get(f"{page_of(one)}-/remove"))
    assert "removed" in text_of(manager.post(f"{page_of(one)}-/remove", follow=True))
    assert not Endpoint.objects.exists()


def test_there_are_no_more_than_twenty(manager: Client, endpoint: MakeEndpoint) -> None:  # noqa: F811
    for _time in range(20):
        endpoint(URL)
    response = save(manager, f"{PAGE}-/new", url=URL)
    assert (response.status_code, "has 20 webhooks" in text_of(response)) == (422, True)


def test_a_verb_that_there_is_not_is_not_there(manager: Client, endpoint: MakeEndpoint) -> None:  # noqa: F811
    assert manager.post(f"{page_of(endpoint(URL))}-/explode").status_code == 404


@pytest.mark.parametrize("name", ["operator", "viewer", "billing", "child"])
def test_other_roles_are_refused_and_not_offered_it(
    browse: Callable[[str], Client],
    endpoint: MakeEndpoint,  # noqa: F811
    name: str,
) -> None:
    client, one = browse(name), endpoint(URL)
    assert [client.get(path).status_code for path in (PAGE, page_of(one))] == [403, 403]
    assert "/webhooks/" not in client.get("/c/10001/").content.decode()


def test_another_customer_sees_nothing_of_it(browse: Callable[[str], Client], endpoint: Any) -> None:  # noqa: F811
    one, client = endpoint(URL), browse("outsider")
    assert client.get(page_of(one)).status_code == 404
    assert client.get(page_of(one).replace("10001", "10002")).status_code == 404
    assert client.post(f"{page_of(one)}-/secret".replace("10001", "10002")).status_code == 404
