"""Tables for a spreadsheet: CSV and XLSX with real numbers, dates and times, and no text that becomes a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import batched, chain, count, islice

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

type Cell = str | int | Decimal | date | None  # booleans and moments as well

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
BOM = "\ufeff"  # by it Excel knows that this is UTF-8
TOGETHER = 500  # lines of CSV that are sent at once
EXACT_DIGITS = 15  # that a spreadsheet's number holds; longer ones stay text, whole
LONGEST = 32_767  # letters that a cell of a workbook holds
MOST_ROWS = 1_048_575  # that a sheet of a workbook holds below its heading
NARROWEST, WIDEST = 8, 60  # letters that a column of a workbook shows
YEARS = range(1900, 9999)  # that a workbook has dates of

# Where a text could be read as a formula: at its beginning and, since a file may be opened by another separator than
# it was written with, after whatever may separate cells. Quotes and blanks before the sign don't help.
FORMULA = re.compile(r"""^(?='*[\t\r\n])|(?:^|(?<=[,;\t|\r\n]))(?=["'\s]*[=+\-@＝＋－＠])""")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A heading and rows of the same length."""

    name: str
    heading: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def safe(text: str) -> str:
    """The text with a mark (') wherever a spreadsheet could begin to read a formula; taken away, it is as it was."""
    return FORMULA.sub("'", text)


def as_csv(sheet: Sheet, separator: str = "comma") -> Iterator[bytes]:
    """UTF-8 with a mark by which Excel knows it. With a semicolon, decimals have a comma: what German Excel reads."""
    delimiter, comma = SEPARATORS.get(separator, ","), separator == "semicolon"
    yield BOM.encode() + _lines([[safe(one) for one in sheet.heading]], delimiter)
    for rows in batched(sheet.rows, TOGETHER):
        yield _lines([[_in_csv(cell, comma=comma) for cell in row] for row in rows], delimiter)


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook; texts are texts, whatever they look like. Rows wait on disk until all are written.

    It has one sheet, and others where there are more rows than one holds.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    forms = {
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        Decimal: book.add_format({"num_format": "#,##0.0000"}),
    }
    rows = iter(sheet.rows)
    for number in count(1):
        page = book.add_worksheet(sheet.name[:31] if number == 1 else f"{sheet.name[:27]} {number}")
        for column, one in enumerate(sheet.heading):
            page.write_string(0, column, one, bold)
        widths = [max(len(one), NARROWEST) for one in sheet.heading]
        _fill(page, islice(rows, MOST_ROWS), widths, forms)
        page.freeze_panes(1, 0)
        following = next(rows, None)
        if following is None:
            break
        rows = chain([following], rows)
    book.close()
    return file.getvalue()


def _fill(page: Worksheet, rows: Iterable[Sequence[Cell]], widths: list[int], forms: Mapping[type, Format]) -> None:
    """Write the rows below the heading, in columns as wide as what is in them."""
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if cell is not None and cell != "":
                shown = _write(page, number, column, cell, forms)
                widths[column] = max(widths[column], len(shown))
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width, WIDEST) + 1)


def _lines(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(errors="replace")


def _in_csv(cell: Cell, *, comma: bool) -> str:
    text = _text(cell)
    if isinstance(cell, str):
        return safe(text)
    return text.replace(".", ",") if comma and isinstance(cell, Decimal) else text


def _write(page: Worksheet, row: int, column: int, cell: Cell, forms: Mapping[type, Format]) -> str:
    """Write the cell as what it is; its text, by which the column gets its width."""
    text, form = _text(cell), forms.get(type(cell))
    match cell:
        case bool():
            page.write_boolean(row, column, cell)
        case int() | Decimal() if _fits(cell):
            page.write_number(row, column, float(cell), form)
        case datetime() if cell.year in YEARS:
            page.write_datetime(row, column, _utc(cell), form)
        case date() if cell.year in YEARS:
            page.write_datetime(row, column, datetime.combine(cell, time()), form)
        case _:
            whole = text.encode(errors="replace").decode()
            page.write_string(row, column, whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…")
    return text


def _fits(number: int | Decimal) -> bool:
    return len(Decimal(number).normalize().as_tuple().digits) <= EXACT_DIGITS


def _utc(moment: datetime) -> datetime:
    """The moment in UTC, which the heading names: spreadsheets know no zones."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _text(cell: Cell) -> str:
    """What stands in a CSV file: exact, and the same in every language."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case datetime():
            return _utc(cell).isoformat(sep=" ", timespec="seconds")
        case date():
            return cell.isoformat()
    return format(Decimal(cell), "f")
