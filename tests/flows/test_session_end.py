"""A session that ends while a form is filled in: signed in again, the form is as it was, and it is sent once."""

from playwright.sync_api import Page, expect

from tests.support.browser import axe, sign_in
from tests.support.portal import Portal

EDIT = "/c/10001/virtualmachine/shop13/-/edit"


def end_sessions(portal: Portal) -> None:
    """As when they are too old: nobody has one any more, the browser still has its cookie."""
    portal.query("DELETE FROM django_session")


def describe(page: Page, text: str) -> None:
    """Typed into the form, and followed: else that notices first that a session has ended, and leads on by itself."""
    page.get_by_label("Description").fill(text)
    expect(page.locator("#bar")).to_contain_text("1 change")


def changes(portal: Portal) -> int:
    return int(portal.query("SELECT count(*) FROM changes_change")[0][0])


def sign_in_here(page: Page, email: str) -> None:
    """On the sign-in page that one was led to."""
    page.fill("input[name=login]", email)
    page.fill("input[type=password]", "portal-demo")
    page.press("input[type=password]", "Enter")


def test_the_form_is_as_it_was_and_submits_once(page: Page, portal_stack: Portal) -> None:
    before = changes(portal_stack)
    sign_in(page, portal_stack.url, "operator@example.com")
    page.goto(f"{portal_stack.url}{EDIT}")
    describe(page, "Typed before the session ended")
    end_sessions(portal_stack)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your session has ended. Your input is kept")).to_be_visible()
    expect(page.locator("input[name=login]")).to_have_value("operator@example.com")
    axe(page)
    sign_in_here(page, "operator@example.com")
    expect(page.get_by_text("It has not been sent.")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Typed before the session ended")
    assert changes(portal_stack) == before
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#messages .told")).to_contain_text("Update shop")
    assert changes(portal_stack) == before + 1
    page.goto(f"{portal_stack.url}{EDIT}")
    expect(page.get_by_text("It has not been sent.")).to_have_count(0)


def test_somebody_else_who_signs_in_sees_nothing_of_it(page: Page, portal_stack: Portal) -> None:
    sign_in(page, portal_stack.url, "manager@example.com")
    page.goto(f"{portal_stack.url}{EDIT}")
    describe(page, "Only for the manager")
    end_sessions(portal_stack)
    page.get_by_role("button", name="Save").click()
    sign_in_here(page, "operator@example.com")
    expect(page.get_by_role("heading", name="Edit shop13")).to_be_visible()
    expect(page.get_by_label("Description")).not_to_have_value("Only for the manager")


def test_a_session_that_ends_while_one_types_leads_to_signing_in_and_back(page: Page, portal_stack: Portal) -> None:
    """The part beside the form that follows what is typed notices first."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    sign_in(page, portal_stack.url, "operator@example.com")
    page.goto(f"{portal_stack.url}{EDIT}")
    end_sessions(portal_stack)
    page.get_by_label("Description").fill("Typed when it was too late")
    expect(page.get_by_text("Your input is kept")).to_be_visible()
    sign_in_here(page, "operator@example.com")
    expect(page.get_by_label("Description")).to_have_value("Typed when it was too late")
    assert not asked


def test_signed_in_again_in_another_tab_the_old_tab_keeps_what_was_typed(page: Page, portal_stack: Portal) -> None:
    sign_in(page, portal_stack.url, "operator@example.com")
    page.goto(f"{portal_stack.url}{EDIT}")
    end_sessions(portal_stack)
    sign_in(page.context.new_page(), portal_stack.url, "operator@example.com")
    page.get_by_label("Description").fill("Typed in the first tab")
    expect(page.get_by_text("It has not been sent.")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Typed in the first tab")
