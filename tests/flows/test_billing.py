"""The bookkeeper's visit in the browser: see what was used and what it costs, take it along, and set a limit."""

import csv
import io
import re
from decimal import ROUND_HALF_UP, Decimal

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.flows.conftest import NARROW, WIDE, C, Visit
from tests.support.moment import month

LAST = month(1)
PAGES = (
    "consumption/?type=traffic",
    "consumption/?type=virtualmachine&q=shop",
    f"consumption/{LAST}/virtualmachine/shop01/",
    "invoice/",
    f"invoice/{LAST}/",
    "thresholds/",
)


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return waiting.value.path().read_bytes()


def test_a_bookkeeper_sees_understands_and_takes_along_what_a_month_cost(visit: Visit) -> None:
    visitor = visit("billing")
    page = visitor.go("")
    links = page.locator("nav a").all_inner_texts()
    assert not any(word in " ".join(links) for word in ("Machines", "Groups", "People", "API keys", "Changes"))
    page.locator("nav").get_by_role("link", name="Invoices").first.click()
    visitor.says("This is not the tax invoice")
    page.get_by_role("link", name=f"{LAST:%B %Y}", exact=True).click()
    visitor.says(f"Changes since {month(2):%B %Y}")
    total = page.locator(".bill-facts .bill-total").inner_text()
    assert page.locator(".bill-sum .num").inner_text() == total
    page.get_by_role("button", name="CSV…").click()
    rows = list(csv.reader(io.StringIO(download(page, "CSV").decode("utf-8-sig"))))
    workbook = openpyxl.load_workbook(io.BytesIO(download(page, "Excel"))).worksheets[0]
    shown = re.sub(r"[^\d.]", "", total)
    assert str(sum(Decimal(row[3]) for row in rows[1:]).quantize(Decimal("0.01"), ROUND_HALF_UP)) == shown
    assert sum(row[3] for row in workbook.iter_rows(min_row=2, values_only=True)) == pytest.approx(
        float(shown), abs=0.01
    )
    page.get_by_role("link", name="shop01:").first.click()
    expect(page.locator("h1")).to_have_text("shop01")
    visitor.says("By month")


def test_a_limit_is_set_by_keyboard_changed_and_removed(visit: Visit) -> None:
    visitor = visit("billing")
    page = visitor.go("consumption/?type=traffic")
    page.get_by_role("link", name="Budgets").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/thresholds/"))
    what = page.get_by_label("Item", exact=True)
    what.focus()
    what.select_option(label="Traffic of shop")
    page.keyboard.press("Tab")
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    visitor.says("Enter an amount in digits")
    visitor.check()
    field = page.get_by_label("Monthly budget")
    expect(field).to_have_value("much")
    field.fill("1.5")
    field.press("Enter")
    line = page.locator(".limit").filter(has_text="Traffic of shop")
    expect(line).to_contain_text("of 1.5 GB")
    visitor.check()
    page.get_by_role("link", name="Edit budget: Traffic of shop").click()
    expect(field).to_have_value("1.5")
    field.fill("900000")
    field.press("Enter")
    expect(line).to_contain_text("of 900 TB")
    page.get_by_role("button", name="Remove budget: Traffic of shop").click()
    expect(line).to_have_count(0)


@pytest.mark.parametrize("name", ["billing", "manager"])
def test_every_page_of_money_passes_axe_on_a_wide_and_a_narrow_screen(visit: Visit, name: str) -> None:
    visitor = visit(name)
    for path in PAGES:
        page = visitor.go(path)
        page.set_viewport_size(NARROW)
        visitor.check()
        page.set_viewport_size(WIDE)


def test_without_javascript_a_month_a_type_and_a_filter_are_chosen(visit: Visit) -> None:
    visitor = visit("billing")
    browser = visitor.page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, base_url=visitor.portal.url)
    plain.add_cookies(visitor.page.context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto(f"{C}consumption/")
    page.locator("select[name=period]").select_option(label=f"{LAST:%B %Y}")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h1")).to_have_text(f"Consumption {LAST:%B %Y}")
    page.goto(f"{C}invoice/")
    page.get_by_label("From (EUR)").fill("99999")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("main")).to_contain_text("No results")
    plain.close()
