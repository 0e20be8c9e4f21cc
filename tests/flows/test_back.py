"""Back: what is ticked, chosen and typed is what the portal's answer says, not what the browser puts back by place.

The portal's answer itself has what was typed before; `draft=drop` begins anew each time.
"""

import re
from threading import Event

import pytest
from playwright.sync_api import Page, Route, expect

from scripts.environment import ROOT
from tests.flows.conftest import Visit, Visitor
from tests.support.browser import enter

FORM = re.compile(r"<form\b(?:\{%.*?%\}|\{\{.*?\}\}|[^>{]|\{(?![%{]))*>", re.DOTALL)


def test_no_form_lets_the_browser_fill_it_again() -> None:
    """Chromium puts back what stood at the same place of a form, unless the form asks it not to."""
    pages = {path: path.read_text() for path in (ROOT / "templates").rglob("*.html")}
    forms = [(path.name, tag) for path, text in pages.items() for tag in FORM.findall(text)]
    assert len(forms) > 50
    assert [one for one in forms if "autocomplete=" not in one[1] and 'method="dialog"' not in one[1]] == []


def leave_and_come_back(page: Page) -> None:
    """To another page of the portal, as typed into the address bar, and Back."""
    here = page.url
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(f"{here.split('/c/')[0]}/accounts/")
    page.go_back()
    page.wait_for_url(here)
    page.wait_for_load_state()


def test_ticks_of_the_permission_matrix_are_those_of_the_answer(visit: Visit) -> None:
    visitor = visit("manager")
    page = visitor.go("resourcegroup/shop/-/permissions?draft=drop", check=False)
    boxes = page.locator("#record-form input[type=checkbox]")
    before = boxes.evaluate_all("all => all.map(one => one.checked)")
    boxes.nth(before.index(False)).check()
    boxes.nth(before.index(True)).uncheck()
    expect(page.locator("#outlook")).to_contain_text("permissions change, in one go")  # and so the portal has it
    leave_and_come_back(page)
    expect(boxes.first).to_be_visible()
    assert boxes.evaluate_all("all => all.map(one => one.checked)") == before
    expect(page.locator("#outlook")).to_contain_text("No changes yet.")


def test_an_edit_form_opens_with_what_the_record_has(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop10/-/edit?draft=drop", check=False)
    cores, roles = page.locator("[name=cores]"), page.locator("[name=classes][type=checkbox]")
    was, ticked = cores.input_value(), roles.evaluate_all("all => all.map(one => one.checked)")
    cores.select_option("8" if was != "8" else "7")
    roles.nth(ticked.index(False)).check()
    expect(page.locator("#bar")).to_contain_text("2 changes")
    leave_and_come_back(page)
    assert cores.input_value() == was
    assert roles.evaluate_all("all => all.map(one => one.checked)") == ticked


def test_a_half_filled_form_comes_back_and_can_be_begun_anew(visit: Visit) -> None:
    page = visit("operator").go("virtualmachine/shop10/-/edit", check=False)
    description = page.locator("[name=service_description]")
    was = description.input_value()
    description.fill("Half a thought")
    expect(page.locator("#bar")).to_contain_text("1 change")  # and so the portal has it
    leave_and_come_back(page)
    expect(description).to_have_value("Half a thought")
    start_over = page.get_by_role("link", name="Start over")
    page.emulate_media(media="print")
    expect(start_over).to_be_hidden()
    page.emulate_media(media="screen")
    start_over.click()
    page.wait_for_url(re.compile("draft=drop"))
    expect(description).to_have_value(was)


def tick_off(visitor: Visitor) -> Page:
    """The list of machines, filtered by the box for those that are off."""
    page = visitor.go("virtualmachine/", check=False)
    page.locator('[popovertarget="facet-state"]').click()
    page.locator('#facet-state [value="off"]').check()
    page.wait_for_url(re.compile("state=off"))
    return page


def test_facets_show_the_filter_of_the_address(visit: Visit) -> None:
    visitor = visit("operator")
    page = tick_off(visitor)
    page.keyboard.press("Escape")
    page.go_back()
    page.wait_for_url(re.compile(r"/virtualmachine/$"))
    expect(page.locator('#facet-state [value="off"]')).not_to_be_checked()
    page.go_forward()
    page.wait_for_url(re.compile("state=off"))
    expect(page.locator('#facet-state [value="off"]')).to_be_checked()
    page.goto(f"{visitor.portal.url}/accounts/")
    page.go_back()
    expect(page.locator('#facet-state [value="off"]')).to_be_checked()


def test_forward_is_followed_also_while_the_page_is_loading(visit: Visit) -> None:
    """Nothing listens to a step within the history yet: the address moves, and the page has to follow."""
    visitor = visit("operator")
    page = tick_off(visitor)
    held: list[Route] = []
    goes_on = Event()
    page.route(
        re.compile(r"/vendor/htmx\b"), lambda route: route.continue_() if goes_on.is_set() else held.append(route)
    )
    page.go_back(wait_until="commit")
    expect(page.locator('#facet-state [value="off"]')).not_to_be_checked()
    page.evaluate("history.forward()")
    page.wait_for_url(re.compile("state=off"), wait_until="commit")
    goes_on.set()
    for route in held:
        route.continue_()
    expect(page.locator('#facet-state [value="off"]')).to_be_checked()


HOLD_TIMERS = """
    const held = [], start = setTimeout;
    window.setTimeout = (act, delay, ...rest) => delay === undefined ? held.push(act) : start(act, delay, ...rest);
    window.goOn = () => { for (const act of held.splice(0)) act(); };
"""


def test_forward_is_followed_also_when_the_page_has_loaded_and_htmx_does_not_listen_yet(visit: Visit) -> None:
    """It begins to by a timer, which may run out only after the document is complete."""
    visitor = visit("operator")
    page = tick_off(visitor)
    page.add_init_script(HOLD_TIMERS)
    page.go_back(wait_until="commit")
    page.wait_for_function("() => window.goOn && document.readyState === 'complete'")
    expect(page.locator('#facet-state [value="off"]')).not_to_be_checked()
    page.evaluate("history.forward()")
    page.wait_for_url(re.compile("state=off"), wait_until="commit")
    page.evaluate("goOn()")
    expect(page.locator('#facet-state [value="off"]')).to_be_checked()


def test_what_is_typed_before_htmx_listens_is_followed(visit: Visit) -> None:
    visitor = visit("operator")
    visitor.page.add_init_script(HOLD_TIMERS)
    page = visitor.go("", check=False)
    page.locator("#jump").fill("shop13")
    page.evaluate("goOn()")
    expect(page.locator("#jump-results a").first).to_contain_text("shop13")


def test_no_change_is_chosen_in_the_console_that_nobody_chose(visit: Visit) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/shop14/-/edit", check=False)
    page.locator("[name=service_description]").fill("Something for the list of changes")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/virtualmachine/shop14/$"))
    page.context.clear_cookies()
    enter(page, visitor.portal, "staff")
    page.goto(f"{visitor.portal.url}/console/changes/?which=all")
    page.locator("input[name=change]").first.check()
    leave_and_come_back(page)
    expect(page.locator("input[name=change]").first).not_to_be_checked()


@pytest.mark.parametrize("typed", ["shop88", ""], ids=["typed meanwhile", "left alone"])
def test_a_suggested_name_that_comes_late_leaves_what_was_typed(visit: Visit, typed: str) -> None:
    visitor = visit("operator")
    page = visitor.go("virtualmachine/-/new?resource_group=shop&draft=drop", check=False)
    name = page.locator("#id_name")
    held: list[Route] = []
    page.route("**/virtualmachine/-/new*", lambda route: held.append(route))
    page.locator("[name=resource_group]").select_option("example")
    while not held:
        page.wait_for_timeout(20)
    if typed:
        name.fill(typed)
    with page.expect_response(re.compile("/virtualmachine/-/new")):
        held[0].continue_()
    page.unroute_all(behavior="ignoreErrors")
    if typed:
        page.wait_for_load_state("networkidle")
        expect(name).to_have_value(typed)
    else:
        expect(name).to_have_value(re.compile(r"example\d\d"))


@pytest.mark.parametrize("chosen", ["fc-21.11-staging", ""], ids=["chosen meanwhile", "left alone"])
def test_environments_follow_the_class_and_leave_what_was_chosen(visit: Visit, chosen: str) -> None:
    page = visit("operator").go("virtualmachine/-/new?resource_group=shop&draft=drop", check=False)
    environment, class_ = page.locator("#id_environment"), page.locator("#id_environment_class")
    held: list[Route] = []
    page.route("**/virtualmachine/-/new*", lambda route: held.append(route))
    class_.select_option("Puppet")
    while not held:
        page.wait_for_timeout(20)
    environment.focus()
    if chosen:  # before its own question is asked, which takes the place of the one that is held
        environment.evaluate("(one, value) => { one.value = value; }", chosen)
    with page.expect_response(re.compile("/virtualmachine/-/new")):
        held[0].continue_()
    page.unroute_all(behavior="ignoreErrors")
    expect(environment).to_have_value(chosen or "production")
    expect(environment).to_be_focused()
    if chosen:
        environment.dispatch_event("input")
        expect(page.locator("#bar")).to_contain_text("attention")
        expect(environment).to_have_value(chosen)
        environment.select_option("staging")  # is offered beside it
        expect(page.locator("#bar")).not_to_contain_text("attention")
    class_.select_option("NixOS")
    expect(environment.locator("option[value='fc-22.05-staging']")).to_have_count(1)
    expect(environment).to_have_value("staging" if chosen else "fc-22.05-production")
