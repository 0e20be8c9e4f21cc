"""What mails about an account say: what was done, from where, and what to do now."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from portal.accounts.models import User
from tests.support.factors import now_shown

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
RESET = "/accounts/password/reset/"
NOT_OURS = re.compile(r"Hello from|Thank you for using|example\.com!|None", re.IGNORECASE)


@pytest.fixture
def manager(cast: dict[str, User]) -> Client:
    """Signed in, and has just said again who they are."""
    client = Client(headers={"User-Agent": FIREFOX})
    client.post("/accounts/login/", {"login": "manager@example.com", "password": "portal-demo"})
    client.post("/accounts/reauthenticate/", {"password": "portal-demo"})
    return client


def change_password(client: Client) -> None:
    new = "a brand new sentence"
    client.post("/accounts/password/change/", {"oldpassword": "portal-demo", "password1": new, "password2": new})


def set_up_an_app(client: Client) -> None:
    client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/2fa/totp/activate/", {"code": now_shown(client.session["mfa.totp.secret"])})


@pytest.mark.parametrize(
    ("do", "what"),
    [(change_password, "Your password has been changed."), (set_up_an_app, "Authenticator app activated.")],
)
@pytest.mark.django_db(transaction=True)
def test_a_change_is_told_with_where_it_came_from(manager: Client, outbox: list[Any], do: Any, what: str) -> None:
    do(manager)
    told = outbox[0]
    lines = [line for line in told.body.splitlines() if line]
    assert lines[:2] == [what, "It was done from 127.0.0.1, with Firefox · Linux."]
    assert lines[2].startswith("If it was not you, change your password at once and tell ")
    assert not NOT_OURS.search(told.subject + told.body)


def test_it_is_told_in_the_language_of_who_reads_it(manager: Client, outbox: list[Any]) -> None:
    User.objects.update(language="de")
    change_password(manager)
    assert "Die Änderung kam von 127.0.0.1, mit Firefox · Linux." in outbox[0].body


def test_a_link_to_set_a_new_password_comes_with_how_long_it_lasts(cast: dict[str, User], outbox: list[Any]) -> None:
    Client().post(RESET, {"email": "viewer@example.com"})
    (told,) = outbox
    assert told.subject == "Password reset"
    assert settings.PASSWORD_RESET_TIMEOUT == 2 * 3600, "the mail says so"
    assert "for viewer@example.com. To do so, open this link within two hours:\n\nhttp://testserver/" in told.body
    assert not NOT_OURS.search(told.body)


def test_who_has_no_account_is_not_led_to_one_that_nobody_can_make(cast: dict[str, User], outbox: list[Any]) -> None:
    Client().post(RESET, {"email": "nobody@example.org"})
    (told,) = outbox
    assert (told.to, told.subject) == (["nobody@example.org"], "No account with this address")
    assert "ask your company’s manager in the portal to invite you" in told.body
    assert "http" not in told.body
