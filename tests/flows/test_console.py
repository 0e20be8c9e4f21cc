"""Ten calls to support, from the search to the resolution, in Chromium over the whole portal in processes."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from tests.flows.conftest import put
from tests.support.browser import PATIENCE, check, enter, follow
from tests.support.portal import Portal


class Desk:
    """A member of staff at work; `customer` is one of the customer's people in a browser of their own."""

    def __init__(self, page: Page, portal: Portal, new_page: Callable[[], Page]) -> None:
        self.page = page
        self.portal = portal
        self.new_page = new_page
        enter(page, portal, "staff")

    def customer(self, name: str, path: str) -> Page:
        page = self.new_page()
        enter(page, self.portal, name)
        page.goto(f"{self.portal.url}/c/10001/{path}")
        return page

    def go(self, path: str, *, check: bool = True) -> Page:
        self.page.goto(f"{self.portal.url}/console/{path}")
        if check:
            self.check()
        return self.page

    def check(self) -> None:
        check(self.page)

    def find(self, text: str, title: str) -> Page:
        """Types it into the search until the hit is there (the index follows within seconds), and goes there."""
        field = self.page.locator("#find")
        hit = self.page.locator("#found .hit", has_text=title).first

        def is_there() -> bool:
            self.go("", check=False)
            field.press_sequentially(text)
            try:
                expect(hit).to_be_visible(timeout=3000)
            except AssertionError:
                return False
            return True

        assert any(is_there() for _ in range(12)), f"{title} was not found by {text}"
        self.check()
        hit.click()
        self.page.wait_for_url(re.compile("/console/c/"))
        self.check()
        return self.page

    def says(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    def says_in_time(self, text: str, tries: int = 15, *, where: str = "main") -> None:
        """Reloads until the page says so."""
        main = self.page.locator(where)
        for _ in range(tries):
            if text in main.inner_text():
                return
            self.page.wait_for_timeout(1000)
            self.page.reload()
        expect(main).to_contain_text(text)

    def view_as(self, person: str, reason: str, *, writing: bool = False) -> Page:
        """From a page of the console, on to the same thing as that person sees it."""
        page = self.page
        follow(page.get_by_role("link", name="View as…"))
        self.check()
        option = page.locator("[name=member] option", has_text=person).first.get_attribute("value")
        page.locator("[name=member]").select_option(option)
        page.locator("[name=reason]").fill(reason)
        page.get_by_role("button", name="View as").click()
        expect(page.locator(".visiting")).to_contain_text("read-only")
        if writing:
            follow(page.get_by_role("link", name="Enable editing…"))
            self.check()
            page.get_by_label("The customer has asked for it").check()
            page.get_by_role("button", name="Enable editing").click()
            expect(page.locator(".visiting")).to_contain_text("editing enabled")
        return page

    def stop_viewing(self) -> None:
        self.page.locator(".visiting").get_by_role("button", name="End view").click()
        self.page.wait_for_url(re.compile("/console/c/10001/"))
        self.check()


@pytest.fixture
def desk(portal_stack: Portal, page: Page, browser: Browser) -> Iterator[Desk]:
    portal_stack.platform.control(reset=True)
    others: list[Page] = []

    def new_page() -> Page:
        others.append(browser.new_context(locale="en-GB").new_page())
        others[-1].set_default_timeout(PATIENCE)
        return others[-1]

    yield Desk(page, portal_stack, new_page)
    for other in others:  # the page alone: Chromium now and then never ends when one context is closed after another
        other.close()
    portal_stack.platform.control(reset=True)


def edit(page: Page, name: str, value: str) -> None:
    """In the form of a machine."""
    put(page, name, value)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/virtualmachine/[a-z0-9-]+/$"))


def test_the_machine_wont_come_up(desk: Desk) -> None:
    with desk.portal.platform.proxy() as proxy:
        proxy.apply([{"__type__": "virtualmachine", "name": "shop14", "online": False}])
    page = desk.find("shop14", "shop14")
    desk.says_in_time("Off", tries=60, where="h1")
    expect(page.locator("h1 .state-off")).to_be_visible()
    desk.view_as("operator@example.com", "Ticket 1: the machine won't come up", writing=True)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("h1 .state-ready")).to_be_visible()
    desk.stop_viewing()
    desk.says("Viewed by support staff")


def test_ending_a_view_is_not_overtaken_by_what_its_page_asks_meanwhile(desk: Desk) -> None:
    desk.go("c/10001/")
    page = desk.view_as("operator@example.com", "Ticket 2: what do they see?")
    done: list[tuple[Route, APIResponse]] = []
    page.route("**/view-as/end", lambda route: done.append((route, route.fetch(max_redirects=0))))
    with page.expect_response(lambda response: "hx-redirect" in response.headers):
        page.evaluate("() => setInterval(() => htmx.ajax('GET', location.href, {target: 'main'}), 100)")
        page.locator(".visiting").get_by_role("button", name="End view").click(no_wait_after=True)
    while not done:  # the answer's event may come before the answer itself
        page.wait_for_timeout(50)
    route, answer = done[0]
    route.fulfill(response=answer)
    page.wait_for_url(re.compile("/console/c/10001/"))
    desk.says("Viewed by support staff")


def test_i_changed_the_memory_and_nothing_happened(desk: Desk) -> None:
    edit(desk.customer("operator", "virtualmachine/shop10/-/edit"), "memory", "3000")
    page = desk.find("shop10", "shop10")
    desk.says_in_time("Pending")
    follow(page.get_by_role("link", name=re.compile("(Update|Resize) shop10")).first)
    desk.says_in_time("It waits for the maintenance window")
    desk.check()
    desk.says("Accepted by the platform.")


def test_we_cant_sign_in(desk: Desk) -> None:
    stranger = desk.new_page()
    stranger.goto(f"{desk.portal.url}/accounts/login/")
    stranger.fill("input[name=login]", "viewer@example.com")
    stranger.fill("input[type=password]", "not-my-password")
    follow(stranger.get_by_role("button", name="Sign in", exact=True))
    page = desk.find("vera viewer", "viewer@example.com")
    trail = page.locator("#trail")
    expect(trail).to_contain_text("Sign-in failed")
    expect(trail).to_contain_text("viewer@example.com")
    expect(page.locator("#people")).to_contain_text("viewer@example.com")


def test_links_in_lists_can_be_hit_wherever_their_lines_break(desk: Desk) -> None:
    page = desk.go("c/10001/", check=False)
    for width in (1280, 1000, 768, 390):
        page.set_viewport_size({"width": width, "height": 800})
        smallest = page.locator(".rows a, .console-none a").evaluate_all(
            "all => Math.min(...all.map(one => one.offsetHeight))"
        )
        assert smallest >= 24, f"{smallest} px at a width of {width}"  # WCAG 2.5.8


def test_who_deleted_web12(desk: Desk) -> None:
    page = desk.customer("operator", "virtualmachine/shop12/-/delete")
    page.get_by_role("button", name="Schedule deletion").click()
    page.locator('[name="name"]').fill("shop12")
    page.get_by_role("button", name="Schedule deletion").click()
    page.wait_for_url(re.compile(r"/virtualmachine/shop12/$"))
    desk.find("shop12", "shop12")
    desk.says_in_time("Delete shop12")
    desk.says("Olaf Operator")
    desk.view_as("operator@example.com", "Ticket 4: they want it back", writing=True)
    expect(desk.page.locator("h1 .state-leaving")).to_be_visible()
    desk.page.get_by_role("button", name="Cancel deletion").click()
    expect(desk.page.locator("h1 .state-ready")).to_be_visible()
    desk.stop_viewing()


def test_the_invoice_is_higher_than_last_month(desk: Desk) -> None:
    with desk.portal.platform.proxy() as proxy:
        latest = max(proxy.query("invoice"), key=lambda one: one["consumption_start"])
    page = desk.find(f"{float(latest['total']):.2f}", latest["consumption_start"][:7])
    desk.says(re.compile("Total before tax"))
    follow(page.get_by_role("link", name="10001 Example Services GmbH"))
    expect(page.locator("main")).to_contain_text(re.compile(r"[+-][\d,]+\.\d\d\sEUR"))
    desk.view_as("manager@example.com", "Ticket 5: the invoice, item by item")
    page.goto(f"{desk.portal.url}/c/10001/invoice/{latest['consumption_start']}/")
    expect(page.locator("main")).to_contain_text(re.compile("Items"))
    desk.stop_viewing()


def test_our_key_stopped_working(desk: Desk) -> None:
    refused = {"kind": "status", "value": 401, "method": "*", "times": 500}
    desk.portal.platform.control(fault=refused)
    customer = desk.customer("manager", "virtualmachine/")
    for _ in range(3):
        customer.get_by_role("button", name=re.compile("Refresh|again|now", re.IGNORECASE)).first.click()
        customer.wait_for_timeout(500)
    page = desk.go("")
    desk.says_in_time("keys rejected")
    follow(page.get_by_role("link", name="10001 Example Services GmbH").first)
    desk.says_in_time("rejected since")
    desk.portal.platform.control(reset=True)
    follow(page.get_by_role("link", name="Manage", exact=True))
    desk.check()
    page.locator("[name=group]").fill("services")
    page.locator("[name=credential]").fill("services-demo-key")
    page.get_by_role("button", name="Verify and save").click()
    expect(page.locator("#messages")).to_contain_text("Key verified and saved")
    page.goto(f"{desk.portal.url}/console/c/10001/")
    desk.says_in_time("Active")


def test_the_api_is_down(desk: Desk) -> None:
    customer = desk.customer("manager", "virtualmachine/")
    expect(customer.locator("main")).to_contain_text("shop00")
    desk.portal.platform.control(fault={"kind": "status", "value": 503, "method": "*", "times": 500})
    for name in ("virtualmachine", "resourcegroup", "serviceuser", "permission", "maintenance", "consumption"):
        customer.goto(f"{desk.portal.url}/c/10001/{name}/")
        customer.locator("form:has(.fresh) button, .fresh button").first.click()
        customer.wait_for_timeout(300)
    page = desk.go("platform/")
    desk.says_in_time("Circuit breaker: open")
    desk.check()
    asked = desk.portal.platform.calls("query")
    customer.goto(f"{desk.portal.url}/c/10001/virtualmachine/")
    expect(customer.locator("main")).to_contain_text("shop00")  # what was last known
    expect(customer.locator("#banner")).to_contain_text("has been unreachable since")
    assert desk.portal.platform.calls("query") <= asked + 1  # a probe at most
    desk.portal.platform.control(reset=True)
    page.get_by_role("button", name="Turn platform calls on").click()
    expect(page.locator("#messages")).to_contain_text("Platform calls are on again")
    desk.says("Circuit breaker: closed")


def test_a_change_hangs(desk: Desk) -> None:
    desk.portal.platform.control(fault={"kind": "status", "value": 503, "method": "log", "times": 3})
    edit(desk.customer("operator", "virtualmachine/shop15/-/edit"), "service_description", "It hangs")
    page = desk.go("changes/?q=shop15")
    desk.says_in_time("shop15")
    page.locator("tr", has_text="shop15").first.get_by_role("checkbox").check()
    desk.portal.platform.control(reset=True)
    page.get_by_role("button", name="Retry now").click()
    expect(page.locator("#messages .notice")).to_be_visible()
    page = desk.go("changes/?which=all&q=shop15")
    desk.says_in_time("Accepted", tries=60)
    follow(page.get_by_role("link", name=re.compile(r"Change \d+")).first)
    desk.check()
    desk.says("Response")
    desk.says("It hangs")


def test_please_do_it_for_us(desk: Desk) -> None:
    page = desk.find("10001", "10001 Example Services GmbH")
    desk.view_as("operator@example.com", "Ticket 9: please describe shop03 for us", writing=True)
    page.goto(f"{desk.portal.url}/c/10001/virtualmachine/shop03/-/edit")
    edit(page, "service_description", "Done by support")
    expect(page.locator("main")).to_contain_text("Done by support")
    desk.stop_viewing()
    expect(page.locator("#trail")).to_contain_text("staff@example.com as operator@example.com")
    manager = desk.customer("manager", "trail/?kind=staff")
    expect(manager.locator("main")).to_contain_text("Ticket 9: please describe shop03 for us")


def test_where_is_that_address(desk: Desk) -> None:
    with desk.portal.platform.proxy() as proxy:
        machines = proxy.query("virtualmachine")
    addresses = {
        address: machine["name"]
        for machine in machines
        for interface in machine["interfaces"].values()
        for found in interface["networks"].values()
        for address in found
        if "." in address
    }
    address, name = next(iter(addresses.items()))
    desk.go("", check=False)
    desk.find(address, name)
    desk.says(address)
    desk.page.keyboard.press("Control+k")  # again, by the keyboard alone
    desk.page.keyboard.type(address)
    expect(desk.page.locator("#jump-results .hit").first).to_contain_text(name)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(re.compile(f"/virtualmachine/{name}/$"))
