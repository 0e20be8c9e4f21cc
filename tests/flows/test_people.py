"""People, keys and the trail in the browser: who gets in, what they may do, what waits for a key, what is on record."""

import re
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import redis
from playwright.sync_api import Page, expect

from scripts.databases import query
from scripts.processes import run, wait_until
from scripts.stack import celery_command
from tests.flows.conftest import NARROW, C, Visit, Visitor, put
from tests.support import database
from tests.support.browser import PASSWORD, axe, check, follow, sign_in
from tests.support.factors import now_shown
from tests.support.portal import Portal

SENTENCE = "a long enough sentence"


@pytest.fixture
def manager(visit: Visit) -> Visitor:
    return visit("manager")


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def press_link(page: Page, name: str, *, exact: bool = False) -> None:
    follow(page.get_by_role("main").get_by_role("link", name=name, exact=exact))


def mailed(portal: Portal, pattern: str) -> str:
    """The last link of that kind in the mails, which go to the log of the web server."""
    found: list[str] = re.findall(pattern, portal.web.log.read_text(encoding="utf-8", errors="replace"))
    return found[-1]


# --- members and invitations -----------------------------------------------------------------------------------------


def test_somebody_is_invited_joins_gets_another_role_and_leaves(manager: Visitor, elsewhere: Page) -> None:
    page = manager.go("people/")
    press_link(page, "Invite")
    put(page, "email", "nіna@example.com")  # a Cyrillic і
    put(page, "group", "example")
    press(page, "Send invitation")
    manager.says("look-alike letters")
    expect(page.locator("[name=group]")).to_have_value("example")
    manager.check()
    put(page, "email", "nina@example.com")
    press(page, "Send invitation")
    expect(page.get_by_text("Invitation sent to nina@example.com.")).to_be_visible()
    manager.check()

    link = mailed(manager.portal, r"http://\S+/accounts/invitation/\S+")
    elsewhere.goto(link)
    axe(elsewhere)
    put(elsewhere, "name", "Nina New")
    put(elsewhere, "password", SENTENCE)
    press(elsewhere, "Join")
    expect(elsewhere.get_by_text("You are now a member of 10001 Example Services GmbH (Viewer).")).to_be_visible()
    expect(elsewhere.get_by_text("You see group example and the groups below.").first).to_be_visible()
    elsewhere.goto(f"{manager.portal.url}{C}virtualmachine/-/new")
    axe(elsewhere)
    expect(elsewhere.get_by_role("heading", name="Access denied")).to_be_visible()
    elsewhere.goto(link)
    expect(elsewhere.get_by_text("was used")).to_be_visible()
    axe(elsewhere)

    page.reload()
    press_link(page, "Nina New", exact=True)
    manager.check()
    put(page, "role", "operator")
    press(page, "Save")
    expect(page.get_by_text("Role of Nina New changed.")).to_be_visible()
    elsewhere.goto(f"{manager.portal.url}{C}virtualmachine/-/new")
    expect(elsewhere.get_by_role("button", name="Create")).to_be_visible()
    elsewhere.goto(f"{manager.portal.url}{C}people/-/leave")
    axe(elsewhere)
    press(elsewhere, "Leave")
    expect(elsewhere.get_by_text("You have left 10001 Example Services GmbH.")).to_be_visible()
    axe(elsewhere)


def test_somebody_of_another_customer_joins_and_switches_between_both(manager: Visitor, elsewhere: Page) -> None:
    page = manager.go("people/-/invite", check=False)
    put(page, "email", "outsider@example.com")
    press(page, "Send invitation")
    expect(page.get_by_text("Invitation sent to outsider@example.com.")).to_be_visible()
    elsewhere.goto(mailed(manager.portal, r"http://\S+/accounts/invitation/\S+"))
    axe(elsewhere)
    press_link(elsewhere, "Sign in")
    elsewhere.fill("input[name=login]", "outsider@example.com")
    elsewhere.fill("input[type=password]", PASSWORD)
    elsewhere.press("input[type=password]", "Enter")
    press(elsewhere, "Join")
    elsewhere.wait_for_url(re.compile(f"{C}$"))
    elsewhere.get_by_role("button", name="10001 Example Services GmbH").click()
    axe(elsewhere)
    elsewhere.get_by_role("link", name="10002 Acme AG").click()
    expect(elsewhere.get_by_role("heading", name="Acme AG")).to_be_visible()


def test_whoever_is_removed_is_out_and_the_last_manager_stays(manager: Visitor, elsewhere: Page) -> None:
    sign_in(elsewhere, manager.portal.url, "child@example.com")
    elsewhere.goto("about:blank")  # a page of the portal would say so by itself, across the goto below
    page = manager.go("people/", check=False)
    press_link(page, "Remove Chris Child")
    manager.check()
    press(page, "Remove")
    expect(page.get_by_text("Chris Child is no longer a member.")).to_be_visible()
    elsewhere.goto(f"{manager.portal.url}{C}")
    expect(elsewhere.get_by_role("heading", name="Page not found")).to_be_visible()
    press_link(page, "Leave customer…")
    press(page, "Leave")
    manager.says("You are the last manager of this customer")
    manager.check()


# --- second factors and sessions -------------------------------------------------------------------------------------


def set_up_app(page: Page) -> tuple[str, str]:
    """Sets up an authenticator app from where it is offered. Its secret, and a recovery code."""
    press_link(page, "Set up an app")
    page.fill("input[type=password]", PASSWORD)
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    axe(page)
    secret = page.locator("p.mono").inner_text()
    put(page, "code", now_shown(secret))
    press(page, "Set up")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    axe(page)
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    return secret, codes[0]


def test_a_second_factor_is_required_set_up_and_recovered(manager: Visitor, elsewhere: Page) -> None:
    page, url = manager.page, manager.portal.url
    page.goto(f"{url}/accounts/")
    manager.check()
    set_up_app(page)
    press_link(page, "I’ve saved my codes")
    manager.go("people/", check=False)
    press(page, "Require two-factor")
    expect(page.get_by_text("Two-factor is now required.")).to_be_visible()

    sign_in(elsewhere, url, "viewer@example.com")
    elsewhere.goto(f"{url}{C}changes/?state=done")
    expect(elsewhere.get_by_text("Two-factor is required")).to_be_visible()
    axe(elsewhere)
    _secret, code = set_up_app(elsewhere)
    press_link(elsewhere, "I’ve saved my codes")
    assert elsewhere.url == f"{url}{C}changes/?state=done"
    expect(elsewhere.get_by_role("heading", name="Changes")).to_be_visible()

    elsewhere.goto(f"{url}/accounts/logout/")
    press(elsewhere, "Sign out")
    sign_in(elsewhere, url, "viewer@example.com")
    put(elsewhere, "code", "nonsense")
    press(elsewhere, "Sign in")
    expect(elsewhere.locator(".form-error").first).to_be_visible()
    axe(elsewhere)
    put(elsewhere, "code", code)
    press(elsewhere, "Sign in")
    elsewhere.wait_for_url(re.compile(f"{C}$"))

    press(page, "Stop requiring two-factor")
    expect(page.get_by_text("Two-factor is no longer required.")).to_be_visible()
    page.goto(f"{url}/accounts/")
    press_link(page, "Remove the authenticator app")
    manager.check()
    press(page, "Remove")
    expect(page.get_by_role("link", name="Set up an app")).to_be_visible()


def test_somebody_signed_in_elsewhere_is_seen_and_signed_out(visit: Visit, elsewhere: Page) -> None:
    visitor = visit("operator")
    url = visitor.portal.url
    sign_in(elsewhere, url, "operator@example.com")
    page = visitor.page
    elsewhere.goto("about:blank")  # a page of the portal would go to the sign-in by itself, across the goto below
    page.goto(f"{url}/accounts/sessions/")
    visitor.check()
    expect(page.get_by_role("row").filter(has_text="this device")).to_contain_text("127.0.0.1")
    page.get_by_role("button", name=re.compile("^Sign out .*Linux")).first.click()
    expect(page.get_by_text(re.compile("Signed out on .*Linux"))).to_be_visible()
    elsewhere.goto(f"{url}{C}")
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


# --- keys ------------------------------------------------------------------------------------------------------------


def enter_key(page: Page, key: str) -> None:
    put(page, "credential", key)
    press(page, "Verify and save")


def test_a_refused_key_parks_changes_which_go_on_in_order_with_a_good_one(manager: Visitor) -> None:
    """The platform gives the group another key: that of acme, here, since digests are all it keeps."""
    page, portal = manager.page, manager.portal
    manager.go("virtualmachine/shop13/", check=False)
    query(
        portal.env["SANDBOX_DATABASE_URL"],
        "UPDATE sandbox_resourcegroup SET key_digest = "
        "(SELECT key_digest FROM sandbox_resourcegroup WHERE name = 'acme') WHERE name = 'services'",
    )
    for memory in ("1536", "1792", "2560"):
        manager.go("virtualmachine/shop13/-/edit", check=False)
        put(page, "memory", memory)
        press(page, "Save")
        page.wait_for_url(re.compile("/virtualmachine/shop13/$"))
    parked = "SELECT count(*) FROM changes_change WHERE state = 'parked'"
    wait_until(lambda: portal.query(parked) == [(1,)], portal.worker, seconds=60)
    manager.go("keys/")
    manager.says("rejected since")
    expect(page.get_by_role("row", name="services").get_by_role("link", name="3", exact=True)).to_be_visible()
    run(celery_command("call", "accounts.note_refused_keys"), env=portal.env)
    told = "Subject: The platform rejects the API key of group services"
    wait_until(lambda: told in portal.post.output(), portal.post, seconds=60)

    press_link(page, "Replace key of services")
    enter_key(page, "services-demo-key")
    manager.says("The platform rejects this key for group services.")
    manager.check()
    with told_to_redis(portal) as told_meanwhile:
        enter_key(page, "acme-demo-key")
        expect(page.get_by_text("Waiting changes are being sent in order: 3.")).to_be_visible()
        recorded = "SELECT turn FROM changes_change WHERE recorded_at IS NOT NULL ORDER BY recorded_at"
        wait_until(lambda: len(portal.query(recorded)) == 3, portal.worker, seconds=90)
    turns = portal.query(recorded)
    assert turns == sorted(turns)
    with portal.platform.proxy("services", "acme-demo-key") as proxy:
        (record,) = proxy.query("virtualmachine", {"name": "shop13"})
    assert record["memory"] == 2560
    written = all_written_by(portal) | {"Redis": told_meanwhile, "messages": bodies(told_meanwhile)}
    assert b"changes.perform" in written["Redis"]
    assert b"callbacks" in written["messages"]
    assert [place for place, content in written.items() if b"acme-demo-key" in content] == []


def all_written_by(portal: Portal) -> dict[str, bytes]:
    """By name: its database and the logs."""
    files = [path for path in portal.directory.rglob("*") if path.is_file() and "sandbox" not in path.name]
    assert {"web.log", "worker.log"} <= {path.name for path in files}
    return {path.name: path.read_bytes() for path in files} | database.content(portal.env["DATABASE_URL"])


@contextmanager
def told_to_redis(portal: Portal) -> Iterator[bytearray]:
    """Every command meanwhile, with its arguments; complete afterwards."""
    told, end = bytearray(), "that is all"

    def listen(monitor: redis.client.Monitor) -> None:
        for heard in monitor.listen():
            told.extend(heard["command"].encode() + b"\n")
            if end in heard["command"]:
                return

    with (
        redis.Redis(port=portal.redis_port) as client,
        client.monitor() as monitor,
        ThreadPoolExecutor() as beside,
    ):
        listening = beside.submit(listen, monitor)
        try:
            yield told
        finally:
            client.echo(end)
            listening.result(timeout=180)


def bodies(told: bytes) -> bytes:
    """The bodies of Celery's messages, which go in base64."""
    return b"\n".join(b64decode(body) for body in re.findall(rb'"body\W+([A-Za-z0-9+/]+=*)', told))


def test_a_key_is_removed_and_its_group_connected_again(manager: Visitor) -> None:
    page = manager.go("keys/", check=False)
    press_link(page, "Remove key of services")
    manager.check()
    press(page, "Remove")
    manager.says("No resource group connected yet")
    manager.check()
    press_link(page, "Connect group")
    put(page, "group", "Services")
    enter_key(page, "acme-demo-key")
    manager.says("Enter the name of a group")
    expect(page.locator("[name=credential]")).to_have_value("")
    manager.check()
    put(page, "group", "services")
    enter_key(page, "acme-demo-key")
    expect(page.get_by_text("Key of services verified and saved.")).to_be_visible()
    assert "acme-demo-key" not in page.content()


# --- the trail, and every page ---------------------------------------------------------------------------------------


def test_the_trail_tells_what_was_done_and_gives_it_as_a_file(manager: Visitor) -> None:
    page = manager.go("trail/?kind=key")
    expect(page.get_by_role("row").nth(1)).to_contain_text("API key")
    put(page, "kind", "sign")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("manager@example.com")
    assert "kind=sign" in page.url
    for role, name, text in (("button", "CSV", "Signed in"), ("link", "JSON", "sign_in.done")):
        with page.expect_download() as download:
            page.get_by_role(role, name=name).click()
        assert text in download.value.path().read_text()


PAGES = (
    *("people/", "people/-/invite", "people/-/leave", "keys/", "keys/-/new", "keys/services/-/replace"),
    *("keys/services/-/remove", "trail/", "help/roles/"),
    *("/accounts/", "/accounts/sessions/", "/accounts/2fa/", "/accounts/password/change/", "/accounts/logout/"),
    *("/accounts/reauthenticate/?next=/accounts/", "/accounts/2fa/webauthn/"),
)
DOORS = (
    *("/accounts/login/", "/accounts/signup/", "/accounts/inactive/", "/accounts/password/reset/"),
    *("/accounts/password/reset/done/", "/accounts/password/reset/key/1-x/", "/accounts/invitation/forged/"),
)


def test_every_page_is_for_everybody_in_the_dark_and_on_a_phone(manager: Visitor, elsewhere: Page) -> None:
    """Nothing of a signed-in page is left in the browser's storage either."""
    for page, paths in ((manager.page, PAGES), (elsewhere, DOORS)):
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(NARROW)
        for path in paths:
            page.goto(f"{manager.portal.url}{path if path.startswith('/') else C + path}")
            check(page)
        assert page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == []
