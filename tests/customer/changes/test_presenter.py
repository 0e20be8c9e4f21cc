"""A change's page tells the platform's words as such, and everything else in the person's language."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.access import get_scope
from portal.accounts.models import User
from portal.changes.intent import Intent
from portal.changes.models import Change, Item, State
from portal.changes.submit import submit
from tests.customer.conftest import Browse, text_of

FOR_LOGS = "the connection was closed before the answer"


@pytest.fixture
def german(browse: Browse, cast: dict[str, User]) -> Client:
    client = browse("manager")
    for known in ("virtualmachine", "resourcegroup"):
        client.get(f"/c/10001/{known}/")
    client.post("/preferences/language", {"language": "de"})
    return client


def page_of(client: Client, cast: dict[str, User], **fields: Any) -> str:
    wanted = Intent(type_name="virtualmachine", key="shop13", wanted={"memory": 512}, before={"memory": 1024})
    change = submit(get_scope(cast["manager"], "10001"), [wanted], "token")
    Change.objects.filter(pk=change.pk).update(**fields)
    response = client.get(f"/c/10001/changes/{change.number}/")
    assert response.status_code == 200
    return text_of(response)


@pytest.mark.parametrize(
    ("state", "kind", "told"),
    [
        (State.QUEUED, "unreachable", "Die Plattform war nicht erreichbar"),
        (State.UNKNOWN, "unreachable", "die Antwort ging verloren"),
        (State.PARKED, "refused", "lehnt den API-Schlüssel der Gruppe services ab"),
        (State.REJECTED, "unsendable", "die sich nicht an die Plattform senden lässt"),
    ],
)
def test_what_our_client_says_for_logs_is_told_in_the_persons_words(
    german: Client, cast: dict[str, User], state: State, kind: str, told: str
) -> None:
    page = page_of(german, cast, state=state, answer={"kind": kind, "text": FOR_LOGS})
    assert told in page
    assert FOR_LOGS not in page


def test_the_words_of_the_platform_are_given_as_they_are(german: Client, cast: dict[str, User]) -> None:
    answer = {"kind": "fault", "code": 1, "text": "memory: not enough", "field": "memory", "item": 0}
    page = page_of(german, cast, state=State.REJECTED, answer=answer)
    assert "memory: not enough" in page
    assert "Meldung der Plattform zu „RAM“" in page


def told(client: Client, cast: dict[str, User], item: dict[str, Any], **fields: Any) -> str:
    """The page of a change that the platform has taken, with this written down of its item."""
    client.post("/preferences/language", {"language": "en"})
    page_of(client, cast, recorded_at=timezone.now(), **fields)
    Item.objects.update(**item)
    return text_of(client.get("/c/10001/changes/1/"))


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"evidence": "install"}, "The machine is being installed."),
        ({"evidence": "maintenance"}, "It waits for the platform to schedule a maintenance window."),
        ({"evidence": "maintenance", "maintenance": "shop13/whenever"}, "It waits for the platform to schedule"),
    ],
)
def test_what_is_waited_for_is_said_as_far_as_it_is_known(
    german: Client, cast: dict[str, User], item: dict[str, Any], said: str
) -> None:
    assert said in told(german, cast, item, state=State.SETTLING)


def test_what_has_come_into_force_is_told_with_its_time(german: Client, cast: dict[str, User]) -> None:
    item = {"evidence": "maintenance", "settled_at": timezone.now()}
    assert "In effect on shop13." in told(german, cast, item, state=State.DONE, done_at=timezone.now())
    Item.objects.update(outcome="Rebooted.")
    assert "Rebooted." in text_of(german.get("/c/10001/changes/1/"))


@pytest.mark.parametrize(
    ("item", "done", "promised"),
    [({}, False, False), ({}, True, True), ({"action": "delete"}, True, False)],
    ids=["not concluded yet", "an edit", "a deletion"],
)
def test_of_what_is_accepted_nothing_is_promised_that_nobody_knows(
    german: Client, cast: dict[str, User], item: dict[str, Any], done: bool, promised: bool
) -> None:
    page = told(german, cast, item, state=State.RECORDED, done_at=timezone.now() if done else None)
    assert "Accepted by the platform" in page
    assert ("The platform does not report when it takes effect" in page) is promised


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"memory": 512}, "shop13 anpassen"),
        ({"online": False}, "shop13 herunterfahren"),
        ({}, "Löschung von shop13 abbrechen"),
    ],
)
def test_what_it_does_is_told_in_german_order(
    german: Client, cast: dict[str, User], wanted: dict[str, Any], told: str
) -> None:
    before = {"memory": 1024, "online": True} if wanted else {"deletion": {"deadline": "2026-12-02"}}
    record = Intent(type_name="virtualmachine", key="shop13", wanted=wanted, before=before)
    change = submit(get_scope(cast["manager"], "10001"), [record], "token")
    assert told in text_of(german.get(f"/c/10001/changes/{change.number}/"))
