"""A change's page tells the platform's words as such, and everything else in the person's language."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import get_scope
from portal.accounts.models import User
from portal.changes.models import Change, State
from portal.changes.submit import submit
from portal.changes.wanted import Wanted
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
    wanted = Wanted(type_name="virtualmachine", key="shop13", wanted={"memory": 512}, before={"memory": 1024})
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
    record = Wanted(type_name="virtualmachine", key="shop13", wanted=wanted, before=before)
    change = submit(get_scope(cast["manager"], "10001"), [record], "token")
    assert told in text_of(german.get(f"/c/10001/changes/{change.number}/"))
