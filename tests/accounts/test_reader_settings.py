"""Mails go in the language that a person last signed in with or chose, also those that no request of theirs sends."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from portal.accounts.keys import api_keys
from portal.accounts.models import ApiKey, Customer, User
from portal.notify import watching
from portal.notify.mail import outbox as mails
from portal.notify.models import Reading


def language_of(name: str) -> str:
    return User.objects.get(email=f"{name}@example.com").language


def sign_in(language: str) -> Client:
    client = Client(headers={"accept-language": language})
    client.post("/accounts/login/", {"login": "manager@example.com", "password": "portal-demo"})
    assert "_auth_user_id" in client.session
    return client


@pytest.mark.parametrize(("browser", "kept"), [("de-DE,de;q=0.9", "de"), ("en-GB", "en"), ("fr", "en")])
def test_the_language_of_signing_in_is_kept(cast: dict[str, User], browser: str, kept: str) -> None:
    sign_in(browser)
    assert language_of("manager") == kept


def test_the_language_that_a_person_chooses_is_kept(cast: dict[str, User]) -> None:
    client = sign_in("en")
    client.post("/preferences/language", {"language": "de", "next": "/"})
    assert language_of("manager") == "de"


@pytest.mark.parametrize("language", ["", "tlh", "x" * 200])
def test_what_is_no_language_of_ours_is_not_kept(
    cast: dict[str, User], signed_in: Callable[[str], Client], language: str
) -> None:
    signed_in("manager").post("/preferences/language", {"language": language})
    assert language_of("manager") == ""


def test_somebody_who_is_not_signed_in_can_choose_too(db: None) -> None:
    response = Client().post("/preferences/language", {"language": "de", "next": "/accounts/login/"})
    assert response.cookies["django_language"].value == "de"


def ask_for_a_reset(client: Client, email: str) -> None:
    client.post("/accounts/password/reset/", {"email": email})


def invite(client: Client, email: str) -> None:
    client.force_login(User.objects.get(email="manager@example.com"))
    client.post("/c/10001/people/-/invite", {"email": email, "role": "viewer", "group": ""})


MAILS = [(ask_for_a_reset, "Passwort", "Password"), (invite, "Einladung", "Invitation")]


@pytest.mark.parametrize(("ask", "german", "english"), MAILS, ids=["reset", "invitation"])
@pytest.mark.parametrize(
    ("reader", "asker", "is_german"), [("de", "en", True), ("en", "de", False), ("", "de", True), ("", "en", False)]
)
def test_a_mail_is_in_the_language_of_its_reader_else_of_who_asks(
    cast: dict[str, User],
    outbox: list[Any],
    ask: Callable[[Client, str], None],
    german: str,
    english: str,
    reader: str,
    asker: str,
    is_german: bool,
) -> None:
    User.objects.filter(email="outsider@example.com").update(language=reader)
    ask(Client(headers={"accept-language": asker}), "Outsider@example.com")
    (sent,) = outbox
    assert (german if is_german else english) in sent.subject


def test_so_is_the_day_in_it(cast: dict[str, User], outbox: list[Any]) -> None:
    User.objects.filter(email="outsider@example.com").update(language="de")
    invite(Client(headers={"accept-language": "en"}), "outsider@example.com")
    assert re.search(r"bis \w\w \d+\. \w+\.?( \d{4})?, \d\d:\d\d", outbox[0].body)


def test_a_mail_to_somebody_unknown_is_in_the_language_of_who_asks(cast: dict[str, User], outbox: list[Any]) -> None:
    invite(Client(headers={"accept-language": "de"}), "nina@example.com")
    assert "Einladung" in outbox[0].subject


@pytest.mark.parametrize("ask", [ask_for_a_reset, invite])
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_link_in_a_mail_is_in_one_piece(
    cast: dict[str, User], outbox: list[Any], settings: Any, ask: Callable[[Client, str], None], language: str
) -> None:
    host = f"{'portal.' * 10}example.com"
    settings.ALLOWED_HOSTS = [host]
    ask(Client(headers={"accept-language": language, "host": host}), "outsider@example.com")
    sent = outbox[0].message().as_bytes().decode()
    assert re.search(rf"^http://{host}/accounts/\S+/$", sent, re.MULTILINE)
    assert [line for line in outbox[0].body.splitlines() if line not in sent] == []


@pytest.mark.parametrize(("language", "subject"), [("de", "Die Plattform lehnt"), ("en", "The platform rejects")])
def test_a_mail_of_a_worker_is_in_the_language_of_its_reader(
    cast: dict[str, User], outbox: list[Any], language: str, subject: str
) -> None:
    User.objects.update(language=language)
    ApiKey.objects.filter(resource_group="services").update(refused_at=timezone.now())
    Reading.objects.create(customer=Customer.objects.get(number="10001"))
    api_keys.note_refused()
    with override("en"):  # as in a worker
        watching.read_rows()
        mails.send_due()
    assert [message.subject.startswith(subject) for message in outbox] == [True]
