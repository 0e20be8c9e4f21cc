"""A machine's life in the browser: created, installed, changed, switched off and on, deleted, kept."""

import re

from playwright.sync_api import expect

from tests.flows.conftest import NARROW, WIDE, Visit, put
from tests.support.browser import follow


def test_a_change_is_seen_from_wish_to_evidence_without_reloading(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/?q=shop13")
    follow(page.get_by_role("link", name="shop13", exact=True))
    visitor.check()
    follow(page.get_by_role("link", name="Edit"))
    visitor.check()
    put(page, "disk", "77")
    expect(page.locator("#outlook")).to_contain_text("The disk grows while the machine runs")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/virtualmachine/shop13/$"))
    visitor.says("77")
    expect(page.locator("#record .is-pending, #record .change")).to_have_count(0)
    expect(page.locator("#history")).to_contain_text("Accepted")
    visitor.check()
    with visitor.portal.platform.proxy() as proxy:
        assert proxy.query("virtualmachine", {"name": "shop13"})[0]["disk"] == 77


def test_hardware_waits_for_its_window_and_that_is_said(visit: Visit) -> None:
    visitor = visit("manager")
    page = visitor.go("virtualmachine/shop10/-/edit", check=False)
    cores = page.locator('[name="cores"]').input_value()
    wanted = "2" if cores != "2" else "3"
    put(page, "cores", wanted)
    expect(page.locator("#outlook")).to_contain_text("Reboot in the next maintenance window")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/virtualmachine/shop10/$"))
    visitor.says("Change pending")
    row = page.locator("dl.facts > div", has_text="Cores")
    expect(row).to_contain_text(re.compile(rf"{cores}.*{wanted}", re.DOTALL))
    visitor.go("changes/")
    expect(page.locator("#change-list tr").nth(1)).to_contain_text("shop10")


def test_a_new_machine_is_watched_until_it_is_ready(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/-/new?resource_group=shop")
    name = page.locator('[name="name"]').input_value()
    assert re.fullmatch(r"shop\d\d", name)
    put(page, "service_description", "A machine for the test")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/virtualmachine/$"))
    visitor.go(f"virtualmachine/{name}/", check=False)
    expect(page.locator("h1 .state-ready")).to_be_visible()
    visitor.check()
    with visitor.portal.platform.proxy() as proxy:
        assert not proxy.query("virtualmachine", {"name": name})[0]["needs_install"]


def test_switching_off_asks_and_off_is_shown(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop14/")
    page.get_by_role("button", name="Shut down").click()
    expect(page.locator("#confirm")).to_contain_text("shop14: Shut down?")
    visitor.check()
    page.locator("#confirm").get_by_role("button", name="Shut down").click()
    expect(page.locator("h1 .state-off")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("h1 .state-ready")).to_be_visible()


def test_deleting_asks_for_the_name_and_can_be_taken_back(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop11/-/delete")
    page.get_by_role("button", name="Schedule deletion").click()
    visitor.says("Type “shop11” to confirm")
    visitor.check()
    page.locator('[name="name"]').fill("shop11")
    page.get_by_role("button", name="Schedule deletion").click()
    page.wait_for_url(re.compile(r"/virtualmachine/shop11/$"))
    expect(page.locator("h1 .state-leaving")).to_be_visible()
    visitor.check()
    page.get_by_role("button", name="Cancel deletion").click()
    expect(page.locator("h1 .state-ready")).to_be_visible()


def test_all_of_it_works_on_a_phone(visit: Visit) -> None:
    visitor = visit("operator")
    visitor.page.set_viewport_size(NARROW)
    page = visitor.go("virtualmachine/?q=shop12")
    follow(page.get_by_role("link", name="shop12", exact=True))
    visitor.check()
    follow(page.get_by_role("link", name="Edit"))
    visitor.check()
    put(page, "service_description", "Changed by thumb")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/virtualmachine/shop12/$"))
    visitor.says("Changed by thumb")


def test_leaving_a_form_with_typed_changes_asks(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop13/-/edit", check=False)
    asked: list[str] = []
    answers = ["dismiss", "accept"]
    page.on("dialog", lambda dialog: (asked.append(dialog.type), getattr(dialog, answers.pop(0))()))
    put(page, "service_description", "Typed and not saved")
    leave = page.get_by_role("link", name="Service users")
    leave.click(no_wait_after=True)
    expect(page.locator('[name="service_description"]')).to_have_value("Typed and not saved")
    assert asked == ["beforeunload"]
    leave.click()
    page.wait_for_url(re.compile(r"/serviceuser/$"))
    assert asked == ["beforeunload", "beforeunload"]
    visitor.go("virtualmachine/shop13/-/edit", check=False)
    leave.click()
    page.wait_for_url(re.compile(r"/serviceuser/$"))
    assert len(asked) == 2, "nothing typed, nothing asked"


def test_a_list_is_filtered_and_a_record_opened_and_edited_by_keyboard(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/", check=False)
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.locator('[popovertarget="facet-state"]').focus()
    keys.press("Enter")
    keys.press("ArrowDown")
    page.locator('#facet-state [value="ready"]').focus()
    keys.press("Space")
    page.wait_for_url(re.compile(r"state=ready"))
    expect(page.locator('#facet-state [value="ready"]')).to_be_focused()
    keys.press("Escape")
    expect(page.locator(".chip")).to_contain_text("Ready")
    page.locator("#row-shop01 .row-do button").focus()
    keys.press("Enter")
    keys.press("ArrowDown")
    expect(page.locator("#row-menu a").first).to_be_focused()
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/virtualmachine/shop01/-/edit$"))
    keys.press("Control+k")
    keys.type("shop12")
    expect(page.locator(".hit").first).to_contain_text("shop12")
    keys.press("ArrowDown")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/virtualmachine/shop12/$"))


def test_lists_fit_a_laptop_one_line_a_record_with_the_menu_in_sight(visit: Visit) -> None:
    visitor = visit("manager")
    for type_name in ("virtualmachine", "resourcegroup", "serviceuser", "permission", "maintenance"):
        page = visitor.go(f"{type_name}/", check=type_name == "virtualmachine")
        box = page.locator(".table-box")
        assert box.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, f"{type_name} scrolls in its box"
        tallest = page.locator(".table-list tbody tr").evaluate_all(
            "all => Math.max(...all.map(one => one.offsetHeight))"
        )
        assert tallest < 45, f"{type_name} has rows of more than a line"
    assert page.viewport_size == WIDE
