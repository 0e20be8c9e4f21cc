"""Second factors: who has to give one, that codes work once, and that old sessions end however busy they are."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.management import CommandError, call_command
from django.test import Client

from portal.accounts.models import AuditEntry, Customer, User
from portal.accounts.sign_in import sessions
from tests.support.factors import now_shown

LOGIN = "/accounts/login/"
CODE = "/accounts/2fa/authenticate/"
SET_UP = "/accounts/2fa/totp/activate/"
PAGE = "/c/10001/changes/"


@pytest.fixture
def secret(cast: dict[str, User]) -> str:
    """Of the manager's authenticator app; they have recovery codes as well."""
    found = str(totp.generate_totp_secret())
    totp.TOTP.activate(cast["manager"], found)
    return found


def by_password() -> Client:
    client = Client()
    answer = client.post(LOGIN, {"login": "manager@example.com", "password": "portal-demo"})
    assert answer.headers["Location"] == CODE
    return client


def test_the_code_is_asked_for_and_works_once(secret: str) -> None:
    first, second = by_password(), by_password()
    assert first.get(PAGE).status_code == 302
    code = now_shown(secret)
    first.post(CODE, {"code": code})
    assert first.get(PAGE).status_code == 200
    second.post(CODE, {"code": code})
    assert second.get(PAGE).status_code == 302


@pytest.mark.parametrize(("steps", "page"), [(-2, 302), (-1, 200), (0, 200), (1, 200), (2, 302)])
def test_a_phone_may_be_one_step_off(secret: str, steps: int, page: int) -> None:
    client = by_password()
    client.post(CODE, {"code": now_shown(secret, steps=steps)})
    assert client.get(PAGE).status_code == page


def test_a_code_works_once_for_as_long_as_it_is_good(secret: str, passes: Callable[[int], None]) -> None:
    code = now_shown(secret, steps=1)
    first, second = by_password(), by_password()
    first.post(CODE, {"code": code})
    passes(59)
    second.post(CODE, {"code": code})
    assert (first.get(PAGE).status_code, second.get(PAGE).status_code) == (200, 302)


def setting_up(name: str = "viewer") -> Client:
    client = Client()
    client.post(LOGIN, {"login": f"{name}@example.com", "password": "portal-demo"})
    client.post("/accounts/reauthenticate/", {"password": "portal-demo"})
    return client


def scanned(client: Client) -> str:
    """The secret that the page shows."""
    return str(client.get(SET_UP).context["form"].secret)


@pytest.mark.django_db(transaction=True)
def test_the_secret_that_was_scanned_stays_whatever_is_looked_at_meanwhile(cast: dict[str, User]) -> None:
    client = setting_up()
    secret = scanned(client)
    assert scanned(client) == secret  # in another tab, or by a reload
    client.post(SET_UP, {"code": "000000"})
    assert client.post(SET_UP, {"code": now_shown(secret)}).status_code == 302
    assert totp.TOTP(Authenticator.objects.get(type="totp")).validate_code(now_shown(secret, steps=1))


@pytest.mark.django_db(transaction=True)
def test_another_set_up_has_another_secret(cast: dict[str, User]) -> None:
    client = setting_up()
    secret = scanned(client)
    client.post(SET_UP, {"code": now_shown(secret)})
    client.post("/accounts/2fa/totp/deactivate/")
    assert scanned(client) != secret


@pytest.mark.django_db(transaction=True)
def test_the_code_that_set_an_app_up_signs_nobody_in(cast: dict[str, User]) -> None:
    client = setting_up()
    secret = scanned(client)
    code = now_shown(secret)
    client.post(SET_UP, {"code": code})
    client.post("/accounts/logout/")
    client.post(LOGIN, {"login": "viewer@example.com", "password": "portal-demo"})
    client.post(CODE, {"code": code})
    assert client.get(PAGE).status_code == 302
    client.post(CODE, {"code": now_shown(secret, steps=1)})
    assert client.get(PAGE).status_code == 200


def test_a_recovery_code_signs_in_once(secret: str, cast: dict[str, User]) -> None:
    code = RecoveryCodes.activate(cast["manager"]).get_unused_codes()[0]
    first, second = by_password(), by_password()
    first.post(CODE, {"code": code})
    assert first.get(PAGE).status_code == 200
    second.post(CODE, {"code": code})
    assert second.get(PAGE).status_code == 302


# --- codes that run out, and devices that are lost -------------------------------------------------------------------


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("left", "subject", "said", "is_loud"),
    [
        (9, "A recovery code was used", "9 are left", False),
        (3, "A recovery code was used", "3 are left", False),
        (2, "Only 2 recovery codes left", "2 are left", True),
        (1, "Only 1 recovery code left", "1 is left", True),
        (0, "Your last recovery code was used", "That was your last recovery code", True),
    ],
)
def test_whoever_uses_a_recovery_code_hears_how_many_are_left(
    secret: str, cast: dict[str, User], outbox: list[Any], left: int, subject: str, said: str, is_loud: bool
) -> None:
    codes = RecoveryCodes.activate(cast["manager"])
    unused = codes.get_unused_codes()
    for code in unused[left + 1 :]:
        codes.validate_code(code)
    client = by_password()
    page = client.post(CODE, {"code": unused[0]}, follow=True)
    assert said in text(page)
    assert ("notice-warning" in page.content.decode()) == is_loud
    (sent,) = outbox
    assert (sent.subject, sent.to) == (subject, ["manager@example.com"])
    assert "/accounts/2fa/recovery-codes/generate/" in sent.body
    account = text(client.get("/accounts/"))
    assert ("create new codes before you need them" in account) == is_loud


@pytest.mark.django_db(transaction=True)
def test_the_code_of_an_app_says_nothing_of_recovery_codes(secret: str, outbox: list[Any]) -> None:
    assert "recovery code" not in text(by_password().post(CODE, {"code": now_shown(secret)}, follow=True))
    assert not outbox


@pytest.mark.django_db(transaction=True)
def test_an_administrator_resets_the_factors_of_a_person(secret: str, cast: dict[str, User], outbox: list[Any]) -> None:
    RecoveryCodes.activate(cast["manager"])
    signed_in = by_password()
    signed_in.post(CODE, {"code": now_shown(secret)})
    call_command("reset_second_factor", "Manager@example.com", reason="Called back by phone")
    assert not Authenticator.objects.exists()
    assert signed_in.get(PAGE).status_code == 302
    again = Client()
    again.post(LOGIN, {"login": "manager@example.com", "password": "portal-demo"})
    assert again.get(PAGE).status_code == 200
    entry = AuditEntry.objects.get(action="second_factor.reset")
    assert (entry.chain, entry.actor, entry.target) == ("10001", "", "manager@example.com")
    assert json.loads(entry.before) == {"factors": ["recovery_codes", "totp"]}
    assert json.loads(entry.after) == {"reason": "Called back by phone"}
    assert [(one.subject, one.to) for one in outbox] == [
        ("Two-factor was reset for your account", ["manager@example.com"])
    ]


@pytest.mark.parametrize(("email", "reason"), [("nobody@example.com", "Called back"), ("manager@example.com", " ")])
def test_nothing_is_reset_of_nobody_or_for_no_reason(secret: str, email: str, reason: str) -> None:
    with pytest.raises(CommandError):
        call_command("reset_second_factor", email, reason=reason)
    assert Authenticator.objects.exists()


def test_where_there_is_nothing_to_reset_nothing_is_on_record(cast: dict[str, User]) -> None:
    call_command("reset_second_factor", "viewer@example.com", reason="Called back")
    assert not AuditEntry.objects.filter(action="second_factor.reset").exists()


def test_whoever_gave_one_sees_what_asks_for_it(secret: str) -> None:
    Customer.objects.filter(number="10001").update(requires_second_factor=True)
    client = by_password()
    client.post(CODE, {"code": now_shown(secret)})
    assert client.get(PAGE).status_code == 200
    done = AuditEntry.objects.get(action="sign_in.done")
    assert "mfa" in done.after


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        (Authenticator.Type.TOTP, "/accounts/2fa/reauthenticate/"),
        (Authenticator.Type.WEBAUTHN, "/accounts/2fa/webauthn/reauthenticate/"),
    ],
)
def test_who_has_one_and_has_not_given_it_is_asked_for_the_one_that_they_have(
    signed_in: Callable[[str], Client], cast: dict[str, User], kind: Authenticator.Type, page: str
) -> None:
    Customer.objects.filter(number="10001").update(requires_second_factor=True)
    Authenticator.objects.create(user=cast["manager"], type=kind, data={})
    assert signed_in("manager").get(PAGE).headers["Location"] == f"{page}?next=%2Fc%2F10001%2Fchanges%2F"


def test_a_manager_who_gave_one_can_require_it(secret: str) -> None:
    client = by_password()
    client.post(CODE, {"code": now_shown(secret)})
    client.post("/c/10001/people/-/second-factor", {"required": "yes"})
    assert Customer.objects.get(number="10001").requires_second_factor
    assert AuditEntry.objects.get(action="customer.changed").actor == "manager@example.com"


def test_a_new_password_does_not_skip_the_second_factor(secret: str, cast: dict[str, User]) -> None:
    key = f"{user_pk_to_url_str(cast['manager'])}-{default_token_generator.make_token(cast['manager'])}"
    client = Client()
    form = client.get(f"/accounts/password/reset/key/{key}/", follow=True).request["PATH_INFO"]
    client.post(form, {"password1": "a brand new sentence", "password2": "a brand new sentence"})
    assert client.get(PAGE).status_code == 302
    answer = client.post(LOGIN, {"login": "manager@example.com", "password": "a brand new sentence"})
    assert answer.headers["Location"] == CODE


@pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "recovery-codes/generate/"])
def test_second_factors_change_only_for_who_says_again_who_they_are(cast: dict[str, User], path: str) -> None:
    client = Client()
    client.post(LOGIN, {"login": "viewer@example.com", "password": "portal-demo"})
    for ask in (client.get, client.post):
        assert ask(f"/accounts/2fa/{path}").headers["Location"].startswith("/accounts/reauthenticate/?next=")


def test_a_wrong_code_goes_on_record_as_nobodys(secret: str) -> None:
    by_password().post(CODE, {"code": "000000"})
    entry = AuditEntry.objects.get(action="second_factor.refused")
    assert (entry.actor, entry.target.split()[0]) == ("", "manager@example.com")


def test_staff_see_nothing_before_they_have_given_one(signed_in: Callable[[str], Client], settings: Any) -> None:
    settings.STAFF_MFA = True
    answer = signed_in("staff").get("/console/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/2fa/?required=1")


@pytest.mark.django_db(transaction=True)
def test_whoever_had_to_set_one_up_gets_to_what_they_wanted(cast: dict[str, User]) -> None:
    Customer.objects.filter(number="10001").update(requires_second_factor=True)
    client = Client()
    client.post(LOGIN, {"login": "viewer@example.com", "password": "portal-demo"})
    assert client.get(f"{PAGE}?state=done").headers["Location"].startswith("/accounts/2fa/?required=1")
    client.post("/accounts/reauthenticate/", {"password": "portal-demo"})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    client.post("/accounts/2fa/totp/activate/", {"code": now_shown(client.session["mfa.totp.secret"])})
    codes = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert 'href="/accounts/on"' in codes
    assert client.get("/accounts/on").headers["Location"] == f"{PAGE}?state=done"
    assert client.get(PAGE).status_code == 200
    assert client.get("/accounts/on").headers["Location"] == "/"


def test_a_password_is_changed_with_the_old_one_only(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("viewer")
    new = {"password1": "a brand new sentence", "password2": "a brand new sentence"}
    client.post("/accounts/password/change/", {"oldpassword": "wrong", **new})
    assert User.objects.get(email="viewer@example.com").check_password("portal-demo")
    client.post("/accounts/password/change/", {"oldpassword": "portal-demo", **new})
    assert User.objects.get(email="viewer@example.com").check_password("a brand new sentence")
    assert AuditEntry.objects.filter(action="password.changed").count() == 1


def test_a_new_password_is_asked_for_in_plain_words(signed_in: Callable[[str], Client]) -> None:
    page = signed_in("viewer").get("/accounts/password/change/").content.decode()
    for words in ("Current password", "Repeat new password", "At least 10 characters; a sentence works well."):
        assert page.count(words) == 1, words
    assert "placeholder" not in page[page.index("<main") :]


def test_a_session_ends_after_seven_days_however_busy(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("viewer")
    session = client.session
    session[sessions.BEGAN] = int(time.time() - sessions.LONGEST) - 1
    session.save()
    assert client.get(PAGE).status_code == 302
