"""Tables for a spreadsheet: texts stay texts, numbers, days and moments are such, whichever program opens them."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.ui.spreadsheets.sheets import LONGEST, SEPARATORS, Cell, Sheet, as_csv, as_xlsx

READ_BY = ",;\t|"
MARKED = re.compile(r"""^'(?='*[\t\r\n])|(?:^|(?<=[,;\t|\r\n]))'(?=["'\s]*[=+\-@＝])""")
NASTY = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "a;=2+2;b", "x;=1+1;y", "x,=1+1", "x\t=1+1", "x|=1+1", '"\n=1"', "a\r=1",
    'x;"=1+1"', "x; =1+1", ";;=1", "'=1", "''=1", "x;'=1", "\t=1", "'\tx", "\ta", "a, -5", "'", '";"=1;"', "＝1",
]  # fmt: skip


def file_of(*rows: Sequence[Cell], separator: str = "comma") -> bytes:
    return b"".join(as_csv(Sheet("s", list("abcdefghijklmnopqrstuvwxyz"[: len(rows[0])]), rows), separator))


def page_of(*rows: Sequence[Cell]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(as_xlsx(Sheet("s", ["a"] * len(rows[0]), rows)))).worksheets[0]


def cells(text: str, separator: str, **how: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, **how))


def unmarked(text: str) -> str:
    """Without the marks that keep it from being a formula."""
    return MARKED.sub("", text)


@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_cell_is_a_formula_by_whichever_separator_it_is_read(separator: str) -> None:
    written = file_of(["x", *NASTY, "y"], *([text, "x"] for text in NASTY), separator=separator).decode("utf-8-sig")
    for other in READ_BY:
        for how in ({}, {"quoting": csv.QUOTE_NONE}):
            for row in cells(written, other, **how):
                assert not [cell for cell in row if cell.lstrip("\"' ").startswith(("=", "＝")) and cell[0] != "'"]
                assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_text_is_whole_once_the_marks_are_removed(separator: str) -> None:
    written = file_of(NASTY, separator=separator).decode("utf-8-sig")
    assert [unmarked(cell) for cell in cells(written, SEPARATORS[separator])[1]] == NASTY


@given(st.lists(st.text("ab1=+-@,;\t|\r\n\"' ", max_size=12), min_size=3, max_size=3), st.sampled_from([*SEPARATORS]))
def test_whatever_the_texts_none_is_a_formula_and_all_are_whole(texts: list[str], separator: str) -> None:
    written = file_of(["x", *texts], separator=separator).decode("utf-8-sig")
    for other in READ_BY:
        for row in cells(written, other):
            assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert [unmarked(cell) for cell in cells(written, SEPARATORS[separator])[1][1:]] == texts


def test_a_text_that_cannot_be_a_formula_is_left_alone() -> None:
    for text in ("shop01", "a-b", "a = b", "x@example.com", "1+1", "2026-11-24", "role::generic", "it's, well, 'so'"):
        assert file_of([text], separator="tab").decode("utf-8-sig").splitlines()[1] == text


def test_a_file_has_the_separator_that_was_asked_for() -> None:
    row: list[Cell] = [Decimal("1.5000"), "x;y"]
    assert file_of(row) == b"\xef\xbb\xbfa,b\r\n1.5000,x;y\r\n"
    assert file_of(row, separator="semicolon") == b'\xef\xbb\xbfa;b\r\n1,5000;"x;y"\r\n'
    assert file_of(row, separator="nonsense") == file_of(row)


def test_days_and_moments_of_a_file_can_be_read_as_such() -> None:
    berlin = datetime(2026, 11, 24, 22, 0, 5, 123, tzinfo=timezone(timedelta(hours=1)))
    assert file_of([date(2026, 1, 2), berlin, True, None]).splitlines()[1] == b"2026-01-02,2026-11-24 21:00:05,true,"


def test_all_rows_are_in_a_file_that_is_sent_in_parts() -> None:
    rows: list[list[Cell]] = [[number] for number in range(1201)]
    assert file_of(*rows).split()[1:] == [b"%d" % number for number in range(1201)]


def test_a_text_in_a_workbook_stays_a_text() -> None:
    texts = [*NASTY, "https://example.com", "9.10", "3/4", "1e5", "00", "123456789012345678901", "TRUE", "_x0041_"]
    found = page_of(texts)[2]
    assert [openpyxl.utils.escape.unescape(cell.value) for cell in found] == texts
    assert {(cell.data_type, cell.hyperlink) for cell in found} == {("s", None)}


def test_numbers_and_days_in_a_workbook_are_numbers_and_days() -> None:
    page = page_of([Decimal("-12.3400"), 7, date(2026, 1, 2), None, True])
    assert [cell.value for cell in page[2]] == [-12.34, 7, datetime(2026, 1, 2), None, True]


def test_a_number_with_more_digits_than_a_workbook_holds_is_whole_as_a_text() -> None:
    page = page_of([Decimal("12345678901234567890.1234"), 123456789012345678901])
    assert [cell.value for cell in page[2]] == ["12345678901234567890.1234", "123456789012345678901"]


def test_a_moment_in_a_workbook_is_one_of_utc() -> None:
    page = page_of([datetime(2026, 11, 24, 22, 0, tzinfo=timezone(timedelta(hours=1)))])
    assert (page["A2"].value, page["A2"].is_date) == (datetime(2026, 11, 24, 21, 0), True)


@pytest.mark.parametrize(("count", "sheets"), [(0, [0]), (1, [1]), (2, [2]), (3, [2, 1]), (5, [2, 2, 1])])
def test_rows_that_one_sheet_cannot_hold_are_on_the_next(
    monkeypatch: pytest.MonkeyPatch, count: int, sheets: list[int]
) -> None:
    monkeypatch.setattr("portal.ui.spreadsheets.sheets.MOST_ROWS", 2)
    made = as_xlsx(Sheet("Audit trail", ["No."], ([number] for number in range(count))))
    found = openpyxl.load_workbook(io.BytesIO(made)).worksheets
    assert [page.max_row - 1 for page in found] == sheets
    assert {page["A1"].value for page in found} == {"No."}
    assert [row[0].value for page in found for row in page.iter_rows(min_row=2)] == [*range(count)]
    assert [page.title for page in found] == ["Audit trail", "Audit trail 2", "Audit trail 3"][: len(sheets)]


def test_what_a_workbook_cannot_hold_does_not_break_it() -> None:
    page = page_of([date(1815, 12, 10), datetime(1, 1, 1, tzinfo=UTC), "x" * (LONGEST + 1), "\ud800"])
    day, moment, long, half = (cell.value for cell in page[2])
    assert (day, moment, half) == ("1815-12-10", "0001-01-01 00:00:00", "?")
    assert (len(long), long[-1]) == (LONGEST, "…")
