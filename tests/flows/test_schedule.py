"""The schedule in a browser: each view for everybody, a deletion called off, maintenance mode running out."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.flows.conftest import NARROW, WIDE, Visit

VIEWS = ("", "?view=past", "?view=month", "?view=machines", "?view=leaving")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_each_view_can_be_read_by_everybody(visit: Visit, size: Any) -> None:
    visitor = visit("operator")
    visitor.page.set_viewport_size(size)
    for end in VIEWS:
        page = visitor.go(f"schedule/{end}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), end


def test_a_deletion_is_called_off_where_it_stands(visit: Visit) -> None:
    page = visit("operator").go("schedule/", check=False)
    page.get_by_role("link", name="Upcoming deletions").click()
    row = page.get_by_role("row", name=re.compile("shop15"))
    row.get_by_role("button", name="Cancel deletion").click()
    page.wait_for_url(re.compile("view=leaving"))
    expect(page.get_by_role("row", name=re.compile("shop15"))).to_have_count(0)  # without reloading it
    expect(page.get_by_role("row", name=re.compile("example10"))).to_have_count(1)


def test_ticked_machines_are_kept_together(visit: Visit) -> None:
    page = visit("operator").go("schedule/?view=leaving", check=False)
    for name in ("example10", "shop16"):
        page.get_by_role("row", name=re.compile(name)).get_by_role("checkbox").check()
    page.locator("#many").get_by_role("button", name="Change…").click()
    page.wait_for_url(re.compile("-/many"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("2")
    expect(page.get_by_role("button", name=re.compile("Cancel deletion|Keep"))).to_be_visible()


def test_maintenance_mode_goes_on_and_runs_out(visit: Visit) -> None:
    visitor = visit("operator")
    with visitor.portal.platform.proxy() as proxy:
        proxy.apply([{"__type__": "resourcegroup", "name": "shop", "in_maintenance": True}])
    page = visitor.go("schedule/?kind=mode&group=shop", check=False)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("row", name=re.compile("shop"))).to_contain_text("left")
    page.get_by_role("button", name="End maintenance mode").click()
    expect(page.locator("main")).to_contain_text("No results")


def test_a_calendar_is_subscribed_from_the_schedule(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("schedule/?group=shop", check=False)
    page.get_by_role("link", name="Subscribe").click()
    expect(page.get_by_label("Group or machine")).to_have_value("shop")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="shop", exact=True)).to_be_visible()
    visitor.check()
    address = page.locator("code").inner_text()
    with page.context.browser.new_context() as elsewhere:  # type: ignore[union-attr]
        answer = elsewhere.request.get(address)
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert "shop16: maintenance" in answer.text()
    page.reload()
    expect(page.locator("main")).to_contain_text("Last fetched")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("main")).to_contain_text("No calendar is subscribed yet.")
