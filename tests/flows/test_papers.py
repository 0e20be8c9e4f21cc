"""Money on paper in the browser: ordered with and without JavaScript, made by a real worker, printed by Chromium."""

import io
import re
import zipfile

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.billing.conftest import press  # noqa: F401
from tests.billing.reading import pages
from tests.flows.conftest import NARROW, C, Visit
from tests.support.moment import month
from tests.support.portal import Portal


def file_of(page: Page) -> tuple[str, bytes]:
    """Waits until the order is made, and fetches its file."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


@pytest.mark.usefixtures("press")
def test_a_year_of_invoices_is_ordered_followed_and_fetched(visit: Visit) -> None:
    visitor = visit("billing")
    page = visitor.go("invoice/")
    page.get_by_role("button", name="ZIP of PDFs").last.click()
    page.wait_for_url(re.compile("/paper/[0-9a-f-]{36}/"))
    visitor.check()
    name, data = file_of(page)
    first = month(14)  # the platform has fourteen months; the last button is the first year's
    months = [one for one in map(month, range(14, 0, -1)) if one.year == first.year]
    assert name == f"invoice-10001-{first:%Y-%m}--{months[-1]:%Y-%m}.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [f"invoice-10001-{one:%Y-%m}.pdf" for one in months]
    visitor.check()
    page.set_viewport_size(NARROW)
    visitor.go("paper/")
    visitor.says(f"Invoices {first:%B %Y} – {months[-1]:%B %Y}")


@pytest.mark.usefixtures("press")
def test_invoices_are_ordered_without_javascript(visit: Visit, browser: Browser, portal_stack: Portal) -> None:
    visit("billing")
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(portal_stack.cookies["billing"])
    page = plain.new_page()
    page.goto(f"{portal_stack.url}{C}paper/")
    page.locator("select[name=from]").select_option(f"{month(2)}")
    page.locator("select[name=to]").select_option(f"{month(1)}")
    page.get_by_role("button", name="Create").click()
    look_until_made(page)
    name, data = file_of(page)
    assert name == f"invoice-10001-{month(2):%Y-%m}--{month(1):%Y-%m}.pdf"
    assert f"Invoice {month(2):%B %Y}" in pages(data)[0]
    plain.close()


@pytest.mark.usefixtures("press")
def test_one_invoice_is_downloaded_from_its_page_and_from_the_list(visit: Visit) -> None:
    page = visit("billing").go("invoice/")
    last = month(1)
    for path, button in (("invoice/", f"PDF of {last:%B %Y}"), (f"invoice/{last}/", "PDF")):
        page.goto(f"{page.url.partition('/c/')[0]}{C}{path}")
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button, exact=True).click()
            if "/paper/" in page.url:  # it took its worker longer than somebody waits
                page.get_by_role("link", name="Download").click()
        assert waiting.value.suggested_filename == f"invoice-10001-{last:%Y-%m}.pdf"
        assert f"Invoice {last:%B %Y}" in pages(waiting.value.path().read_bytes())[0]


def look_until_made(page: Page) -> None:
    """Without JavaScript a page shows nothing new by itself; between two pages there is neither of the links."""
    download = page.get_by_role("link", name="Download")
    again = page.get_by_role("link", name="Refresh")
    expect(download.or_(again)).to_be_visible()
    while not download.is_visible():
        again.click()
        expect(download.or_(again)).to_be_visible()


def test_nothing_on_paper_asks_to_be_pressed(visit: Visit) -> None:
    visitor = visit("manager")
    visitor.page.emulate_media(media="print")
    for path in ("virtualmachine/", "trail/", "maintenance/", "consumption/", "invoice/", f"invoice/{month(1)}/"):
        page = visitor.go(path, check=False)
        expect(page.locator("main :is(table, ol, ul)").first).to_be_visible()
        expect(page.locator("main :is(button, select, input):visible")).to_have_count(0)


def test_chromium_prints_the_document_with_heads_and_numbers_on_every_sheet(visit: Visit) -> None:
    visitor = visit("billing")
    # The document prints itself when it has loaded; Chromium (156) refuses to make a PDF of a page while its print
    # preview is open, and without a screen the preview never closes. So the test takes note of the call instead.
    visitor.page.add_init_script("window.print = () => document.documentElement.toggleAttribute('data-printed')")
    page = visitor.go(f"invoice/{month(1)}/")
    page.get_by_role("link", name="Print", exact=True).click()
    expect(page.locator("html[data-printed]")).to_be_attached()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    visitor.check()
    assert page.title() == f"invoice-10001-{month(1):%Y-%m}"
    for size in ("A4", "Letter"):
        sheets = pages(page.pdf(format=size))
        assert "Back" not in sheets[0]
        for number, text in enumerate(sheets, start=1):
            assert f"Page {number} of {len(sheets)}" in text
            assert "Before tax. Not the tax invoice." in text
        assert "Price before tax" in sheets[0]
        assert "Price before tax" in sheets[1]
