"""What goes wrong while a person works: nothing that they typed or asked for is lost, and they are told the truth."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import Visit, Visitor, put
from tests.support.browser import follow
from tests.support.portal import Portal


def edit(visitor: Visitor, name: str, field: str, value: str) -> Page:
    """Fills the form of a machine and saves."""
    page = visitor.go(f"virtualmachine/{name}/-/edit", check=False)
    put(page, field, value)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(rf"/virtualmachine/{name}/$"))
    return page


def recorded(visitor: Visitor, name: str) -> dict[str, object]:
    with visitor.portal.platform.proxy() as proxy:
        (record,) = proxy.query("virtualmachine", {"name": name})
    return dict(record)


def test_what_the_platform_rejects_comes_back_filled_with_its_words(visit: Visit) -> None:
    visitor = visit("operator")
    fault = {"kind": "fault", "value": "disk: no storage left in rzob", "method": "apply", "times": 1}
    visitor.portal.platform.control(fault=fault)
    page = edit(visitor, "shop01", "disk", "123")
    visitor.says("Rejected")
    visitor.check()
    page.locator("#history").get_by_role("link", name=re.compile("Change")).first.click()
    visitor.says("no storage left")
    visitor.check()
    page.get_by_role("link", name="Edit again").click()
    expect(page.locator('[name="disk"]')).to_have_value("123")
    visitor.check()


def test_the_same_field_changed_meanwhile_is_asked_about(visit: Visit) -> None:
    visitor = visit("manager")
    page = visitor.go("virtualmachine/shop02/-/edit", check=False)
    put(page, "service_description", "mine")
    with visitor.portal.platform.proxy() as proxy:
        proxy.apply([{"__type__": "virtualmachine", "name": "shop02", "service_description": "somebody else's"}])
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/virtualmachine/shop02/$"))
    visitor.says("Conflict")
    page.locator("#history").get_by_role("link", name=re.compile("Change")).first.click()
    visitor.says("somebody else's")
    visitor.check()
    page.get_by_role("button", name="Apply mine anyway").click()
    visitor.says("Accepted")
    assert recorded(visitor, "shop02")["service_description"] == "mine"


def test_a_double_click_is_one_change(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop03/-/edit", check=False)
    put(page, "service_description", "once")
    page.get_by_role("button", name="Save").dblclick()
    page.wait_for_url(re.compile(r"/virtualmachine/shop03/$"))
    visitor.says("once")
    visitor.go("changes/?q=shop03", check=False)
    assert page.locator("#change-list tbody tr").count() == 1


def test_back_and_save_again_is_no_second_change_without_a_difference(visit: Visit) -> None:
    visitor = visit("operator")
    page = edit(visitor, "shop10", "service_description", "there and back")
    page.go_back()
    follow(page.get_by_role("button", name="Save"))
    visitor.go("changes/?q=shop10", check=False)
    assert page.locator("#change-list tbody tr").count() == 1


def test_two_tabs_see_the_same(visit: Visit) -> None:
    first, second = visit("operator"), visit("operator")
    second.go("virtualmachine/?q=shop19", check=False)
    edit(first, "shop19", "service_description", "seen in both")
    second.page.reload()
    second.says("seen in both")


def test_a_killed_worker_loses_nothing(visit: Visit) -> None:
    visitor = visit("operator")
    portal = visitor.portal
    portal.kill_worker()
    page = edit(visitor, "shop14", "service_description", "asked of nobody")
    visitor.says("Queued")
    visitor.check()
    portal.start_worker()
    expect(page.locator("h1 .state-waiting")).to_have_count(0)
    assert recorded(visitor, "shop14")["service_description"] == "asked of nobody"


def test_without_redis_pages_come_and_changes_are_kept(visit: Visit) -> None:
    visitor = visit("operator")
    portal = visitor.portal
    portal.stop_redis()
    try:
        visitor.go("virtualmachine/?q=shop")
        page = edit(visitor, "shop17", "service_description", "kept without Redis")
        visitor.says("kept without Redis")
    finally:
        portal.start_redis()
    expect(page.locator("h1 .state-waiting a, h1 a.state-waiting")).to_have_count(0)
    assert recorded(visitor, "shop17")["service_description"] == "kept without Redis"


@pytest.mark.parametrize("kind", ["garbage", "truncate", "drop_after", "status"])
def test_a_lost_answer_is_found_out_and_never_called_failed(visit: Visit, kind: str) -> None:
    visitor = visit("operator")
    fault = {"kind": kind, "method": "apply", "times": 1, **({"value": 502} if kind == "status" else {})}
    visitor.portal.platform.control(fault=fault)
    page = edit(visitor, "shop18", "service_description", f"through {kind}")
    visitor.says(f"through {kind}")
    expect(page.locator("h1 a.state-waiting")).to_have_count(0)
    assert "failed" not in page.locator("main").inner_text().lower()
    assert recorded(visitor, "shop18")["service_description"] == f"through {kind}"


def test_with_the_platform_away_what_is_known_is_shown_and_changes_wait(visit: Visit) -> None:
    visitor = visit("operator")
    portal = visitor.portal
    visitor.go("virtualmachine/", check=False)
    portal.stop_sandbox()
    try:
        page = edit(visitor, "shop12", "service_description", "for later")
        visitor.says("for later")
        page.get_by_role("button", name="Refresh").click()
        expect(page.locator("#banner")).to_contain_text("has been unreachable")
        visitor.check()
        visitor.go("virtualmachine/?q=shop12")
        visitor.says("shop12")
    finally:
        portal.start_sandbox()
    visitor.go("virtualmachine/shop12/", check=False)
    expect(page.locator("h1 a.state-waiting")).to_have_count(0)
    assert recorded(visitor, "shop12")["service_description"] == "for later"


def test_no_page_broke_on_the_way(portal_stack: Portal) -> None:
    portal_stack.assert_no_traceback()
