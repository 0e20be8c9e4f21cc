"""Flows in Chromium over the whole portal in processes: web, worker, beat, Redis, sandbox. Every page passes axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import check, enter
from tests.support.portal import Portal

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
C = "/c/10001/"


class Visitor:
    """A person of the demo in a browser of their own: `visitor.go("virtualmachine/")` opens a page and checks it."""

    def __init__(self, page: Page, portal: Portal, name: str) -> None:
        self.page = page
        self.portal = portal
        if not page.context.cookies(portal.url):  # else another tab is signed in
            enter(page, portal, name)

    def go(self, path: str, *, check: bool = True) -> Page:
        self.page.goto(f"{self.portal.url}{C}{path}")
        if check:
            self.check()
        return self.page

    def check(self) -> None:
        check(self.page)

    def says(self, text: str) -> None:
        """Waits until the page says so, without reloading it."""
        expect(self.page.locator("main")).to_contain_text(text)


type Visit = Callable[..., Visitor]


@pytest.fixture
def visit(portal_stack: Portal, context: BrowserContext, page: Page) -> Visit:
    """`visit("operator")`; a second visit is a second tab of the same browser."""
    pages = [page]

    def come(name: str = "manager") -> Visitor:
        return Visitor(pages.pop() if pages else context.new_page(), portal_stack, name)

    portal_stack.platform.control(reset=True)
    return come


def put(page: Page, name: str, value: str) -> None:
    """Gives a field of a form a value, whatever it is made of."""
    field = page.locator(f'[name="{name}"]').first
    if field.evaluate("one => one.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
