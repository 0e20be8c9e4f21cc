"""Groups, service users and permissions in the browser."""

import re

from playwright.sync_api import expect

from tests.flows.conftest import Visit, put
from tests.support.browser import follow


def test_a_group_is_made_put_into_maintenance_and_taken_out(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("resourcegroup/-/new?parent=shop")
    put(page, "name", "shop-flow")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/resourcegroup/$"))
    visitor.go("resourcegroup/shop-flow/", check=False)
    expect(page.get_by_role("button", name="Maintenance mode for 1 hour")).to_be_visible()
    visitor.check()
    page.get_by_role("button", name="Maintenance mode for 1 hour").click()
    confirm = page.locator("#confirm button.btn-primary")
    if confirm.is_visible():
        confirm.click()
    expect(page.locator("h1 .state-maintenance")).to_be_visible()
    left = page.locator("h1 [data-left]")
    expect(left).to_have_text(re.compile(r"^(1:00|59):\d\d$"))
    expect(left).not_to_have_text(left.inner_text())
    visitor.check()
    page.get_by_role("button", name="End maintenance mode").click()
    if confirm.is_visible():
        confirm.click()
    expect(page.locator("h1 .state-active")).to_be_visible()
    with visitor.portal.platform.proxy() as proxy:
        (group,) = proxy.query("resourcegroup", {"name": "shop-flow"})
    assert group["parent"] == "shop"


def test_a_service_user_is_made_described_and_deleted(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("serviceuser/-/new?resource_group=shop")
    put(page, "uid", "s-flow")
    put(page, "description", "Runs the flow")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/serviceuser/$"))
    visitor.go("serviceuser/shop/s-flow/", check=False)
    expect(page.get_by_role("link", name="Edit")).to_be_visible()
    visitor.check()
    follow(page.get_by_role("link", name="Delete…"))
    visitor.check()
    page.locator('[name="name"]').fill("s-flow")
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile(r"/serviceuser/$"))
    expect(page.locator("#table")).not_to_contain_text("s-flow")


def test_several_permissions_of_several_people_are_granted_at_once(visit: Visit) -> None:
    visitor = visit("manager")
    page = visitor.go("resourcegroup/trial/-/permissions")
    page.locator('[name="uids"]').fill("flora felix")
    for name in ("login", "stats"):
        page.locator(f'[name="new"][value="{name}"]').check()
    expect(page.locator("#outlook")).to_contain_text("4 permissions change, in one go")
    visitor.check()
    page.get_by_role("button", name="Save").click()
    ticked = page.locator('[name="grant"][value="felix/stats"]')
    expect(ticked).to_be_visible()
    with visitor.portal.platform.proxy() as proxy:
        for _attempt in range(50):
            found = {(one["uid"], one["permission"]) for one in proxy.query("permission") if one["uid"][0] == "f"}
            if ("felix", "stats") in found:
                break
            page.wait_for_timeout(200)
    assert {("flora", "login"), ("flora", "stats"), ("felix", "login"), ("felix", "stats")} <= found
    visitor.go("changes/")
    assert page.locator("#change-list tbody tr").first.inner_text().count("felix") >= 1
