"""Tables for a spreadsheet: CSV and XLSX with real numbers and dates, and no text that becomes a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

import xlsxwriter

from portal.ui.csv_export import BOM, safe

type Cell = str | int | Decimal | date | None

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
EXACT_DIGITS = 15  # that a spreadsheet's number holds; longer ones stay text, whole


@dataclass(frozen=True, slots=True)
class Sheet:
    """A heading and rows of the same length."""

    name: str
    heading: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def as_csv(sheet: Sheet, separator: str = "comma") -> bytes:
    """UTF-8 with a mark by which Excel knows it. With a semicolon, decimals have a comma: what German Excel reads."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=SEPARATORS.get(separator, ","))
    comma = separator == "semicolon"
    writer.writerow([safe(one) for one in sheet.heading])
    writer.writerows([_text(cell, comma=comma) for cell in row] for row in sheet.rows)
    return (BOM + text.getvalue()).encode(errors="replace")


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook with one sheet; texts are texts, whatever they begin with."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(sheet.name[:31])
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    money = book.add_format({"num_format": "#,##0.0000"})
    for column, one in enumerate(sheet.heading):
        page.write_string(0, column, one, bold)
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                page.write_datetime(number, column, datetime.combine(cell, time()), day)
            elif isinstance(cell, (int, Decimal)) and _fits(cell):
                page.write_number(number, column, float(cell), money if isinstance(cell, Decimal) else None)
            elif cell is not None:
                page.write_string(number, column, _text(cell, comma=False, plain=True))
    page.freeze_panes(1, 0)
    page.autofit()
    book.close()
    return file.getvalue()


def _fits(number: int | Decimal) -> bool:
    return len(Decimal(number).normalize().as_tuple().digits) <= EXACT_DIGITS


def _text(cell: Cell, *, comma: bool, plain: bool = False) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell if plain else safe(cell)
        case date():
            return cell.isoformat()
    text = format(Decimal(cell), "f")
    return text.replace(".", ",") if comma else text
