"""A form that is sent twice is done once, whichever it is: one effect, one entry in the trail, and both lead there."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import NamedTuple

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.accounts import submit_once, tasks
from portal.accounts.models import ApiKey, AuditEntry, Customer, Invitation, Membership, SentForm, User
from portal.billing.thresholds.models import Threshold
from portal.changes.models import Change
from portal.console.models import Announcement, Note, Visit
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401

C = "/c/10001/"
LATER = "2099-11-24T08:30"
NOTES = "/console/c/10001/"


class Form(NamedTuple):
    """Who sends what, from which page, to where."""

    who: str
    page: str
    to: str
    fields: dict[str, str]


FORMS = {
    "note": Form("staff", NOTES, f"{NOTES}note", {"text": "Called back"}),
    "announcement": Form(
        "staff",
        "/console/announcements/",
        "/console/announcements/",
        {"text": "Slow today", "level": "info", "starts": LATER, "ends": LATER.replace("T08", "T09")},
    ),
    "role": Form("staff", f"{NOTES}manage", f"{NOTES}manage/member", {"email": "new@example.com", "role": "viewer"}),
    "customer": Form("staff", "/console/customers/new", "/console/customers/new", {"number": "10077", "name": "New"}),
    "invitation": Form(
        "manager",
        f"{C}people/-/invite",
        f"{C}people/-/invite",
        {"email": "n@example.com", "role": "viewer", "group": ""},
    ),
    "power": Form("manager", f"{C}virtualmachine/shop13/", f"{C}virtualmachine/shop13/-/power", {"online": "false"}),
    "key": Form(
        "manager", f"{C}keys/services/-/replace", f"{C}keys/services/-/replace", {"credential": "services-demo-key"}
    ),
    "limit": Form("manager", f"{C}thresholds/", f"{C}thresholds/", {"what": "amount:", "limit": "100"}),
}


def token_of(client: Client, page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(page).content.decode())
    assert found
    return found[1]


def count_all() -> dict[str, int]:
    """How many there are of whatever a form makes; and how often keys were entered."""
    models = (Note, Announcement, User, Membership, Customer, Invitation, Change, Threshold, Visit, AuditEntry)
    counted = {model.__name__: model.objects.count() for model in models}
    return counted | {"mails": len(mail.outbox), "keys": sum(ApiKey.objects.values_list("generation", flat=True))}


def made(before: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in count_all().items() if count != before[name]}


@pytest.fixture
def alike(browse: Browse) -> Callable[[str], Client]:  # noqa: F811
    """Clients of the same session, as the tabs and clicks of one browser are."""
    first: dict[str, Client] = {}

    def client(name: str) -> Client:
        if name not in first:
            first[name] = browse(name)
        other = Client()
        other.cookies = first[name].cookies
        return other

    return client


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_is_sent_again_leads_to_what_the_first_one_made(alike: Callable[[str], Client], form: Form) -> None:
    client = alike(form.who)
    fields = {"csrfmiddlewaretoken": token_of(client, form.page), **form.fields}
    before = count_all()
    first = client.post(form.to, fields)
    assert first.status_code == 302, text_of(first)
    effect = made(before)
    assert effect
    for _ in range(3):
        again = client.post(form.to, fields)
        assert (again.status_code, again.headers["Location"]) == (302, first.headers["Location"])
    assert made(before) == effect


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_two_that_are_sent_at_the_same_time_are_done_once(alike: Callable[[str], Client], form: Form) -> None:
    clients = [alike(form.who) for _ in range(4)]
    fields = {"csrfmiddlewaretoken": token_of(clients[0], form.page), **form.fields}
    before = count_all()
    ready = Barrier(len(clients))

    def send(client: Client) -> tuple[int, str]:
        try:
            ready.wait(30)
            answer = client.post(form.to, fields)
            return answer.status_code, answer.headers["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = set(pool.map(send, clients))
    assert len(answers) == 1
    at_once = made(before)
    assert answers.pop()[0] == 302
    assert at_once
    assert set(at_once.values()) == {1}


def test_what_is_gone_after_the_first_is_no_error_for_the_second(alike: Callable[[str], Client]) -> None:
    manager = alike("manager")
    member = Membership.objects.get(user__email="viewer@example.com").pk
    manager.post(f"{C}thresholds/", {"what": "amount:", "limit": "100"})
    manager.post(f"{C}people/-/invite", {"email": "n@example.com", "role": "viewer", "group": ""})
    invitation = Invitation.objects.get().pk
    for page, to in (
        (f"{C}people/", f"{C}people/invitation/{invitation}/-/again"),
        (f"{C}people/", f"{C}people/invitation/{invitation}/-/withdraw"),
        (f"{C}people/{member}/", f"{C}people/{member}/-/remove"),
        (f"{C}thresholds/", f"{C}thresholds/{Threshold.objects.get().pk}/-/remove"),
    ):
        fields = {"csrfmiddlewaretoken": token_of(manager, page)}
        before = count_all()
        first = manager.post(to, fields)
        assert first.status_code == 302, to
        effect = made(before)
        assert manager.post(to, fields).headers["Location"] == first.headers["Location"]
        assert made(before) == effect


def test_a_form_with_errors_may_be_sent_until_it_has_none(alike: Callable[[str], Client]) -> None:
    client, form = alike("staff"), FORMS["customer"]
    fields = {"csrfmiddlewaretoken": token_of(client, form.page), **form.fields}
    wrong = {**fields, "number": "none"}
    assert [client.post(form.to, wrong).status_code for _ in range(2)] == [422, 422]
    assert not SentForm.objects.exists()
    assert client.post(form.to, fields).status_code == 302


def test_other_words_from_the_same_page_are_another_form(alike: Callable[[str], Client]) -> None:
    client = alike("staff")
    token = token_of(client, NOTES)
    for text in ("one", "two", "one"):
        client.post(f"{NOTES}note", {"csrfmiddlewaretoken": token, "text": text})
    assert sorted(Note.objects.values_list("text", flat=True)) == ["one", "two"]


def test_the_same_words_from_a_page_that_was_opened_anew_are_meant(alike: Callable[[str], Client]) -> None:
    client = alike("staff")
    for _ in range(2):
        client.post(f"{NOTES}note", {"csrfmiddlewaretoken": token_of(client, NOTES), "text": "Called again"})
    assert Note.objects.count() == 2


def test_who_sends_it_later_is_told(alike: Callable[[str], Client]) -> None:
    client = alike("staff")
    fields = {"csrfmiddlewaretoken": token_of(client, NOTES), "text": "Called back"}
    client.post(f"{NOTES}note", fields)
    assert "done once" not in text_of(client.post(f"{NOTES}note", fields, follow=True))
    SentForm.objects.update(at=timezone.now() - timedelta(hours=1))
    assert "You already sent this. It was carried out once." in text_of(
        client.post(f"{NOTES}note", fields, follow=True)
    )


def test_while_the_first_goes_on_the_second_waits_but_not_for_ever(
    alike: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = alike("staff")
    fields = {"csrfmiddlewaretoken": token_of(client, NOTES), "text": "Called back"}
    client.post(f"{NOTES}note", fields)
    SentForm.objects.update(led_to="")
    monkeypatch.setattr(submit_once, "PATIENCE", 0.1)
    answer = client.post(f"{NOTES}note", fields)
    assert answer.status_code == 302
    assert Note.objects.count() == 1
    assert "still being processed" in text_of(client.get("/console/"))


def test_what_whoever_worked_on_it_did_not_survive_is_done_by_the_next(alike: Callable[[str], Client]) -> None:
    client = alike("staff")
    fields = {"csrfmiddlewaretoken": token_of(client, NOTES), "text": "Called back"}
    client.post(f"{NOTES}note", fields)
    Note.objects.all().delete()
    SentForm.objects.update(led_to="", at=timezone.now() - submit_once.STALE - timedelta(seconds=1))
    assert client.post(f"{NOTES}note", fields).status_code == 302
    assert Note.objects.count() == 1


def test_what_breaks_may_be_sent_again(alike: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    client = alike("staff")
    client.raise_request_exception = False
    fields = {"csrfmiddlewaretoken": token_of(client, NOTES), "text": "Called back"}
    with monkeypatch.context() as patch:
        patch.setattr("portal.console.customers.notes.Note.objects.create", lambda **_: 1 / 0)
        assert client.post(f"{NOTES}note", fields).status_code == 500
    assert client.post(f"{NOTES}note", fields).status_code == 302


def test_it_is_forgotten_after_a_day(db: None) -> None:
    now = timezone.now()
    SentForm.objects.create(key="old", at=now - timedelta(hours=25))
    SentForm.objects.create(key="new", at=now - timedelta(hours=23))
    tasks.tidy()
    assert SentForm.objects.get().key == "new"


def test_a_role_for_somebody_new_set_in_two_tabs_makes_one_person(alike: Callable[[str], Client]) -> None:
    """Two pages, two tokens: both are meant, and the second changes nothing."""
    clients = [alike("staff") for _ in range(6)]
    form = FORMS["role"]
    tokens = [token_of(client, form.page) for client in clients]
    before, ready = count_all(), Barrier(len(clients))

    def send(n: int) -> int:
        try:
            ready.wait(30)
            return clients[n].post(form.to, {"csrfmiddlewaretoken": tokens[n], **form.fields}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        assert set(pool.map(send, range(len(clients)))) == {302}
    assert made(before) == {"User": 1, "Membership": 1, "AuditEntry": 1, "mails": 1}
