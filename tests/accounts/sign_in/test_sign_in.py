"""Signing in: the same answer to whoever has no account, limits that cannot be got around, and what goes on record."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest
import redis
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.totp.internal import auth as totp
from allauth.socialaccount.internal.flows.email_authentication import wipe_password
from allauth.socialaccount.internal.flows.login import complete_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth import hashers, logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory

from portal.accounts.models import AuditEntry, User
from portal.accounts.sign_in.adapter import SocialAdapter
from tests.support.factors import now_shown

LOGIN = "/accounts/login/"
RESET = "/accounts/password/reset/"
PASSWORD = "portal-demo"


def sign_in(email: str, password: str, client: Client | None = None, **extra: Any) -> Any:
    return (client or Client()).post(LOGIN, {"login": email, "password": password}, **extra)


def is_in(response: Any) -> bool:
    return response.status_code == 302 and "sessionid" in response.cookies


def said(response: Any) -> str:
    """The page, without what differs from one to the next by itself."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return re.sub(r'value="[^"]*@[^"]*"', "", page)


# --- the same answer -----------------------------------------------------------------------------------------------


def test_a_person_signs_in_whatever_the_case_of_their_address(cast: dict[str, User]) -> None:
    assert is_in(sign_in("Manager@Example.com", PASSWORD))


def test_nobody_learns_whether_an_account_exists(cast: dict[str, User]) -> None:
    assert said(sign_in("manager@example.com", "wrong")) == said(sign_in("nobody@example.com", "wrong"))


def test_the_same_work_is_done_whether_an_account_exists(
    cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash of the password is what takes the time."""
    hashed: list[str] = []
    real = hashers.MD5PasswordHasher.encode

    def counted(hasher: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return real(hasher, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    for email in ("manager@example.com", "nobody@example.com"):
        hashed.clear()
        sign_in(email, "wrong")
        assert hashed == ["wrong"], email


def test_a_reset_answers_and_mails_the_same_whether_an_account_exists(cast: dict[str, User], outbox: list[Any]) -> None:
    known, unknown = (Client().post(RESET, {"email": email}) for email in ("manager@example.com", "no@example.com"))
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert [message.to for message in outbox] == [["manager@example.com"], ["no@example.com"]]
    assert "/password/reset/key/" in outbox[0].body
    assert "/password/reset/key/" not in outbox[1].body


@pytest.mark.parametrize("email", ["m\u0430nager@example.com", "\u212aim@example.com", "man\u0131ger@example.com"])
def test_an_address_that_only_looks_like_somebodys_is_nobodys(
    cast: dict[str, User], outbox: list[Any], email: str
) -> None:
    User.objects.create_user("kim@example.com", PASSWORD)
    assert not is_in(sign_in(email, PASSWORD))
    Client().post(RESET, {"email": email})
    assert all("/password/reset/key/" not in message.body for message in outbox)


@pytest.mark.parametrize("length", [1_001, 100_000])
def test_an_endless_password_is_just_wrong(cast: dict[str, User], length: int) -> None:
    assert said(sign_in("manager@example.com", "x" * length)) == said(sign_in("nobody@example.com", "wrong"))


@pytest.mark.parametrize("length", [1_001, 100_000])
def test_an_endless_password_is_kept_nowhere(
    cast: dict[str, User], signed_in: Callable[[str], Client], outbox: list[Any], length: int
) -> None:
    """Neither when it is changed nor when it is reset; what was there stays."""
    new = {"password1": "x" * length, "password2": "x" * length}
    changed = signed_in("manager").post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    visitor = Client()
    visitor.post(RESET, {"email": "manager@example.com"})
    form = visitor.get(reset_link(outbox), follow=True)
    reset = visitor.post(form.request["PATH_INFO"], new)
    for answer in (changed, reset):
        assert f"This password has {length} characters; the maximum is 1000." in answer.content.decode()
    assert User.objects.get(email="manager@example.com").check_password(PASSWORD)


def test_whoever_was_switched_off_does_not_get_in(cast: dict[str, User]) -> None:
    User.objects.filter(email="viewer@example.com").update(is_active=False)
    assert "sessionid" not in sign_in("viewer@example.com", "wrong").cookies
    response = sign_in("viewer@example.com", PASSWORD)
    assert response.headers["Location"] == "/accounts/inactive/"


def test_nobody_signs_up_uninvited(cast: dict[str, User]) -> None:
    data = {"email": "new@example.com", "password1": "a long sentence", "password2": "a long sentence"}
    assert "By invitation only" in Client().post("/accounts/signup/", data).content.decode()
    assert not User.objects.filter(email="new@example.com").exists()


# --- limits --------------------------------------------------------------------------------------------------------


def guess(email: str, times: int, **extra: Any) -> Any:
    response = None
    for number in range(times):
        response = sign_in(email, f"guess-{number}", **extra)
    return response


def test_an_account_is_held_after_five_wrong_passwords_from_anywhere(cast: dict[str, User]) -> None:
    for number in range(5):
        guess("manager@example.com", 1, REMOTE_ADDR=f"192.0.2.{number}")
    assert not is_in(sign_in("manager@example.com", PASSWORD, REMOTE_ADDR="198.51.100.1"))
    assert is_in(sign_in("operator@example.com", PASSWORD, REMOTE_ADDR="198.51.100.1"))


def test_an_account_that_does_not_exist_is_held_alike(cast: dict[str, User]) -> None:
    held = [said(guess(email, 6)) for email in ("manager@example.com", "nobody@example.com")]
    assert held[0] == held[1]


def test_an_address_is_held_after_ten_wrong_passwords_for_anybody(cast: dict[str, User]) -> None:
    for number in range(10):
        guess(f"nobody{number}@example.com", 1)
    assert not is_in(sign_in("manager@example.com", PASSWORD))
    assert is_in(sign_in("manager@example.com", PASSWORD, REMOTE_ADDR="198.51.100.1"))


def test_a_forged_forwarded_for_is_no_other_address(cast: dict[str, User]) -> None:
    for number in range(10):
        guess(f"nobody{number}@example.com", 1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    assert not is_in(sign_in("manager@example.com", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.1"))


def test_behind_a_proxy_only_what_it_appended_counts(cast: dict[str, User], settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    for number in range(10):
        guess(f"nobody{number}@example.com", 1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.1")
    assert not is_in(sign_in("manager@example.com", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.9, 192.0.2.1"))
    assert is_in(sign_in("manager@example.com", PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.1, 192.0.2.2"))


def test_another_address_of_the_same_network_is_the_same_address(cast: dict[str, User]) -> None:
    for number in range(10):
        guess(f"nobody{number}@example.com", 1, REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}")
    assert not is_in(sign_in("manager@example.com", PASSWORD, REMOTE_ADDR="2001:db8:1:2::ffff"))


def test_limits_survive_a_flushed_redis(cast: dict[str, User], redis_url: str) -> None:
    guess("manager@example.com", 5)
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    assert not is_in(sign_in("manager@example.com", PASSWORD))


def test_a_good_sign_in_in_between_does_not_begin_the_count_anew(cast: dict[str, User]) -> None:
    guess("manager@example.com", 4)
    assert is_in(sign_in("manager@example.com", PASSWORD))
    guess("manager@example.com", 1)
    assert not is_in(sign_in("manager@example.com", PASSWORD))


def test_codes_of_the_second_factor_cannot_be_guessed(cast: dict[str, User]) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(cast["manager"], secret)
    client = Client()
    assert sign_in("manager@example.com", PASSWORD, client).headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/c/10001/").status_code == 302
    for _ in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not is_in(client.post("/accounts/2fa/authenticate/", {"code": now_shown(secret)}))
    assert client.get("/c/10001/").status_code == 302


# --- on record -----------------------------------------------------------------------------------------------------


def test_every_attempt_goes_on_record_with_its_address_and_no_password(cast: dict[str, User]) -> None:
    sign_in("viewer@example.com", "wrong-secret", REMOTE_ADDR="192.0.2.5")
    sign_in("viewer@example.com", PASSWORD, REMOTE_ADDR="192.0.2.5")
    sign_in("my-password-typed-too-early", "x", REMOTE_ADDR="192.0.2.5")
    entries = AuditEntry.objects.filter(action__startswith="sign_in.").order_by("id")
    assert [(one.chain, one.action, one.actor, one.target) for one in entries] == [
        ("10001", "sign_in.refused", "", "viewer@example.com"),
        ("10001", "sign_in.done", "viewer@example.com", "viewer@example.com"),
    ]
    assert {one.address for one in entries} == {"192.0.2.5"}
    assert "wrong-secret" not in str(list(AuditEntry.objects.values()))


def test_nobody_signs_out_where_nobody_was_signed_in(rf: RequestFactory, db: None) -> None:
    request = rf.post("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    logout(request)
    assert not AuditEntry.objects.filter(action="sign_out").exists()


def test_signing_out_goes_on_record(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("viewer")
    assert client.get("/accounts/logout/").status_code == 200
    client.post("/accounts/logout/")
    assert AuditEntry.objects.get(action="sign_out").actor == "viewer@example.com"
    assert client.get("/c/10001/").status_code == 302


# --- resetting the password ----------------------------------------------------------------------------------------


def reset_link(outbox: list[Any]) -> str:
    match = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", outbox[-1].body)
    assert match
    return match[1]


def test_a_new_password_ends_all_sessions_and_its_link_works_once(
    cast: dict[str, User], signed_in: Callable[[str], Client], outbox: list[Any]
) -> None:
    elsewhere = signed_in("manager")
    assert elsewhere.get("/c/10001/changes/").status_code == 200
    Client().post(RESET, {"email": "manager@example.com"})
    link = reset_link(outbox)
    visitor = Client()
    form = visitor.get(link, follow=True)
    new = {"password1": "a brand new sentence", "password2": "a brand new sentence"}
    visitor.post(form.request["PATH_INFO"], new)
    assert elsewhere.get("/c/10001/changes/").status_code == 302
    assert is_in(sign_in("manager@example.com", "a brand new sentence"))
    assert "It was used already" in Client().get(link, follow=True).content.decode()


NEW = {"password1": "a brand new sentence", "password2": "a brand new sentence"}


def opened(client: Client, link: str) -> tuple[str, str]:
    """The page that the link leads to: its address, and what it says."""
    page = client.get(link, follow=True)
    return page.request["PATH_INFO"], page.content.decode()


def test_a_link_says_whose_password_it_sets_and_signs_nobody_out_before(
    signed_in: Callable[[str], Client], outbox: list[Any]
) -> None:
    somebody = signed_in("viewer")
    somebody.post(RESET, {"email": "manager@example.com"})
    form, page = opened(somebody, reset_link(outbox))
    assert "For manager@example.com." in page
    assert "You are signed in as viewer@example.com. Setting this password signs you out here." in page
    somebody.post(form, {"password1": "short", "password2": "short"})
    assert somebody.get("/c/10001/changes/").status_code == 200
    somebody.post(form, NEW)
    assert somebody.get("/c/10001/changes/").status_code == 302
    assert AuditEntry.objects.get(action="sign_out").actor == "viewer@example.com"
    assert User.objects.get(email="manager@example.com").check_password("a brand new sentence")
    assert "It was used already" in opened(somebody, form)[1]


def test_a_link_of_ones_own_says_nothing_of_anybody_else(signed_in: Callable[[str], Client], outbox: list[Any]) -> None:
    manager = signed_in("manager")
    manager.post(RESET, {"email": "manager@example.com"})
    assert "You are signed in as" not in opened(manager, reset_link(outbox))[1]


def test_a_link_to_set_a_password_says_why_it_works_no_more(
    cast: dict[str, User], outbox: list[Any], passes: Callable[[int], None]
) -> None:
    visitor = Client()
    visitor.post(RESET, {"email": "manager@example.com"})
    link = reset_link(outbox)
    address, _page = opened(visitor, link)
    assert "only works in the browser session in which the link was opened" in opened(Client(), address)[1]
    assert "part of it is missing" in opened(Client(), link[:-5] + "/")[1]
    passes(2 * 60 * 60 + 1)
    assert "valid for two hours" in opened(Client(), link)[1]


def test_a_mail_server_that_is_away_shows_nobody_who_has_an_account(cast: dict[str, User], settings: Any) -> None:
    smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": "127.0.0.1", "port": 1}}
    settings.MAILERS = {"default": smtp}
    for email in ("manager@example.com", "nobody@example.com"):
        assert Client().post(RESET, {"email": email}).headers["Location"] == "/accounts/password/reset/done/"


# --- single sign-on ------------------------------------------------------------------------------------------------

SIGN_ON = "/accounts/oidc/sso/login/?process=login&next=%2Fc%2F10001%2F"


def sent_on(client: Client) -> str:
    """Where the form of single sign-on leads."""
    page = client.get(SIGN_ON).content.decode()
    (action,) = re.findall(r'<main.*?<form method="post" action="([^"]*)"', page, re.DOTALL)
    location: str = client.post(urljoin(SIGN_ON, html.unescape(action))).headers["Location"]
    assert location.startswith("https://id.example/authorization?")
    return location


@pytest.mark.usefixtures("sign_on")
def test_after_signing_out_the_provider_asks_for_the_account(cast: dict[str, User]) -> None:
    client = Client()
    sign_in("viewer@example.com", PASSWORD, client)
    client.post("/accounts/logout/")
    assert "prompt=select_account" in sent_on(client)
    assert "It asks which account to use." in client.get(SIGN_ON).content.decode()


@pytest.mark.usefixtures("sign_on")
def test_after_a_session_that_ran_out_it_does_not(cast: dict[str, User]) -> None:
    client = Client()
    sign_in("viewer@example.com", PASSWORD, client)
    del client.cookies["sessionid"]
    assert "prompt" not in sent_on(client)


@pytest.mark.usefixtures("sign_on")
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([("manager@example.com", False)], "has not verified the address manager@example.com"),
        ([("stranger@example.com", False)], "has not verified the address stranger@example.com"),
        ([], "has sent no email address"),
    ],
)
def test_whom_the_provider_does_not_vouch_for_is_told_so(
    cast: dict[str, User], said: list[tuple[str, bool]], answer: str
) -> None:
    request = Client().get(LOGIN).wsgi_request
    login = SocialLogin(
        user=User(),
        account=SocialAccount(provider="sso", uid="4711"),
        email_addresses=[EmailAddress(email=email, verified=verified) for email, verified in said],
    )
    login.state = {"process": "login"}
    with context.request_context(request):
        assert answer in complete_login(request, login).content.decode()


def test_single_sign_on_leaves_the_password_as_it_is(cast: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    """Their address is proven: they were invited to it."""
    adapter = SocialAdapter()
    monkeypatch.setattr(adapter, "can_authenticate_by_email", lambda *args: True)
    said = [EmailAddress(email="manager@example.com", verified=True)]
    found = adapter.authenticate_by_email(SocialLogin(email_addresses=said))
    assert found == (cast["manager"], "manager@example.com")
    wipe_password(RequestFactory().get("/"), *found)
    assert User.objects.get(email="manager@example.com").check_password(PASSWORD)
    unproven = [EmailAddress(email="viewer@example.com", verified=False)]
    assert adapter.authenticate_by_email(SocialLogin(email_addresses=unproven)) is None
