"""Plans in the browser: put together from forms, applied, a conflict answered, undone."""

import re

from playwright.sync_api import Page, expect

from tests.flows.conftest import Visit, Visitor, put
from tests.support.browser import follow


def add(page: Page) -> None:
    """The form as it stands goes into the plan."""
    page.get_by_role("button", name="Add to plan").click()
    expect(page.locator("main, .messages, body").first).to_contain_text("Nothing has been sent yet.")


def open_plan(visitor: Visitor) -> Page:
    page = visitor.go("plans/", check=False)
    follow(page.locator("#main .table-list tbody a").first)
    return page


def test_a_new_project_is_put_together_and_applied_as_one(visit: Visit) -> None:
    visitor = visit("manager")
    page = visitor.go("resourcegroup/-/new?parent=shop", check=False)
    put(page, "name", "fair")
    add(page)
    page = visitor.go("virtualmachine/-/new?resource_group=fair", check=False)
    put(page, "name", "fair00")
    add(page)
    page = visitor.go("serviceuser/-/new?resource_group=fair", check=False)
    put(page, "uid", "s-fair")
    add(page)
    for permission in ("login", "stats"):
        page = visitor.go("permission/-/new?resource_group=fair", check=False)
        put(page, "uid", "flora")
        put(page, "permission", permission)
        add(page)
    page = open_plan(visitor)
    visitor.says("5 created")
    visitor.check()
    page.get_by_role("button", name="Apply 5 changes").click()
    visitor.says("The platform has accepted all of it.")
    visitor.check()
    visitor.go("virtualmachine/fair00/", check=False)
    expect(page.locator("h1 .state-ready")).to_be_visible()
    with visitor.portal.platform.proxy() as proxy:
        granted = {one["permission"] for one in proxy.query("permission") if one["resource_group"] == "fair"}
    assert granted == {"login", "stats"}


def test_a_conflict_is_answered_and_what_was_applied_is_undone(visit: Visit) -> None:
    visitor = visit("manager")
    page = visitor.go("virtualmachine/shop12/-/edit", check=False)
    before = page.locator('[name="service_description"]').input_value()
    put(page, "service_description", "for the fair")
    add(page)
    page = open_plan(visitor)
    with visitor.portal.platform.proxy() as proxy:
        proxy.apply([{"__type__": "virtualmachine", "name": "shop12", "service_description": "from elsewhere"}])
    page.get_by_role("button", name=re.compile("^Apply")).click()
    visitor.says("from elsewhere")
    visitor.check()
    page.get_by_role("button", name="Use plan value").click()
    page.get_by_role("button", name="Apply one change").click()
    visitor.says("The platform has accepted all of it.")
    page.get_by_role("button", name="Undo").click()
    visitor.says("Undoes")
    visitor.says("from elsewhere")
    visitor.check()
    page.get_by_role("button", name="Apply one change").click()
    visitor.says("The platform has accepted all of it.")
    with visitor.portal.platform.proxy() as proxy:
        (now,) = proxy.query("virtualmachine", {"name": "shop12"})
    assert now["service_description"] == "from elsewhere" != before
