"""Sessions: their keys change when it matters, they are listed and ended; headers; what was typed outlives them."""

import json
from base64 import b64encode
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse, QueryDict
from django.test import Client, RequestFactory
from django.utils import timezone

from portal.accounts import form_drafts
from portal.accounts.access import get_scope
from portal.accounts.middleware import browser_headers
from portal.accounts.models import AuditEntry, Customer, Draft, Membership, User
from portal.accounts.roles import Role
from portal.accounts.tasks import tidy
from tests.support.factors import now_shown

INVITE = "/c/10001/people/-/invite"
TYPED = {"email": "nina@example.com", "role": "operator", "group": ""}
SESSIONS = "/accounts/sessions/"


def sign_in(name: str, **extra: Any) -> Client:
    """By the form, so that the session is known as one."""
    client = Client(**extra)
    client.post("/accounts/login/", {"login": f"{name}@example.com", "password": "portal-demo"})
    return client


def key(client: Client) -> str:
    return client.cookies["sessionid"].value


# --- keys ----------------------------------------------------------------------------------------------------------


def test_signing_in_gives_the_session_another_key(cast: dict[str, User]) -> None:
    client = Client()
    client.get("/c/10001/")
    session = client.session
    session["planted"] = True
    session.save()
    before = key(client)
    client.post("/accounts/login/", {"login": "viewer@example.com", "password": "portal-demo"})
    assert key(client) != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_gives_the_session_another_key(cast: dict[str, User]) -> None:
    """When it is set up, and when it is asked for anew."""
    client = sign_in("viewer")
    client.post("/accounts/reauthenticate/", {"password": "portal-demo"})
    client.get("/accounts/2fa/totp/activate/")
    secret, before = client.session["mfa.totp.secret"], key(client)
    for path in ("/accounts/2fa/totp/activate/", "/accounts/2fa/reauthenticate/"):
        cache.clear()  # where it is kept that the code was used
        client.post(path, {"code": now_shown(secret)})
        assert key(client) != before, path
        before = key(client)


def test_another_customer_gives_the_session_another_key(cast: dict[str, User]) -> None:
    Membership.objects.create(user=cast["manager"], customer=Customer.objects.get(number="10002"), role=Role.VIEWER)
    client = sign_in("manager")
    client.get("/c/10001/changes/")
    first = key(client)
    client.get("/c/10001/keys/")
    assert key(client) == first
    client.get("/c/10002/changes/")
    assert key(client) != first
    stolen = Client()
    stolen.cookies["sessionid"] = first
    assert stolen.get("/c/10001/changes/").status_code == 302
    assert UserSession.objects.get(user=cast["manager"]).session_key == key(client)


def test_a_part_asked_for_with_the_key_of_a_moment_ago_does_not_sign_out(cast: dict[str, User]) -> None:
    old = Client()
    old.cookies["sessionid"] = "gone"
    response = old.get("/c/10001/changes/", headers={"HX-Request": "true"})
    assert "sessionid" not in response.cookies


# --- the list ------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_with_device_and_place(cast: dict[str, User]) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    sign_in("viewer", REMOTE_ADDR="192.0.2.1", HTTP_USER_AGENT=agent)
    page = sign_in("viewer", REMOTE_ADDR="192.0.2.2").get(SESSIONS).content.decode()
    assert "Firefox · Linux" in page
    assert "192.0.2.1" in page
    assert "192.0.2.2" in page


def test_a_session_that_is_over_is_neither_listed_nor_kept(cast: dict[str, User]) -> None:
    """It has run out, was ended elsewhere, or was signed in to by an earlier password."""
    run_out, ended, earlier = (sign_in("viewer") for _ in range(3))
    Session.objects.filter(session_key=key(run_out)).update(expire_date=timezone.now())
    Session.objects.filter(session_key=key(ended)).delete()
    cast["viewer"].set_password("another one, and long enough")
    cast["viewer"].save()
    here = Client()
    here.force_login(cast["viewer"])
    assert [one.session.session_key for one in here.get(SESSIONS).context["sessions"]] == [key(here)]
    assert UserSession.objects.get().session_key == key(here)
    assert earlier.get(SESSIONS).status_code == 302


def test_nothing_is_kept_of_sessions_that_have_run_out(cast: dict[str, User]) -> None:
    over, going_on = Client(), Client()
    for client in (over, going_on):
        client.force_login(cast["viewer"])
        client.get("/accounts/")
    assert UserSession.objects.count() == 2
    Session.objects.filter(session_key=over.session.session_key).update(expire_date=timezone.now())
    tidy()
    assert [one.session_key for one in UserSession.objects.all()] == [going_on.session.session_key]
    assert Session.objects.filter(session_key=going_on.session.session_key).exists()
    assert going_on.get("/accounts/").status_code == 200


def test_one_session_or_all_others_can_be_ended(cast: dict[str, User]) -> None:
    here, there, elsewhere = (sign_in("viewer") for _ in range(3))
    here.post(f"{SESSIONS}{UserSession.objects.get(session_key=key(there)).pk}/end")
    assert [client.get(SESSIONS).status_code for client in (here, there, elsewhere)] == [200, 302, 200]
    here.post(f"{SESSIONS}end")
    assert [client.get(SESSIONS).status_code for client in (here, elsewhere)] == [200, 302]
    assert AuditEntry.objects.filter(action="session.ended", actor="viewer@example.com").count() == 2


def test_somebody_elses_session_cannot_be_ended(cast: dict[str, User]) -> None:
    theirs = sign_in("manager")
    pk = UserSession.objects.get(session_key=key(theirs)).pk
    sign_in("viewer").post(f"{SESSIONS}{pk}/end")
    assert theirs.get(SESSIONS).status_code == 200


def test_an_administrator_ends_the_sessions_of_one_person_or_of_all(cast: dict[str, User]) -> None:
    viewer, manager = sign_in("viewer"), sign_in("manager")
    call_command("end_sessions", "Viewer@example.com")
    assert [client.get(SESSIONS).status_code for client in (viewer, manager)] == [302, 200]
    call_command("end_sessions", all=True)
    assert manager.get(SESSIONS).status_code == 302
    assert not Session.objects.exists()
    entry = AuditEntry.objects.filter(action="session.ended").order_by("id")[0]
    assert (entry.actor, entry.target) == ("", "1 of viewer@example.com, by an administrator")


@pytest.mark.parametrize(
    "arguments", [[], ["--all", "viewer@example.com"], ["viewer@example.com", "nobody@example.com"]]
)
def test_sessions_of_nobody_in_particular_are_not_ended(cast: dict[str, User], arguments: list[str]) -> None:
    viewer = sign_in("viewer")
    with pytest.raises(CommandError):
        call_command("end_sessions", *arguments)
    assert viewer.get(SESSIONS).status_code == 200


# --- what was typed ------------------------------------------------------------------------------------------------


def send(client: Client, **headers: str) -> Any:
    return client.post(INVITE, TYPED, headers={"Referer": f"http://testserver{INVITE}", **headers})


def test_a_form_that_came_too_late_is_kept_for_whose_session_it_was(cast: dict[str, User]) -> None:
    client = sign_in("manager")
    Session.objects.all().delete()
    response = send(client)
    assert response.headers["Location"] == "/accounts/login/?next=%2Fc%2F10001%2Fpeople%2F-%2Finvite&again=kept"
    assert 'value="manager@example.com"' in client.get(response.headers["Location"]).content.decode()
    client.post("/accounts/login/", {"login": "manager@example.com", "password": "portal-demo"})
    page = client.get(INVITE).content.decode()
    assert 'value="nina@example.com"' in page
    assert "It has not been sent" in page
    assert 'value="nina@example.com"' not in client.get(f"{INVITE}?draft=drop").content.decode()
    assert not Draft.objects.exists()


def test_a_browser_without_a_session_of_ours_keeps_nothing(cast: dict[str, User]) -> None:
    assert "again=ended" in send(Client()).headers["Location"]
    assert not Draft.objects.exists()


def test_after_signing_out_nothing_says_who_was_here(cast: dict[str, User]) -> None:
    client = sign_in("manager")
    client.post("/accounts/logout/")
    assert "again=ended" in send(client).headers["Location"]
    assert "manager@example.com" not in client.get("/accounts/login/").content.decode()


def test_a_draft_goes_once_its_form_was_taken(cast: dict[str, User]) -> None:
    client = sign_in("manager")
    Session.objects.all().delete()
    send(client)
    client.post("/accounts/login/", {"login": "manager@example.com", "password": "portal-demo"})
    assert send(client).headers["Location"] == "/c/10001/people/"
    assert not Draft.objects.exists()


def test_no_secret_is_kept(cast: dict[str, User]) -> None:
    client = sign_in("manager")
    Session.objects.all().delete()
    path = "/c/10001/keys/services/-/replace"
    client.post(path, {"credential": "very-secret"}, headers={"Referer": f"http://testserver{path}"})
    assert "credential" not in (form_drafts.take(cast["manager"], path) or {})


@pytest.mark.parametrize(
    ("path", "data"),
    [(INVITE, {"email": "n" * form_drafts.MOST_BYTES}), (f"/{'x' * 500}", TYPED), ("/\0", TYPED), (INVITE, {})],
    ids=["too much", "too long an address", "an address with a NUL", "nothing"],
)
def test_what_cannot_be_kept_is_not_kept(cast: dict[str, User], path: str, data: dict[str, str]) -> None:
    typed = QueryDict(mutable=True)
    typed.update(data)
    assert not form_drafts.keep(cast["manager"], path, typed)
    assert form_drafts.take(cast["manager"], path) is None
    assert not Draft.objects.exists()


def test_what_no_key_opens_any_more_is_dropped(cast: dict[str, User], settings: Any) -> None:
    form_drafts.keep(cast["manager"], INVITE, QueryDict("email=nina@example.com"))
    settings.CREDENTIAL_KEYS = [b64encode(b"n" * 32).decode()]
    assert form_drafts.take(cast["manager"], INVITE) is None
    assert not Draft.objects.exists()


def test_for_who_is_not_signed_in_nothing_was_typed(rf: RequestFactory) -> None:
    request = rf.get(INVITE)
    request.user = AnonymousUser()
    assert form_drafts.typed(request) is None


def test_a_page_from_before_the_last_sign_in_keeps_what_was_typed(cast: dict[str, User]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast["manager"])
    response = send(strict, Origin="http://testserver")
    assert response.headers["Location"] == INVITE
    assert 'value="nina@example.com"' in strict.get(INVITE).content.decode()


def test_another_site_puts_nothing_into_anybodys_form(cast: dict[str, User]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast["manager"])
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        assert strict.post(INVITE, TYPED, headers=headers).status_code == 403
    assert not Draft.objects.exists()


def test_a_second_factor_that_is_asked_for_meanwhile_takes_nothing_away(cast: dict[str, User]) -> None:
    client = sign_in("manager")
    Customer.objects.filter(number="10001").update(requires_second_factor=True)
    assert send(client).headers["Location"].startswith("/accounts/2fa/?required=1")
    assert form_drafts.take(cast["manager"], INVITE) is not None
    assert get_scope(cast["manager"], "10001").customer.requires_second_factor


# --- headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/c/10001/people/", "/nothing", "/c/10002/", "/accounts/"])
def test_every_answer_says_what_the_browser_may_do_with_it(cast: dict[str, User], path: str) -> None:
    headers = sign_in("manager").get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]
    assert "private" in headers["Cache-Control"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_led_elsewhere(cast: dict[str, User], target: str) -> None:
    data = {"login": "viewer@example.com", "password": "portal-demo", "next": target}
    assert Client().post("/accounts/login/", data).headers["Location"] == "/"
    assert Client().post("/preferences/theme", {"theme": "dark", "next": target}).headers["Location"] == "/"


@pytest.mark.parametrize("name", ["Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"])
@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/x", json.dumps({"path": "//evil.example"}), "{no JSON", "{}"],
)
def test_a_header_that_leads_elsewhere_does_not_leave_the_house(rf: RequestFactory, name: str, target: str) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={name: target})

    assert browser_headers(answer)(rf.get("/")).headers[name] == "/"
