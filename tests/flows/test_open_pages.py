"""Pages that stay open while the world changes: nothing jumps, nothing is asked for ever, nothing untrue is said."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.flows.conftest import C, Visit, Visitor
from tests.support.browser import enter, follow
from tests.support.portal import Portal

OF = "WHERE user_id = (SELECT id FROM accounts_user WHERE email = %s)"
SWAP = "() => htmx.ajax('GET', location.pathname + location.search, {target: '#table', swap: 'outerMorph'})"


def place_of(menu: Locator, button: Locator) -> tuple[int, int]:
    """Where a menu is, as seen from its button."""
    return tuple(  # type: ignore[return-value]
        menu.evaluate(
            "(menu, button) => { const at = one => one.getBoundingClientRect();"
            " return [Math.round(at(menu).left - at(button).left), Math.round(at(menu).top - at(button).bottom)]; }",
            button.element_handle(),
        )
    )


@pytest.mark.parametrize("menu", ["facet-state", "column-choice", "more-filters", "row-menu"])
def test_an_open_menu_stays_at_its_button_through_ten_swaps(visit: Visit, menu: str) -> None:
    page = visit("operator").go("virtualmachine/?q=shop", check=False)
    button, opened = page.locator(f'[popovertarget="{menu}"]').first, page.locator(f"#{menu}")
    button.click()
    expect(opened.locator("a, label").first).to_be_visible()
    expect(opened).to_have_attribute("style", re.compile("top"))
    before = place_of(opened, button)
    for _ in range(10):
        page.evaluate(SWAP)
        assert place_of(opened, button) == before
    page.evaluate("() => document.querySelector('#messages').append('a line more '.repeat(40))")  # moves the button
    page.evaluate(SWAP)
    assert place_of(opened, button) == before


# --- forms of what is gone -------------------------------------------------------------------------------------------


def test_a_form_of_what_was_deleted_meanwhile_says_so_and_shows_what_was_typed(visit: Visit) -> None:
    first, second = visit("manager"), visit("manager")
    form = first.go("serviceuser/shop/s-shop/-/edit", check=False)
    with first.portal.platform.proxy() as proxy:
        proxy.apply([{"__type__": "serviceuser", "__action__": "delete", "uid": "s-shop", "resource_group": "shop"}])
    listed = second.go("serviceuser/", check=False)
    listed.get_by_role("button", name="Refresh").click()
    expect(listed.get_by_role("link", name="s-shop", exact=True)).to_have_count(0)
    form.locator("[name=description]").fill("Typed for nothing")
    expect(form.get_by_role("heading", name="shop/s-shop no longer exists")).to_be_visible()
    first.says("Typed for nothing")
    first.check()


# --- polls that end --------------------------------------------------------------------------------------------------


@contextmanager
def live(visitor: Visitor, path: str) -> Iterator[Page]:
    """A page that asks for itself: a change waits, as no worker is there."""
    portal = visitor.portal
    portal.kill_worker()
    try:
        page = visitor.go("virtualmachine/shop15/-/edit", check=False)
        description = page.locator("[name=service_description]")
        description.fill(f"{description.input_value()}.")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(re.compile(r"/virtualmachine/shop15/$"))
        visitor.go(path, check=False)
        expect(page.locator("main [data-live]")).to_be_attached()
        yield page
    finally:
        portal.start_worker()


def asks_no_more(page: Page) -> None:
    expect(page.locator("[data-live]")).to_have_count(0)
    expect(page.locator("#offline")).to_be_hidden()


def test_a_page_of_whom_was_removed_says_so_and_asks_no_more(visit: Visit) -> None:
    visitor = visit("viewer")
    with signed_in_elsewhere(visitor.page, visitor.portal, "operator") as other, live(other, ""):
        page = visitor.go("virtualmachine/?q=shop15", check=False)
        visitor.portal.query(f"DELETE FROM accounts_membership {OF}", "viewer@example.com")
        expect(page.get_by_role("heading", name="You no longer have access to 10001")).to_be_visible()
        asks_no_more(page)
        visitor.check()


@contextmanager
def signed_in_elsewhere(page: Page, portal: Portal, name: str) -> Iterator[Visitor]:
    """A second person in a browser of their own."""
    assert page.context.browser
    context = page.context.browser.new_context(locale="en-GB")
    try:
        yield Visitor(context.new_page(), portal, name)
    finally:
        context.close()


def test_a_page_on_which_nothing_happens_asks_half_as_often_until_it_is_touched(visit: Visit) -> None:
    visitor, asked = visit("operator"), []
    visitor.page.clock.install()
    with live(visitor, "virtualmachine/") as page:

        def nothing_new(route: Route) -> None:
            asked.append(route.request.url)
            route.fulfill(status=304)

        def settle() -> None:
            while page.locator(".htmx-request").count():  # what was asked meanwhile is answered first
                page.evaluate("fetch('/healthz')")

        def questions_within(seconds: int) -> int:
            settle()
            before = len(asked)
            for _ in range(seconds):
                page.clock.run_for(1000)
                settle()
            return len(asked) - before

        page.clock.pause_at(page.evaluate("Date.now() + 1000"))
        page.route(f"**{C}virtualmachine/", nothing_new)
        page.keyboard.press("Shift")
        assert questions_within(10) == 10
        questions_within(10)
        assert questions_within(10) == 5
        page.keyboard.press("Shift")
        assert questions_within(10) == 10
        page.unroute_all(behavior="ignoreErrors")
        page.clock.resume()


def test_nothing_of_the_person_before_stays_when_another_signs_in(visit: Visit) -> None:
    visitor = visit("operator")
    with live(visitor, "virtualmachine/") as page:
        with signed_in_elsewhere(page, visitor.portal, "outsider") as other:
            page.context.add_cookies(other.page.context.cookies())  # as when they sign in in another tab
            expect(page.locator("#messages")).to_contain_text("You are signed in as")
        expect(page.get_by_text("shop15")).to_have_count(0)
        asks_no_more(page)


def test_a_language_chosen_in_another_tab_is_that_of_the_whole_page(visit: Visit) -> None:
    visitor = visit("operator")
    with live(visitor, "virtualmachine/") as page:
        expect(page.locator("html")).to_have_attribute("lang", "en")
        other = page.context.new_page()
        other.goto(f"{visitor.portal.url}/accounts/")
        other.locator("[popovertarget=person-menu]").click()
        other.get_by_role("button", name="Deutsch").click()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("main h1")).to_contain_text("Maschinen")
        other.locator("[popovertarget=person-menu]").click()
        other.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        other.close()


def test_cannot_be_reached_is_said_only_when_nothing_answers(visit: Visit) -> None:
    visitor = visit("operator")
    said = visitor.page.locator("#offline")
    with live(visitor, "virtualmachine/") as page:

        def answer_with(status: int) -> None:
            page.unroute_all(behavior="ignoreErrors")
            page.route(f"**{C}virtualmachine/", lambda route: poll(route, status))

        answer_with(500)
        expect(said).to_contain_text("has answered with an error")
        answer_with(503)
        expect(said).to_contain_text("The portal cannot be reached")
        page.unroute_all(behavior="ignoreErrors")
        expect(said).to_be_hidden()


def poll(route: Route, status: int) -> None:
    route.fulfill(status=status, body="") if "hx-request" in route.request.headers else route.continue_()


# --- Back ------------------------------------------------------------------------------------------------------------


def sorted_list(visitor: Visitor) -> Page:
    """A list to which Back leads without leaving the page."""
    page = visitor.go("virtualmachine/", check=False)
    page.locator("thead th a").first.click()
    page.wait_for_url(re.compile("sort="))
    page.locator("thead th a").nth(1).click()
    page.wait_for_function("() => history.state?.htmx && location.search.includes('sort=')")
    return page


def step_back(page: Page) -> None:
    """Waits for nothing: where Back leads elsewhere, Playwright's own step is broken off."""
    page.evaluate("history.back()")


def test_back_after_the_session_has_ended_is_a_whole_sign_in_page(visit: Visit) -> None:
    visitor = visit("operator")
    page = sorted_list(visitor)
    visitor.portal.query("DELETE FROM django_session")
    step_back(page)
    expect(page.locator("input[name=login]")).to_be_visible()
    expect(page.locator("#rail, #table")).to_have_count(0)
    assert "/accounts/login/" in page.url
    visitor.check()


def test_back_onto_what_is_refused_is_the_page_that_says_so(visit: Visit) -> None:
    visitor = visit("operator")
    page = sorted_list(visitor)
    visitor.portal.query(f"UPDATE accounts_membership SET role = 'billing' {OF}", "operator@example.com")
    try:
        step_back(page)
        expect(page.get_by_role("heading", name="Access denied")).to_be_visible()
        expect(page.locator("#table")).to_have_count(0)
    finally:
        visitor.portal.query(f"UPDATE accounts_membership SET role = 'operator' {OF}", "operator@example.com")


def test_back_after_another_language_was_chosen_is_all_in_it(visit: Visit) -> None:
    visitor = visit("operator")
    page = sorted_list(visitor)
    page.context.add_cookies([{"name": "django_language", "value": "de", "url": visitor.portal.url}])
    step_back(page)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("main h1")).to_contain_text("Maschinen")


# --- the banner ------------------------------------------------------------------------------------------------------


def test_the_banner_goes_by_itself_when_the_platform_is_back(visit: Visit) -> None:
    visitor = visit("operator")
    portal = visitor.portal
    visitor.go("virtualmachine/", check=False)
    portal.stop_sandbox()
    try:
        visitor.page.get_by_role("button", name="Refresh").click()
        expect(visitor.page.locator("#banner")).to_contain_text("has been unreachable")
        page = visitor.go("help/roles/")
        expect(page.locator("#banner")).to_contain_text("has been unreachable")
    finally:
        portal.start_sandbox()
    expect(page.locator("#banner > *")).to_have_count(0)


# --- focus -----------------------------------------------------------------------------------------------------------


def test_focus_stays_in_lists_of_changes_and_falls_on_the_heading_when_its_place_is_gone(visit: Visit) -> None:
    visitor = visit("operator")
    portal = visitor.portal
    with live(visitor, "changes/") as page:
        link = page.locator("#change-list tbody th a").first
        link.focus()
        portal.query("UPDATE changes_change SET attempts = attempts + 3 WHERE state = 'queued'")
        expect(page.locator("#change-list tbody td.num").first).to_contain_text("3")
        expect(link).to_be_focused()
        follow(link)
        button = page.get_by_role("button", name="Cancel change")
        button.focus()
        portal.query("UPDATE changes_change SET state = 'cancelled', done_at = created WHERE state = 'queued'")
        expect(button).to_have_count(0)
        expect(page.locator("main h1")).to_be_focused()


def test_after_a_confirmed_action_and_after_signing_in_the_heading_has_the_focus(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop16/", check=False)
    page.get_by_role("button", name="Shut down").first.click()
    page.locator("#confirm[open] [value=yes]").click()
    expect(page.locator("#messages")).to_contain_text("Shut down shop16")
    expect(page.locator("main h1")).to_be_focused()
    visitor.portal.query("DELETE FROM django_session")
    visitor.portal.cookies.clear()
    page.reload()
    page.fill("input[name=login]", "operator@example.com")
    page.fill("input[type=password]", "portal-demo")
    page.press("input[type=password]", "Enter")
    page.wait_for_url(f"{visitor.portal.url}{C}virtualmachine/shop16/")
    expect(page.locator("main h1")).to_be_focused()


# --- keys ------------------------------------------------------------------------------------------------------------


def test_enter_in_the_jump_field_goes_by_the_text_that_stands_there(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("", check=False)
    expect(page.locator("#jump[data-htmx-powered]")).to_be_attached()  # htmx listens by a timer
    page.keyboard.press("Control+k")
    page.keyboard.type("shop13")
    expect(page.locator("#jump-results a").first).to_contain_text("shop13")
    page.route("**/find/**", lambda route: poll_held(route))
    page.locator("#jump").fill("shop14")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/virtualmachine/shop14/$"))
    page.unroute_all(behavior="ignoreErrors")


def poll_held(route: Route) -> None:
    """The answer to what was typed last does not come."""
    route.abort() if "hx-request" in route.request.headers else route.continue_()


def test_escape_leads_back_also_after_pressing_twice(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/", check=False)
    page.locator("#q").focus()
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_be_focused()


def test_enter_on_a_tick_box_ticks(visit: Visit) -> None:
    visitor = visit("operator")
    with live(visitor, "changes/") as page:
        page.context.clear_cookies()
        enter(page, visitor.portal, "staff")
        page.goto(f"{visitor.portal.url}/console/changes/?which=all")
        box = page.locator("input[name=change]").first
        box.focus()
        page.keyboard.press("Enter")
        expect(box).to_be_checked()
        assert page.url.endswith("which=all")
