"""A page's table as a file for a spreadsheet: `format=csv|xlsx`, and for CSV the `separator`. Each goes on record.

The bar that asks for them is templates/components/downloads.html.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from portal.accounts.audit import trail
from portal.accounts.models import Customer
from portal.ui.spreadsheets.sheets import Sheet, as_csv, as_xlsx

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def is_asked(request: HttpRequest) -> bool:
    """Whether the address asks for a file rather than for the page."""
    return request.GET.get("format") in CONTENT_TYPES


def download(
    request: HttpRequest, sheet: Sheet, name: str, *, customer: Customer | None, target: str, **asked: Any
) -> HttpResponseBase:
    """The file, under a name without ending; `asked` says in the audit trail what it holds."""
    kind = request.GET["format"]
    trail.record("exported", customer=customer, target=target, after={"format": kind, **asked})
    response: HttpResponseBase
    if kind == "xlsx":
        response = HttpResponse(as_xlsx(sheet), content_type=CONTENT_TYPES[kind])
    else:
        lines = as_csv(sheet, request.GET.get("separator", "comma"))
        response = StreamingHttpResponse(lines, content_type=CONTENT_TYPES[kind])
    return as_file(response, f"{name}.{kind}")


def as_file[Response: HttpResponseBase](response: Response, name: str) -> Response:
    """To be kept by whoever asked for it, and by nobody on the way."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response
