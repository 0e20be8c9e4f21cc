"""PDFs: what is on each sheet, that it is accessible, and that nothing in an invoice breaks it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from portal.accounts.models import Customer
from portal.billing.documents import document, page_margins, pdf
from portal.billing.documents.document import PrintedDocument, Printing
from portal.billing.invoices.invoice import Invoice
from portal.billing.invoices.trend import Trend
from portal.resources.spec import read_all
from portal.resources.types import TYPES
from tests.billing.reading import alternatives, faults, fonts, pages, reader, tags, words
from tests.billing.records import invoice

type Press = Callable[[str], pdf.Renderer]
MONTHS = [f"2026-{month:02d}-01" for month in range(1, 11)]
NASTY = [
    ("<script>alert(1)</script> & <b>bold</b>", "-0.0001"),
    ("\u05e9\u05dc\u05d5\u05dd \u202eright to left", "1e3"),
    ("x" * 2000, ""),
    ("word " * 399 + "ended", "2.0000"),
    ("\N{PILE OF POO} emoji \N{GRINNING FACE}", "12345678901234567890.1234"),
    ("=HYPERLINK(1)", "1e999999"),
    ("", "n/a"),
    ("\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u0440\u0443\u0441\u0441\u043a\u0438\u0439", "0.1000"),
]
CUSTOMER = Customer(number="10001", name='Söhne & "Co" \\ Ltd')
PRINTED = datetime(2026, 11, 24, 12, 46, tzinfo=UTC)


def paper(items: list[tuple[str, str]], total: str) -> PrintedDocument:
    """The last of ten invoices; the others have one item."""
    raws = [invoice(month, [("same", "1.0000")], "1.0000") for month in MONTHS[:-1]]
    records, _unreadable = read_all(TYPES["invoice"], [*raws, invoice(MONTHS[-1], items, total)])
    last = records[-1]
    return PrintedDocument(
        "invoice",
        last.key,
        Printing(CUSTOMER, "Bilal Billing", PRINTED),
        PRINTED,
        invoice=Invoice(last, "10001", records[-2], has_past=True),
        trend=Trend.until(last, records),
    )


def lay_out(press: Press, what: PrintedDocument, size: str = "a4") -> Any:
    return press(size).lay_out(document.html(what), page_margins.css(what.title))


@pytest.fixture(scope="module")
def nasty(press: Press) -> bytes:
    """Nasty items before 60 harmless ones, and a total that is not their sum."""
    harmless = [(f"shop{number:02d}: 2 cores", "1.2500") for number in range(60)]
    with translation.override("en"):
        return pdf.as_pdf([lay_out(press, paper([*NASTY, *harmless], "5.0000"))])


@pytest.fixture(scope="module")
def sheets(nasty: bytes) -> list[str]:
    """What its sheets say."""
    return pages(nasty)


def test_each_sheet_says_what_it_is_whose_that_it_is_before_tax_and_its_number(sheets: list[str]) -> None:
    assert len(sheets) == 6
    for number, text in enumerate(sheets, start=1):
        assert 'Invoice October 2026 · Söhne & "Co" \\ Ltd (10001)' in text
        assert "Before tax. Not the tax invoice." in text
        assert f"Page {number} of 6" in text


def test_the_first_sheet_says_for_whom_of_when_and_printed_when_and_by_whom(sheets: list[str]) -> None:
    first = sheets[0]
    assert 'Customer Söhne & "Co" \\ Ltd (10001) Printed 24 Nov 2026, 13:46 CET, Bilal Billing' in first
    assert "Period 1 Oct 2026 – 28 Oct 2026" in first
    assert "All amounts are before tax. This is not the tax invoice" in first


def test_heads_stand_on_every_sheet_of_a_table(sheets: list[str]) -> None:
    assert [("Description" in text, "Price before tax" in text) for text in sheets[:3]] == [(True, True)] * 3


def test_no_row_is_cut_in_two(sheets: list[str]) -> None:
    whole = [text.replace(" ", "") for text in sheets]
    assert [text.count("x" * 2000) for text in whole].count(1) == 1
    assert [("word" * 399 + "ended") in text for text in whole].count(True) == 1


def test_the_sum_is_never_alone_on_a_sheet(press: Press) -> None:
    for count in range(23, 30):  # about as many as the first sheet holds
        items = [(f"shop{number:02d}: 2 cores", "1.2500") for number in range(count)]
        text = pages(pdf.as_pdf([lay_out(press, paper(items, "5.0000"))]))
        assert ["2 cores" in sheet for sheet in text if "Total of the items" in sheet] == [True], count


def test_whatever_an_item_says_is_on_paper_as_it_came(sheets: list[str]) -> None:
    text = " ".join(sheets)
    for said in (
        "<script>alert(1)</script> & <b>bold</b> -0.0001 EUR",
        "1,000.0000 EUR",
        "emoji",
        "\N{PILE OF POO}",
        "12,345,678,901,234,567,890.1234 EUR",
        "=HYPERLINK(1) 1e999999",
        "– n/a",
        "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u0440\u0443\u0441\u0441\u043a\u0438\u0439 0.1000 EUR",
    ):
        assert said in text
    assert any(letter in text for letter in "\u05e9\u05dc\u05d5\u05dd")


def test_sums_on_paper_are_exact_and_name_what_is_unknown(sheets: list[str]) -> None:
    text = " ".join(sheets)
    assert "Total of the items 12,345,678,901,234,568,967.22 EUR + 3 unknown" in text
    assert "3 items have no readable price" in text


def test_a_wrong_total_is_flagged_on_paper() -> None:
    text = words(document.html(paper([("a", "12345678901234567890.1234")], "5.0000")))
    assert "The items come to 12,345,678,901,234,567,890.1234 EUR" in text
    assert "differs from that by -12,345,678,901,234,567,885.1234 EUR" in text


def test_what_changed_and_the_months_before_are_on_paper(sheets: list[str]) -> None:
    text = " ".join(sheets)
    assert "Changes since September 2026" in text
    assert "same VM-SSD gone 1.00 EUR – -1.00 EUR" in text
    assert "October 2026 5.00 EUR September 2026 1.00 EUR" in text


def test_it_is_tagged_for_screen_readers(nasty: bytes) -> None:
    found, catalog = tags(nasty), reader(nasty).trailer["/Root"]
    assert found["H1"] == 1
    assert found["H2"] == 3
    assert found["Table"] >= 3
    assert found["TH"] > 60
    assert alternatives(nasty) == ["Total before tax by month"]
    assert catalog["/Lang"] == "en"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b'pdfuaid:part="1"' in catalog["/Metadata"].get_data()
    assert reader(nasty).metadata.title == 'Invoice October 2026 · Söhne & "Co" \\ Ltd (10001)'


def test_a_validator_finds_nothing_against_pdf_ua(nasty: bytes) -> None:
    assert faults(nasty) == []


def test_its_fonts_are_ours_and_embedded(nasty: bytes) -> None:
    assert fonts(nasty) == {
        "Source-Sans-3": True,
        "Source-Sans-3-Semi-Bold": True,
        "DejaVu-Sans": True,
        "Noto-Emoji": True,
    }


def test_numbers_dates_and_words_are_in_the_persons_language(press: Press) -> None:
    with translation.override("de"):
        data = pdf.as_pdf([lay_out(press, paper([("shop01: 2 Kerne", "1234.5000")], "1234.5000"), "letter")])
    text = " ".join(pages(data))
    assert "Rechnung Oktober 2026" in text
    assert "1.234,5000 EUR" in text
    assert "1. Okt. 2026 – 28. Okt. 2026" in text
    assert "Seite 1 von" in text
    assert reader(data).trailer["/Root"]["/Lang"] == "de"
    assert "weicht" not in text


@pytest.mark.parametrize(("size", "points"), [("a4", (595.28, 841.89)), ("letter", (612, 792))])
def test_paper_is_a4_or_letter(press: Press, size: str, points: tuple[float, float]) -> None:
    box = reader(pdf.as_pdf([lay_out(press, paper([], "0.0000"), size)])).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(points, abs=0.01)


def test_several_in_one_file_keep_their_own_numbers_and_are_tagged_alike(press: Press) -> None:
    one, two = (lay_out(press, paper([(name, "1.0000")], "1.0000")) for name in ("first", "second"))
    data = pdf.as_pdf([one, two], "Two of them")
    text = pages(data)
    assert ["Page 1 of 1" in page for page in text] == [True, True]
    assert ("first" in text[0], "second" in text[1]) == (True, True)
    assert tags(data)["H1"] == 2
    assert reader(data).metadata.title == "Two of them"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1/", f"{pdf.EMBEDDED}../package.json", ""])
def test_paper_loads_nothing_but_our_fonts(url: str) -> None:
    with pytest.raises(ValueError, match="loads nothing"):
        pdf.allowed(url)


def test_what_stands_in_the_margins_cannot_end_their_style() -> None:
    css = page_margins.css('"; } </style> \\ \n } body { display: none')
    assert "</style>" not in css
    assert words(css).count('content: "') == 3
    assert css.count("\n") == 1


def test_what_the_platform_lists_no_more_is_said_to_be_gone_on_paper_too() -> None:
    vanished = replace(paper([], "0.0000"), gone=PRINTED)
    assert "No longer on the platform, last seen" in document.html(vanished)
    assert "No longer on the platform" not in document.html(paper([], "0.0000"))
