"""Whom people are told to ask: as the settings have it, in the menu, where something went wrong, within sentences."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.ui import support_contact
from tests.customer.conftest import text_of


@pytest.fixture
def named(settings: Any) -> None:
    settings.SUPPORT_MAIL = "help@hosting.example"
    settings.SUPPORT_PHONE = "+49 (0) 30 23125 000"
    settings.SUPPORT_HOURS = "Mon–Fri 9:00–17:00"
    settings.SUPPORT_URL = "https://hosting.example/help/"


@pytest.mark.usefixtures("named")
def test_a_sentence_names_them_and_how_they_are_reached() -> None:
    assert support_contact.named("For more, ask %(support)s.") == "For more, ask support (help@hosting.example)."


def test_where_nobody_is_named_the_sentence_is_whole_all_the_same() -> None:
    assert support_contact.named("For more, ask %(support)s.") == "For more, ask support."
    assert support_contact.ways() == []


@pytest.mark.usefixtures("named")
def test_a_click_writes_or_calls_or_opens_it() -> None:
    assert [(way.text, way.address) for way in support_contact.ways()] == [
        ("help@hosting.example", "mailto:help@hosting.example"),
        ("+49 (0) 30 23125 000", "tel:+493023125000"),
        ("hosting.example/help", "https://hosting.example/help/"),
        ("Mon–Fri 9:00–17:00", ""),
    ]


@pytest.mark.usefixtures("named")
def test_the_menu_and_the_pages_for_what_went_wrong_have_it(
    cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    for answer in (
        signed_in("outsider").get("/accounts/"),
        signed_in("outsider").get("/c/99999/"),
        Client().get("/accounts/login/"),
    ):
        assert 'href="mailto:help@hosting.example"' in answer.content.decode()
        assert "Mon–Fri 9:00–17:00" in text_of(answer)


@pytest.mark.usefixtures("named")
def test_so_has_the_page_of_an_error_that_nobody_was_prepared_for(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", lambda request: 1 / 0)
    answer = client.get("/accounts/")
    assert answer.status_code == 500
    assert 'href="tel:+493023125000"' in answer.content.decode()
