"""Approval in the browser: two changes to production, put into a plan, approved by a second person, applied."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import Visit, Visitor, put
from tests.support.portal import Portal

RULE = "UPDATE accounts_customer SET requires_approval = %s WHERE number = '10001'"


@pytest.fixture
def approval_required(portal_stack: Portal) -> Iterator[None]:
    portal_stack.query(RULE, True)
    yield
    portal_stack.query(RULE, False)


def add_to_plan(visitor: Visitor, machine: str, text: str) -> None:
    page = visitor.go(f"virtualmachine/{machine}/-/edit", check=False)
    put(page, "service_description", text)
    expect(page.get_by_role("button", name="Request approval")).to_be_visible()
    page.get_by_role("button", name="Add to plan").click()
    expect(page.get_by_text("Nothing has been sent yet.")).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def descriptions(portal: Portal) -> set[str]:
    with portal.platform.proxy() as proxy:
        found = [proxy.query("virtualmachine", {"name": name})[0] for name in ("shop00", "shop01", "shop02")]
    return {str(one["service_description"]) for one in found}


@pytest.mark.usefixtures("approval_required")
def test_a_manager_approves_what_the_operator_applies_and_an_edit_makes_that_stale(
    visit: Visit, elsewhere: Page
) -> None:
    operator = visit("operator")
    manager = Visitor(elsewhere, operator.portal, "manager")
    add_to_plan(operator, "shop00", "Approved one")
    add_to_plan(operator, "shop01", "Approved two")
    operator.page.get_by_role("link", name="Review", exact=True).click()
    operator.says("It touches production and has to be approved by someone else: Maren Manager.")
    operator.check()
    apply = operator.page.get_by_role("button", name="Apply 2 changes")
    expect(apply).to_have_count(0)
    put(operator.page, "text", "Before noon, please.")
    put(operator.page, "to", operator.page.get_by_role("option", name="Maren Manager").get_attribute("value") or "")
    press(operator.page, "Ask for review")
    operator.says("Olaf Operator asked Maren Manager to review the plan")
    plan = operator.page.url.partition("/c/10001/")[2].partition("#")[0]

    manager.go("")
    manager.says("Before noon, please.")
    manager.page.get_by_role("link", name="Review plan").first.click()
    manager.page.get_by_role("textbox", name="Comment").fill("Half a thought")
    manager.says("Approved one")

    put(operator.page, "text", "One more follows.")
    press(operator.page, "Comment")
    manager.says("One more follows.")  # without a reload, and nothing typed is lost
    expect(manager.page.get_by_role("textbox", name="Comment")).to_have_value("Half a thought")
    manager.check()
    manager.page.reload()
    expect(manager.page.locator("body")).to_contain_text("Your earlier input has been restored.")
    expect(manager.page.get_by_role("textbox", name="Comment")).to_have_value("Half a thought")
    press(manager.page, "Approve")
    operator.says("Approved by Maren Manager")
    expect(apply).to_be_visible()

    add_to_plan(operator, "shop02", "Approved three")
    operator.go(plan)
    operator.says("; edited since.")
    expect(operator.page.get_by_role("button", name="Apply 3 changes")).to_have_count(0)
    manager.says("; edited since.")
    manager.says("about an earlier version")
    press(manager.page, "Approve")
    press(operator.page, "Apply 3 changes")
    operator.says("The platform has accepted all of it.")
    assert descriptions(operator.portal) == {"Approved one", "Approved two", "Approved three"}
