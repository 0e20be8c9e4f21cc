"""Papers and spreadsheets say the right month, when they were made and by what was known, and are named by that."""

import io
from datetime import datetime, timedelta

import openpyxl
import pytest
from django.test import Client

from portal.billing.document_orders import worker
from portal.billing.document_orders.models import Job
from tests.billing.conftest import press as pango
from tests.billing.reading import pages
from tests.customer.conftest import Browse, text_of
from tests.moments.almanac import Almanac
from tests.moments.reading import page
from tests.moments.wording import BERLIN, ENGLISH, LANGUAGES, Language, wall

__all__ = ["pango"]


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's part is played by the tests."""
    monkeypatch.setattr("portal.billing.document_orders.orders.nudge", lambda pk, task: None)


def times(moment: datetime, language: Language) -> set[str]:
    """How a paper words this minute and those after it: 25 Oct 2026, 02:30 CET."""
    return {_worded(moment + timedelta(minutes=later), language) for later in range(3)}


def _worded(at: datetime, language: Language) -> str:
    shown = wall(at, BERLIN)
    day = f"{shown.day}{language.after_day} {language.short.split()[shown.month - 1]} {shown.year}"
    return f"{day}, {shown:%H:%M} {at.astimezone(BERLIN):%Z}"


def ordered(client: Client, kind: str, first: str, last: str, form: str) -> Job:
    order = {"kind": kind, "from": first, "to": last, "form": form, "size": "a4", "token": f"{kind} {form}"}
    answer = client.post("/c/10001/paper/", order)
    assert answer.status_code == 302
    return Job.objects.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def test_what_is_printed_says_its_month_and_when_that_was_so(
    browse: Browse, almanac: Almanac, moment: datetime
) -> None:
    client = browse("billing")
    for kind, month in (("consumption", almanac.month), ("invoice", almanac.last_month)):
        for language in LANGUAGES:
            text = text_of(page(client, f"paper/{kind}/{month}/", language))
            assert language.month(month) in text
            assert sum(text.count(time) for time in times(moment, language)) == 2  # printed then, as of then


@pytest.mark.usefixtures("pango")
def test_a_pdf_and_a_zip_are_of_the_months_that_were_ordered(
    browse: Browse, almanac: Almanac, moment: datetime
) -> None:
    client = browse("billing")
    pdf = ordered(client, "invoice", almanac.last_month, almanac.last_month, "pdf")
    worker.make(str(pdf.pk))
    pdf.refresh_from_db()
    assert pdf.file_name == f"invoice-10001-{almanac.last_month[:7]}.pdf"
    text = pages(b"".join(client.get(f"/c/10001/paper/{pdf.pk}/file")))[0]
    assert f"Invoice {ENGLISH.month(almanac.last_month)}" in text
    assert sum(text.count(time) for time in times(moment, ENGLISH)) == 2
    year = int(almanac.month[:4])
    months = [f"{year - 1}-{month:02d}-01" for month in range(1, 13)]
    zipped = ordered(client, "invoice", months[0], f"{year - 1}-12-31", "zip")
    assert zipped.months[-1] == months[-1]
    assert zipped.months == [month for month in months if month >= zipped.months[0]]
    assert worker.file_name(zipped) == f"invoice-10001-{zipped.months[0][:7]}--{year - 1}-12.zip"


def test_files_are_named_by_the_day_or_month_of_berlin(browse: Browse, almanac: Almanac) -> None:
    client = browse("manager")
    for path, name in (
        ("virtualmachine/?format=csv", f"10001-virtualmachine-{almanac.today}.csv"),
        ("trail/?format=jsonl", f"10001-trail-{almanac.today}.jsonl"),
        ("consumption/?format=csv", f"consumption-10001-{almanac.month[:7]}-traffic.csv"),
    ):
        assert page(client, path, ENGLISH).headers["Content-Disposition"] == f'attachment; filename="{name}"'
    sheet = openpyxl.load_workbook(io.BytesIO(page(client, "consumption/?format=xlsx", ENGLISH).content)).worksheets[0]
    assert sheet["A2"].value.date().isoformat() == almanac.month


def test_the_trail_of_a_day_holds_what_was_done_on_it(browse: Browse, almanac: Almanac) -> None:
    client = browse("manager")
    page(client, "virtualmachine/?format=csv", ENGLISH)  # an export is on record
    entry = '<th scope="row" class="wrap-none">'
    for days, is_there in (
        (f"since={almanac.today}&until={almanac.today}", True),
        (f"since={almanac.tomorrow}", False),
        (f"until={almanac.last_month}", False),
    ):
        trail = page(client, f"trail/?kind=export&q=virtualmachine&{days}", ENGLISH).content.decode()
        assert trail.count(entry) == is_there, days
