"""The link that ends a sort of mail: who looks at it changes nothing, who posts to it needs no session."""

import re
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from portal.accounts.models import AuditEntry, Membership, User
from portal.notify import choices
from portal.notify.kinds import KINDS, Channel
from portal.notify.mail import unsubscribe
from portal.notify.models import Choice
from tests.customer.conftest import text_of

type Cast = dict[str, User]

KIND = KINDS["maintenance.announced"]
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example.com"


def path(user: User, channel: Channel = Channel.MAIL) -> str:
    return unsubscribe.link(user, channel, [KIND]).removeprefix("https://portal.example.com")


def channels(user: User, name: str = KIND.name) -> set[Channel]:
    chosen = choices.of_people([user.pk]).get(user.pk, {})
    return set(choices.channels(KINDS[name], chosen))


def token_of(*values: object, salt: str = unsubscribe.SALT) -> str:
    return f"/notifications/stop/{signing.dumps(values, salt=salt)}"


def test_looking_changes_nothing(cast: Cast) -> None:
    for _time in range(3):
        response = Client().get(path(cast["viewer"]))
        assert response.status_code == 200
    assert Client().head(path(cast["viewer"])).status_code == 200
    assert "viewer@example.com will no longer receive these emails: Maintenance announced" in text_of(response)
    assert response.content.count(b"<button") == 1
    assert not Choice.objects.exists()
    assert not AuditEntry.objects.filter(action="notifications.changed").exists()


def test_a_mail_program_ends_it_with_one_click(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(path(cast["viewer"]), ONE_CLICK, content_type=FORM)
    assert response.status_code == 200
    assert channels(cast["viewer"]) == {Channel.BELL}
    assert channels(cast["viewer"], "maintenance.moved") == {Channel.BELL, Channel.MAIL}
    assert channels(cast["operator"]) == {Channel.BELL, Channel.MAIL}


def test_so_does_one_that_sends_several_parts(cast: Cast) -> None:
    assert Client(enforce_csrf_checks=True).post(path(cast["viewer"]), {"List-Unsubscribe": "One-Click"}).status_code
    assert channels(cast["viewer"]) == {Channel.BELL}


@pytest.mark.parametrize("name", ["", "viewer", "outsider", "staff"])
def test_the_button_does_too_whoever_is_signed_in(cast: Cast, signed_in: Any, name: str) -> None:
    response = signed_in(name).post(path(cast["viewer"]))
    assert "viewer@example.com no longer receives these emails: Maintenance announced" in text_of(response)
    assert 'href="/c/10001/notifications/settings"' in response.content.decode()
    assert b"<button" not in response.content
    assert channels(cast["viewer"]) == {Channel.BELL}


def test_it_is_on_record_once(cast: Cast) -> None:
    for _time in range(2):
        assert Client().post(path(cast["viewer"])).status_code == 200
    (entry,) = AuditEntry.objects.filter(action="notifications.changed")
    assert (entry.chain, entry.target, entry.actor) == ("10001", "viewer@example.com", "")
    assert '"ended": ["maintenance.announced"]' in entry.after


def test_the_link_of_a_digest_ends_the_digest(cast: Cast) -> None:
    for name in ("maintenance.announced", "deletion.stage"):
        choices.choose(cast["viewer"], {(name, Channel.DIGEST): True})
    response = Client().post(path(cast["viewer"], Channel.DIGEST))
    assert "viewer@example.com no longer receives a daily summary." in text_of(response)
    assert channels(cast["viewer"]) == {Channel.BELL, Channel.MAIL}
    assert not Choice.objects.filter(channel=Channel.DIGEST).exists()


def test_nothing_of_the_token_gets_around(cast: Cast) -> None:
    for method in ("get", "post"):
        response = getattr(Client(), method)(path(cast["viewer"]))
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store, private"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert re.findall(rb'<script src="([^"]+)"', response.content) == [b"/static/js/theme.js"]


def test_the_page_is_in_the_readers_language(cast: Cast) -> None:
    User.objects.filter(pk=cast["viewer"].pk).update(language="de")
    assert b'<html lang="de"' in Client().get(path(cast["viewer"])).content


def test_what_is_no_token_is_not_there(cast: Cast) -> None:
    person = cast["viewer"].pk
    forged = path(cast["viewer"])
    for one in (
        "/notifications/stop/nothing",
        forged[:-1] + ("A" if forged[-1] != "A" else "B"),
        token_of(person, KIND.name, "mail", salt="another"),
        token_of(person, "no.such.kind", "mail"),
        token_of(person, KIND.name, "pigeon"),
        token_of(person, "deletion.imminent", "mail"),
        token_of(10**9, KIND.name, "mail"),
        token_of("x"),
        f"/notifications/stop/{signing.dumps('text', salt=unsubscribe.SALT)}",
    ):
        assert [Client().get(one).status_code, Client().post(one).status_code] == [404, 404], one
    assert not Choice.objects.exists()


def test_that_of_who_may_not_sign_in_any_more_is_not_there_either(cast: Cast) -> None:
    User.objects.filter(pk=cast["viewer"].pk).update(is_active=False)
    assert Client().post(path(cast["viewer"])).status_code == 404


def test_who_belongs_to_nobody_any_more_can_end_it_still(cast: Cast) -> None:
    Membership.objects.filter(user=cast["viewer"]).delete()
    response = Client().post(path(cast["viewer"]))
    assert response.status_code == 200
    assert b"notifications/settings" not in response.content
    assert AuditEntry.objects.get(action="notifications.changed").chain == ""


def test_what_cannot_be_ended_has_no_link(cast: Cast, settings: Any) -> None:
    assert unsubscribe.link(cast["viewer"], Channel.MAIL, [KINDS["deletion.imminent"]]) == ""
    settings.PORTAL_URL = ""
    assert unsubscribe.link(cast["viewer"], Channel.MAIL, [KIND]) == ""
