"""Passkeys with Chromium's virtual authenticator: added, used to sign in and as second factor, removed."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.support.browser import axe, follow, sign_in
from tests.support.portal import Portal

PASSWORD = "portal-demo"


@pytest.fixture(scope="module")
def url(portal_stack: Portal) -> str:
    """By name: browsers give no passkeys to addresses of digits."""
    return f"http://localhost:{portal_stack.port}"


@pytest.fixture
def authenticator(page: Page) -> Iterator[tuple[CDPSession, str]]:
    """A device that holds passkeys and knows its owner by touch."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    yield cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    cdp.send("WebAuthn.disable")


def confirm(page: Page) -> None:
    """allauth asks once more for the password where signing in is a while ago."""
    if "/reauthenticate/" in page.url:
        page.fill("input[type=password]", PASSWORD)
        page.get_by_role("button", name="Continue").click()


def add_passkey(page: Page, url: str, name: str, *, passwordless: bool) -> None:
    page.goto(f"{url}/accounts/2fa/webauthn/add/")
    confirm(page)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    axe(page)
    page.fill("input[name=name]", name)
    page.locator("input[name=passwordless]").set_checked(passwordless)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    axe(page)


def sign_out(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/accounts/login/"))


def test_a_passkey_signs_in_without_password_where_one_wanted_to_go(
    page: Page, url: str, authenticator: tuple[CDPSession, str]
) -> None:
    sign_in(page, url, "viewer@example.com")
    add_passkey(page, url, "My laptop", passwordless=True)
    sign_out(page, url)
    page.goto(f"{url}/c/10001/changes/")
    axe(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Changes")).to_be_visible()
    assert page.url == f"{url}/c/10001/changes/"
    page.goto(f"{url}/accounts/2fa/webauthn/")
    expect(page.get_by_role("row", name="My laptop")).to_contain_text("passkey")
    axe(page)


def test_a_security_key_is_asked_for_after_the_password(
    page: Page, url: str, authenticator: tuple[CDPSession, str]
) -> None:
    sign_in(page, url, "billing@example.com")
    add_passkey(page, url, "Key", passwordless=False)
    sign_out(page, url)
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", "billing@example.com")
    page.fill("input[type=password]", PASSWORD)
    page.press("input[type=password]", "Enter")
    expect(page.get_by_role("heading", name="Two-factor")).to_be_visible()
    axe(page)
    page.goto(f"{url}/c/10001/")
    expect(page.get_by_role("heading", name="Two-factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.wait_for_url(f"{url}/c/10001/")


def test_a_device_that_does_not_answer_is_told_of_and_nothing_is_added(
    page: Page, url: str, authenticator: tuple[CDPSession, str]
) -> None:
    cdp, device = authenticator
    sign_in(page, url, "operator@example.com")
    page.goto(f"{url}/accounts/2fa/webauthn/add/")
    confirm(page)
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.fill("input[name=name]", "Nothing")
    page.locator("input[name=passwordless]").set_checked(True)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The passkey or key did not answer")).to_be_visible()
    page.goto(f"{url}/accounts/2fa/webauthn/")
    expect(page.get_by_text("No passkey yet")).to_be_visible()


def test_a_passkey_is_renamed_and_removed(page: Page, url: str, authenticator: tuple[CDPSession, str]) -> None:
    sign_in(page, url, "child@example.com")
    add_passkey(page, url, "Old name", passwordless=True)
    page.goto(f"{url}/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Rename Old name").click()
    page.fill("input[name=name]", "New name")
    page.get_by_role("button", name="Save").click()
    follow(page.get_by_role("link", name="Remove New name"))
    axe(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No passkey yet")).to_be_visible()
