"""Chromium for the flow tests. A page fails its test when the browser complains about it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Response,
    expect,
    sync_playwright,
)

from scripts.environment import ROOT
from scripts.test import CHROMIUM
from tests.support.services import require

if TYPE_CHECKING:
    from tests.support.portal import Portal

PASSWORD = "portal-demo"
SCREENSHOTS = ROOT / "test-results"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# How a page is made, as far as axe and the style sheets go by it: all elements, siblings that are alike once; and how
# it is looked at. Of attributes whose value is a text or a name it only matters whether they have one that fits.
STRUCTURE = """() => {
    const told = /^(class|role|type|lang|scope|tabindex|autocomplete|data-theme|aria-(?!label|describedby|controls))/;
    const refers = /^(for|aria-(labelledby|describedby|controls))$/;
    const is_there = id => document.getElementById(id) !== null;
    const is_alone = id => document.querySelectorAll("#" + CSS.escape(id)).length === 1;
    const attribute = ({name, value}) => {
        if (told.test(name)) return `${name}=${value}`;
        if (refers.test(name)) return `${name}=${value.split(" ").every(is_there)}`;
        return name === "id" ? `id=${is_alone(value)}` : `${name}=${value.trim() !== ""}`;
    };
    const made = element => {
        const attributes = Array.from(element.attributes, attribute).sort();
        const says = Array.from(element.childNodes).some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        const parts = new Set(Array.from(element.children, made));
        return `<${element.localName} ${attributes} ${says}>${[...parts].join("")}</>`;
    };
    return [innerWidth, matchMedia("(prefers-color-scheme: dark)").matches, made(document.documentElement)].join(" ");
}"""
PATIENCE = 180_000  # milliseconds: how long a test waits for what has to come; a busy machine is slow
_passed: set[str] = set()
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = require(*CHROMIUM)
    # Playwright keeps an event loop in this thread, and Django then refuses its database in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


# What every answer of the portal has to say, static files aside; by lower-case name.
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
PORTAL = "gunicorn"  # as answers name their server: other sites have headers of their own


def missing_headers(headers: Mapping[str, str]) -> list[str]:
    """The names of those that an answer of the portal lacks."""
    return [name for name, part in HEADERS.items() if part not in headers.get(name, "")]


LET_GO = "htmx:error: Failed to fetch"


class Complaints:
    """What is wrong with the pages of one context: scripts, blocked content, missing files, missing headers."""

    def __init__(self, context: BrowserContext) -> None:
        self.texts: list[str] = []
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.texts.append(f"script error: {error.error}"))
        context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # Answers like 404 and 503 are told apart by _on_response: tests ask for them on purpose. A page that is left
        # while its script asks for something lets that go.
        is_let_go = LET_GO in message.text or message.text.startswith("Failed to load resource")
        if message.type == "error" and not is_let_go:
            self.texts.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        if "/static/" in response.url:
            if response.status >= 400:
                self.texts.append(f"{response.status} for {response.url}")
        elif response.headers.get("server") == PORTAL and (missing := missing_headers(response.headers)):
            self.texts.append(f"{response.url} lacks {', '.join(missing)}")


@contextmanager
def watched(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own, with no cookies; closing it looks for complaints."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    complaints = Complaints(context)
    yield context
    context.close()
    assert not complaints.texts, "\n".join(complaints.texts)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of a test's person."""
    with watched(browser) as context:
        yield context


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[Page]:
    """A page of another browser, for a second person."""
    with watched(browser) as context:
        yield context.new_page()


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = context.new_page()
    failures_before = request.session.testsfailed
    yield page
    if request.session.testsfailed > failures_before:
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{request.node.module.__name__}-{request.node.name}.png", full_page=True)


def enter(page: Page, portal: "Portal", name: str) -> None:
    """Lets a person of the demo in, by the session that they have from an earlier test where it still goes on."""
    context = page.context
    context.add_cookies(portal.cookies.get(name, []))
    if context.request.get(f"{portal.url}/accounts/", max_redirects=0).status != HTTPStatus.OK:
        context.clear_cookies()
        sign_in(page, portal.url, f"{name}@example.com")
        portal.cookies[name] = context.cookies()


def sign_in(page: Page, url: str, email: str = "manager@example.com", password: str = PASSWORD) -> None:
    """Signs in through the form, as a person does."""
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[type=password]", password)
    page.press("input[type=password]", "Enter")
    page.wait_for_url(lambda address: "/accounts/login" not in address)


def follow(link: Locator) -> None:
    """Clicks what leads to another page, and waits for that: for a moment the one before is still there."""
    with link.page.expect_navigation():
        link.click()


def check(page: Page) -> None:
    """What stands there now passes axe, and does not scroll sideways."""
    axe(page)
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0, f"{page.url} scrolls sideways"


def axe(page: Page) -> None:
    """Asserts that axe finds nothing on the page as it stands that WCAG 2.2 AA forbids.

    A page that is made like one that has passed, but for its texts and for how often something is repeated, has passed
    with that one.
    """
    try:
        _look_at(page)
    except Error as error:
        if "Execution context was destroyed" not in error.message:
            raise
        _look_at(page)  # a click had just left that page: the one that has come is meant


def _look_at(page: Page) -> None:
    page.wait_for_load_state()
    structure = page.evaluate(STRUCTURE)
    if structure not in _passed:
        _run_axe(page)
        _passed.add(structure)


def _run_axe(page: Page) -> None:
    # By the debugging protocol: the page's own Content-Security-Policy would not let the script in.
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": AXE.read_text()})
    # All of the page in sight: else the bars that stay at its top and foot cover half of whatever is just beside them.
    with _all_of_it_in_sight(page):
        violations = page.evaluate(
            """tags => axe.run(document, {
                runOnly: {type: "tag", values: tags},
                rules: {"target-size": {enabled: true}},
                resultTypes: ["violations"],
                preload: false,
            }).then(result => result.violations)""",
            WCAG_2_2_AA,
        )
    assert not violations, "\n".join(map(_words, violations))


@contextmanager
def _all_of_it_in_sight(page: Page) -> Iterator[None]:
    size = page.viewport_size
    assert size is not None
    scrolled, height = page.evaluate("[window.scrollY, document.documentElement.scrollHeight]")
    if height <= size["height"]:
        yield
        return
    page.set_viewport_size({"width": size["width"], "height": height})
    yield
    page.set_viewport_size(size)
    page.evaluate("scrolled => window.scrollTo(0, scrolled)", scrolled)


def _words(violation: dict) -> str:
    places = "\n".join(f"    {node['html'][:200]}\n      {node['failureSummary']}" for node in violation["nodes"])
    return f"{violation['id']}: {violation['help']}\n{places}"
