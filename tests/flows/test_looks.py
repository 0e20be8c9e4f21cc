"""What pages look like: nothing is cut off, and on paper there is nothing to press and nothing dark."""

import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import NARROW, Visit
from tests.support.moment import month

LAST = month(1)
BILLS = ("invoice/", f"invoice/{LAST}/", "consumption/?type=traffic", "consumption/?type=virtualmachine")
SCHEDULE = ("schedule/", "schedule/?view=machines", "schedule/?view=leaving")
LISTS = ("virtualmachine/", "maintenance/", "permission/", "serviceuser/", *SCHEDULE, *BILLS)
# Boxes whose content is wider than they are: on a screen it has to be pulled into sight.
CUT_OFF = """[...document.querySelectorAll('main :is(.table-box, .bill-box, .panel-flush)')]
    .filter(box => box.scrollWidth > box.clientWidth + 1)
    .map(box => [box.className, box.scrollWidth, box.clientWidth])"""
# Backgrounds that are dark, of what is to be seen and is no tick.
DARK = """[...document.querySelectorAll('body, main *')]
    .filter(one => one.offsetParent && !one.matches('[type=checkbox], progress, rect, .legend *'))
    .map(one => [one.className || one.tagName, getComputedStyle(one).backgroundColor.match(/[\\d.]+/g).map(Number)])
    .filter(([, [r, g, b, a]]) => (a ?? 1) > 0 && r + g + b < 450)"""


def wear(page: Page, url: str, **cookies: str) -> None:
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_list_is_cut_off_on_the_right(visit: Visit, language: str) -> None:
    visitor = visit("manager")
    wear(visitor.page, visitor.portal.url, django_language=language)
    for path in LISTS:
        page = visitor.go(path, check=False)
        for width in (1280, 1366, 1440, 1536, 1600):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(CUT_OFF) == [], (path, width)


@pytest.mark.parametrize("path", ["", *BILLS])
def test_nothing_is_cut_off_on_a_phone(visit: Visit, path: str) -> None:
    visitor = visit("manager")
    visitor.page.set_viewport_size(NARROW)
    page = visitor.go(path, check=False)
    expect(page.locator("main table").first).to_be_visible()
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize(
    "path",
    [
        "resourcegroup/shop/-/permissions",
        "people/",
        "virtualmachine/shop01/-/edit",
        "virtualmachine/",
        "schedule/",
        "schedule/?view=month",
        f"invoice/{LAST}/",
    ],
)
def test_printed_from_dark_a_page_is_black_on_white_and_has_nothing_to_press(visit: Visit, path: str) -> None:
    visitor = visit("manager")
    wear(visitor.page, visitor.portal.url, theme="dark")
    page = visitor.go(path, check=False)
    page.emulate_media(media="print")
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("main :is(button, .btn, summary):visible")).to_have_count(0)
    assert page.evaluate(DARK) == []
