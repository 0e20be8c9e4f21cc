"""Mails go in the language that a person last signed in with or chose, also those that no request of theirs sends."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from portal.accounts import api_keys
from portal.accounts.models import ApiKey, User


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


@pytest.mark.parametrize(("language", "subject"), [("de", "Die Plattform weist"), ("en", "The platform refuses")])
def test_a_mail_of_a_worker_is_in_the_language_of_its_reader(
    cast: dict[str, User], settings: Any, language: str, subject: str
) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    mail.outbox = []  # type: ignore[attr-defined]
    User.objects.update(language=language)
    ApiKey.objects.filter(resource_group="services").update(refused_at=timezone.now())
    with override("en"):  # as in a worker
        api_keys.tell_of_refused()
    assert [message.subject.startswith(subject) for message in mail.outbox] == [True]
