"""Many machines at once, in the browser: ticked over two pages of a list, enlarged together by one plan."""

from playwright.sync_api import Page, expect

from tests.flows.conftest import NARROW, Visit
from tests.support.browser import follow


def tick(page: Page, name: str) -> None:
    page.get_by_role("checkbox", name=name, exact=True).check()


def test_three_machines_over_two_pages_are_enlarged_at_once(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/?per_page=25")
    bar = page.locator("#many")
    expect(bar).to_be_hidden()
    tick(page, "example00")
    expect(bar).to_contain_text("1 selected")
    visitor.check()
    follow(page.get_by_role("link", name="Page 2", exact=True))
    expect(bar).to_contain_text("1 selected, 1 of them not on this page")
    tick(page, "shop18")
    tick(page, "shop19")
    page.get_by_role("link", name="Cores").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Cores")
    expect(bar).to_contain_text("3 selected")
    page.reload()
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Change…").click()
    expect(page.locator("h1")).to_have_text("Machines: 3 selected")
    visitor.says("example00, shop18, shop19")
    visitor.check()
    expect(page.locator("[name=disk]")).to_be_hidden()
    page.get_by_role("checkbox", name="Disk", exact=True).check()
    page.locator("[name=disk]").fill("99")
    visitor.check()
    page.get_by_role("button", name="Add changes to plan").click()
    expect(page.locator("#messages")).to_contain_text("3 changes added")
    page.get_by_role("button", name="Apply 3 changes").click()
    visitor.says("The platform has accepted all of it.")
    with visitor.portal.platform.proxy() as proxy:
        disks = {one["name"]: one["disk"] for one in proxy.query("virtualmachine")}
    assert [disks[name] for name in ("example00", "shop18", "shop19")] == [99] * 3
    visitor.go("virtualmachine/", check=False)
    expect(bar).to_be_hidden()


def test_all_that_match_are_ticked_and_some_not_again(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/?per_page=25&q=s")
    tick(page, page.locator("tbody th").first.inner_text())
    page.locator("#many").get_by_role("button", name="Select all").click()
    total = page.locator(".pager > span").inner_text().split()[2]
    expect(page.locator("#many")).to_contain_text(f"{total} selected")
    page.locator("#many-all").uncheck()
    expect(page.locator("#many")).to_contain_text(f"{int(total) - 25} selected")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator("#many")).to_be_hidden()


def test_with_shift_all_between_two_are_ticked_and_a_phone_has_the_bar(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/?q=shop1")
    page.set_viewport_size(NARROW)
    tick(page, "shop10")
    page.get_by_role("checkbox", name="shop13", exact=True).click(modifiers=["Shift"])
    expect(page.locator("#many")).to_contain_text("4 selected")
    visitor.check()
