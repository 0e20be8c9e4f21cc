"""Tables for a spreadsheet."""

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from portal.billing.sheets import Sheet, as_csv, as_xlsx


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(1)", "https://example.com"])
def test_a_text_in_a_workbook_stays_a_text(text: str) -> None:
    page = openpyxl.load_workbook(io.BytesIO(as_xlsx(Sheet("s", ["a"], [[text]])))).worksheets[0]
    assert (page["A2"].value, page["A2"].data_type) == (text, "s")
    assert page["A2"].hyperlink is None


def test_numbers_and_days_in_a_workbook_are_numbers_and_days() -> None:
    row = [Decimal("-12.3400"), 7, date(2026, 1, 2), None, Decimal("12345678901234567890.1234")]
    page = openpyxl.load_workbook(io.BytesIO(as_xlsx(Sheet("s", list("abcde"), [row])))).worksheets[0]
    assert [cell.value for cell in page[2]] == [-12.34, 7, datetime(2026, 1, 2), None, "12345678901234567890.1234"]


def test_csv_has_the_separator_that_was_asked_for() -> None:
    sheet = Sheet("s", ["a", "b"], [[Decimal("1.5000"), "x;y"]])
    assert as_csv(sheet) == b"\xef\xbb\xbfa,b\r\n1.5000,x;y\r\n"
    assert as_csv(sheet, "semicolon") == b'\xef\xbb\xbfa;b\r\n1,5000;"x;y"\r\n'
    assert as_csv(sheet, "nonsense") == as_csv(sheet)
