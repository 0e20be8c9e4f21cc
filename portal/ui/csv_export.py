"""Records as CSV for a spreadsheet: exactly what is filtered, streamed, and safe to open."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from portal.resources.spec import Field, Kind, Record, ResourceType
from portal.resources.times import berlin_today
from portal.ui.values import plain

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
BOM = "\ufeff"  # by it Excel knows that this is UTF-8


class _Line:
    """Gives a written line back instead of writing it."""

    def write(self, text: str) -> str:
        return text


def safe(text: str) -> str:
    """A text that a spreadsheet will not take for a formula: those begin with one of a few characters."""
    return f"'{text}" if text.startswith(RISKY) and not _is_number(text) else text


def lines(
    resource_type: ResourceType, records: Sequence[Record], state: Callable[[Record], str] | None
) -> Iterator[str]:
    """The heading, then a line for each record: all fields of the type, and the state where there is one."""
    fields = resource_type.fields
    writer = csv.writer(_Line())
    heading = [_heading(field) for field in fields] + ([_("State")] if state else [])
    yield BOM + writer.writerow([safe(text) for text in heading])
    for record in records:
        values = [plain(field, record.values[field.name]) for field in fields]
        yield writer.writerow([safe(text) for text in (*values, *([state(record)] if state else []))])


def csv_response(
    resource_type: ResourceType,
    records: Sequence[Record],
    state: Callable[[Record], str] | None,
    customer_no: str,
    now: datetime,
) -> StreamingHttpResponse:
    """The file, sent line by line, named by the day that it is in Berlin."""
    response = StreamingHttpResponse(lines(resource_type, records, state), content_type="text/csv; charset=utf-8")
    name = f"{customer_no}-{resource_type.name}-{berlin_today(now)}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _heading(field: Field) -> str:
    unit = f" ({field.unit})" if field.unit else ""
    zone = " (UTC)" if field.kind is Kind.MOMENT else ""
    return f"{_(field.label)}{unit}{zone}"


def _is_number(text: str) -> bool:
    """Whether it is a number and no more: -5 may stay what it is."""
    digits = text[1:].replace(".", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()
