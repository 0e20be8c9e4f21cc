"""A change in the browser from the form, whose button stays in sight, to the end, which its message tells."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import NARROW, WIDE, Visit, put

HIDDEN = """() => {
  const bar = document.querySelector(".sheet-bar").getBoundingClientRect();
  const one = document.activeElement;
  if (!one.closest("#record-form") || one.closest(".sheet-bar")) return false;
  return one.getBoundingClientRect().bottom > bar.top + 1;
}"""


def test_the_message_follows_its_change_to_the_end_without_a_reload(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop13/-/edit?next=/c/10001/serviceuser/")
    put(page, "service_description", "Told to the end")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"{visitor.portal.url}/c/10001/serviceuser/")  # a page on which nothing moves by itself
    told = page.locator("#messages .told")
    expect(told).to_contain_text("Accepted by the platform:")
    expect(told).not_to_have_attribute("data-live", "")
    expect(page.locator("#pending-count")).to_contain_text("Nothing pending")


def test_a_refusal_is_told_counted_and_leads_back_to_the_form(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop13/-/edit?next=/c/10001/serviceuser/", check=False)
    put(page, "service_description", "Refused")
    visitor.portal.platform.control(fault={"kind": "fault", "value": "no room left", "method": "apply", "times": 1})
    page.get_by_role("button", name="Save").click()
    told = page.locator("#messages .told")
    expect(told).to_contain_text("no room left")
    expect(page.get_by_role("link", name="1 needs attention")).to_be_visible()
    visitor.check()
    told.get_by_role("link", name="Edit again").click()
    page.wait_for_url(re.compile(r"/shop13/-/edit\?again="))
    expect(page.get_by_role("alert")).to_contain_text("no room left")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_button_stays_in_sight_and_hides_nothing_that_has_the_focus(visit: Visit, size: dict[str, int]) -> None:
    visitor = visit("operator")
    visitor.page.set_viewport_size(size)
    page = visitor.go("virtualmachine/shop10/-/edit")
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_in_viewport(ratio=1)
    put(page, "cores", "7")
    expect(page.locator("#bar")).to_contain_text("1 change · reboot ")
    visitor.check()
    page.locator('[name="service_description"]').focus()
    steps = stops(page)
    assert steps > 10
    expect(save).to_be_in_viewport(ratio=1)


def stops(page: Page) -> int:
    """How many stops the Tab key makes down to the bar; none of them may be behind it."""
    for step in range(80):
        page.keyboard.press("Tab")
        assert not page.evaluate(HIDDEN), page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("() => !!document.activeElement.closest('.sheet-bar')"):
            return step
    raise AssertionError("the bar was not reached")


def test_the_bar_is_never_printed(visit: Visit) -> None:
    page = visit("operator").go("virtualmachine/shop10/-/edit", check=False)
    page.emulate_media(media="print")
    expect(page.locator(".sheet-bar")).to_be_hidden()
