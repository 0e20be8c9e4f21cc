"""Single sign-on against a real OpenID Connect server: by settings alone, and only for people who are known here."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.environment import free_port
from scripts.processes import Process, accepts_connections, wait_until
from tests.support.browser import axe, follow, sign_in
from tests.support.portal import Portal

PEOPLE = (
    {"sub": "viewer", "email": "viewer@example.com", "email_verified": True, "name": "Vera Viewer"},
    {"sub": "unverified", "email": "manager@example.com", "email_verified": False, "name": "Not Maren"},
    {"sub": "stranger", "email": "stranger@example.com", "email_verified": True, "name": "Somebody"},
)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    claims = [part for person in PEOPLE for part in ("--user-claims", json.dumps(person))]
    program = str(Path(sys.executable).with_name("oidc-provider-mock"))
    log = tmp_path_factory.mktemp("oidc") / "log"
    process = Process("oidc", [program, "--port", str(port), *claims], env={}, log=log)
    process.start()
    try:
        wait_until(lambda: accepts_connections(port), process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop()


@pytest.fixture(scope="module")
def portal(new_portal: Callable[..., Portal], provider: str) -> Portal:
    return new_portal(OIDC_SERVER_URL=provider, OIDC_CLIENT_ID="portal", OIDC_CLIENT_SECRET="secret", OIDC_NAME="Work")


def sign_on(page: Page, portal: Portal, subject: str, path: str = "/") -> None:
    page.goto(f"{portal.url}{path}")
    follow(page.get_by_role("link", name="Work"))
    axe(page)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(lambda address: not address.startswith(portal.url))
    page.fill("input[name=sub]", subject)
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.wait_for_url(lambda address: address.startswith(portal.url))


def on_record(portal: Portal) -> set[str]:
    """What the audit trail says was done."""
    return {action for (action,) in portal.query("SELECT action FROM accounts_auditentry")}


def test_a_member_signs_in_where_they_wanted_to_go(page: Page, portal: Portal) -> None:
    sign_on(page, portal, "viewer", "/c/10001/changes/")
    expect(page.get_by_role("heading", name="Changes")).to_be_visible()
    page.goto(f"{portal.url}/accounts/sso/connections/")
    axe(page)
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("button", name="Disconnect")).to_have_count(0)
    assert {"single_sign_on.connected", "single_sign_on.disconnected"} <= on_record(portal)
    page.context.clear_cookies()
    sign_in(page, portal.url, "viewer@example.com")  # the password is as it was


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ("stranger", "Accounts are created by invitation"),
        ("unverified", "Your provider has not verified the address manager@example.com"),
    ],
)
def test_nobody_gets_in_who_is_not_known_by_a_verified_address(
    page: Page, portal: Portal, subject: str, reason: str
) -> None:
    sign_on(page, portal, subject)
    expect(page.get_by_text(reason)).to_be_visible()
    axe(page)
    page.goto(f"{portal.url}/c/10001/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_answer_that_nobody_asked_for_signs_nobody_in(page: Page, portal: Portal) -> None:
    """The provider's answer carries what the session began with; one made up by somebody else opens nothing."""
    page.goto(f"{portal.url}/accounts/oidc/sso/login/callback/?code=stolen&state=forged")
    axe(page)
    page.goto(f"{portal.url}/c/10001/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
