"""Papers on order: one order however often it is clicked, made by a worker, and by whom it can be had."""

import builtins
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import AuditEntry, Customer, Membership, User
from portal.billing import tasks as billing_tasks
from portal.billing.document_orders import leases, orders, worker
from portal.billing.document_orders.models import Chunk, Job, Reason, State
from portal.billing.document_orders.orders import MOST_OPEN
from portal.billing.documents import document, pdf
from tests.billing.reading import faults, pages, reader
from tests.customer.conftest import Browse, text_of
from tests.customer.visiting import PART
from tests.support.moment import month
from tests.support.services import Sandbox

PAPERS = "/c/10001/paper/"
OCTOBER = {"kind": "invoice", "from": "2026-10-01", "to": "2026-10-01", "form": "pdf", "size": "a4"}
AUTUMN = OCTOBER | {"from": "2026-09-01"}
type Order = Callable[..., Job]


@pytest.fixture
def billing(browse: Browse) -> Client:
    return browse("billing")


@pytest.fixture
def order(billing: Client) -> Order:
    """`order(AUTUMN, form="zip")`: as the person who does the books."""

    def place(what: dict[str, str], client: Client = billing, **other: str) -> Job:
        response = client.post(PAPERS, {**what, "token": uuid4().hex, **other})
        assert response.status_code == 302
        return Job.objects.get(pk=response["Location"].rstrip("/").rpartition("/")[2])

    return place


@pytest.fixture(autouse=True)
def _no_worker_but_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billing_tasks.make_papers, "apply_async", lambda *args, **options: None)


def address(job: Job) -> str:
    return f"{PAPERS}{job.pk}/"


def downloaded(client: Client, job: Job) -> bytes:
    response = client.get(f"{address(job)}file")
    assert response.status_code == 200
    body = b"".join(response)
    assert int(response["Content-Length"]) == len(body)
    return body


def work(job: Job) -> Job:
    """What a worker does when it is told of the order."""
    worker.make(str(job.pk))
    job.refresh_from_db()
    return job


def lose_worker(job: Job) -> None:
    """One takes the order, and is not heard of any more until its lease is over."""
    assert leases.take(str(job.pk)) is not None
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    billing_tasks.sweep()
    job.refresh_from_db()


def test_no_web_process_makes_a_pdf(order: Order, billing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "library", lambda: pytest.fail("a web process laid out a PDF"))
    job = order(OCTOBER)
    assert (job.state, job.months, job.role) == (State.WAITING, ["2026-10-01"], "billing")
    page = billing.get(address(job))
    assert "Queued" in text_of(page)
    assert 'hx-trigger="every 1s"' in page.content.decode()
    assert "Refresh" in page.content.decode()  # for browsers without JavaScript
    assert billing.get(f"{address(job)}file").status_code == 404


@pytest.mark.usefixtures("press")
def test_an_invoice_comes_as_pdf_in_the_language_it_was_ordered_in(order: Order, billing: Client) -> None:
    billing.cookies["django_language"] = "de"
    job = work(order(OCTOBER))
    data = downloaded(billing, job)
    assert (job.state, job.file_name) == (State.DONE, "invoice-10001-2026-10.pdf")
    assert "Rechnung Oktober 2026" in pages(data)[0]
    assert "Bilal Billing" in pages(data)[0]
    response = billing.get(f"{address(job)}file")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="invoice-10001-2026-10.pdf"'
    assert response["Cache-Control"] == "no-store, private"


@pytest.mark.usefixtures("press")
def test_several_months_come_as_one_pdf_or_as_a_zip_that_sorts(order: Order, billing: Client) -> None:
    one, zipped = work(order(AUTUMN)), work(order(AUTUMN, form="zip", size="letter"))
    assert (one.file_name, zipped.file_name) == (
        "invoice-10001-2026-09--2026-10.pdf",
        "invoice-10001-2026-09--2026-10.zip",
    )
    text = pages(downloaded(billing, one))
    assert faults(downloaded(billing, one)) == []
    assert "Invoice September 2026" in text[0]
    assert any("Invoice October 2026" in page and "Page 1 of" in page for page in text[1:])
    with zipfile.ZipFile(io.BytesIO(downloaded(billing, zipped))) as archive:
        assert archive.namelist() == ["invoice-10001-2026-09.pdf", "invoice-10001-2026-10.pdf"]
        assert "Invoice September 2026" in pages(archive.read("invoice-10001-2026-09.pdf"))[0]


@pytest.mark.usefixtures("press")
def test_consumption_comes_with_all_types_of_the_month(order: Order, billing: Client) -> None:
    job = work(order(OCTOBER, kind="consumption"))
    data = downloaded(billing, job)
    assert job.file_name == "consumption-10001-2026-10.pdf"
    text = " ".join(pages(data))
    for said in ("Consumption October 2026", "Traffic", "Machine", "Contract", "shop01", "Total for the month"):
        assert said in text
    assert reader(data).trailer["/Root"]["/Lang"] == "en"
    assert faults(data) == []


def test_a_double_click_is_one_order_and_on_record_once(order: Order) -> None:
    first, second = order(OCTOBER, token="same"), order(OCTOBER, token="same")
    other = order(AUTUMN, token="same")
    assert first.pk == second.pk != other.pk
    entries = AuditEntry.objects.filter(action="exported", target="invoice")
    assert entries.count() == 2
    assert '"months": ["2026-10-01"]' in entries.order_by("sequence")[0].after


@pytest.mark.usefixtures("press")
def test_what_a_worker_makes_at_once_is_downloaded_without_a_detour(
    billing: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.billing.document_orders.orders.nudge", lambda pk, task: worker.make(pk))
    one = {"kind": "invoice", "month": "2026-10-01", "form": "pdf", "token": "t"}
    response = billing.post(PAPERS, one)
    job = Job.objects.get()
    assert (job.months, job.state) == (["2026-10-01"], State.DONE)
    assert response["Location"] == f"{address(job)}file"
    assert billing.post(PAPERS, one)["Location"] == f"{address(job)}file"  # a second click
    assert Job.objects.count() == 1


@pytest.mark.usefixtures("press")
def test_of_several_months_or_of_what_failed_its_page_tells(billing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.billing.document_orders.orders.nudge", lambda pk, task: worker.make(pk))
    monkeypatch.setattr("portal.billing.documents.document.PrintableRecords.is_known", False)
    failed = billing.post(PAPERS, OCTOBER | {"token": "t"})
    assert failed["Location"] == address(Job.objects.get())


def test_paper_is_of_the_persons_own_size_unless_they_choose_another(order: Order, billing: Client, cast: Any) -> None:
    month = {"kind": "invoice", "month": "2026-10-01", "form": "pdf"}
    assert order(month).size == "a4"
    billing.post(reverse("account"), {"name": "Bilal Billing", "paper_size": "letter"})
    assert [order(month).size, order(OCTOBER, size="a4").size] == ["letter", "a4"]
    assert '<option value="letter" selected>' in billing.get(PAPERS).content.decode()
    assert billing.post(reverse("account"), {"name": "Bilal Billing", "paper_size": "a0"}).status_code == 422


@pytest.mark.parametrize(
    ("path", "month"),
    [("invoice/2026-10-01/", "2026-10-01"), ("consumption/?period=2026-10-01", "2026-10-01")],
)
def test_pdf_print_and_export_stand_in_the_head_of_the_page(billing: Client, path: str, month: str) -> None:
    page = billing.get(f"/c/10001/{path}").content.decode()
    head = page[
        page.index('<header class="page-head">') : page.index("</header>", page.index('<header class="page-head">'))
    ]
    kind = path.partition("/")[0]
    assert f'form="paper-form" name="month" value="{month}"' in head
    assert f'href="/c/10001/paper/{kind}/{month}/"' in head
    assert 'name="format" value="xlsx"' in head
    assert page.count('name="format" value="xlsx"') == page.count('id="paper-form"') == 1


@pytest.mark.parametrize("path", ["invoice/", "consumption/"])
def test_pdf_and_print_of_each_month_stand_in_the_list(billing: Client, path: str) -> None:
    page = billing.get(f"/c/10001/{path}").content.decode()
    for button in ('aria-label="PDF of September 2026"', 'aria-label="Print September 2026"'):
        assert button in page
    assert ('href="/c/10001/invoice/2026-09-01/?format=xlsx"' in page) == (path == "invoice/")


def test_a_year_is_ordered_by_its_first_and_last_day(order: Order) -> None:
    known = [month(ago) for ago in range(14, 0, -1)]  # the platform's fourteen months
    year = known[-1].year
    whole = {"from": f"{year}-01-01", "to": f"{year}-12-31"}
    assert order(OCTOBER | whole).months == [one.isoformat() for one in known if one.year == year]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"from": "2026-10-01", "to": "2026-09-01"}, "This month is before the first one"),
        ({"from": "1999-01-01", "to": "1999-12-01"}, "There is no data for these months"),
        ({"from": ""}, "Select the first and the last month"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_and_the_choice_is_kept(
    billing: Client, what: dict[str, str], said: str
) -> None:
    response = billing.post(PAPERS, OCTOBER | {"form": "zip", "size": "letter", "token": "t"} | what)
    assert response.status_code == 422
    assert said in text_of(response)
    body = response.content.decode()
    assert '<option value="zip" selected>' in body
    assert '<option value="letter" selected>' in body
    assert not Job.objects.exists()


def test_no_more_months_than_fit_a_file_are_ordered_at_once(billing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.customer.money.documents.MOST_MONTHS", 1)
    response = billing.post(PAPERS, AUTUMN | {"token": "t"})
    assert response.status_code == 422
    assert "These are 2 months: select at most 1 at once." in text_of(response)


def test_no_more_than_a_few_orders_of_one_person_wait_at_once(order: Order, billing: Client) -> None:
    for _number in range(MOST_OPEN):
        order(OCTOBER)
    response = billing.post(PAPERS, OCTOBER | {"token": "one more"})
    assert response.status_code == 422
    assert "of your exports are being created" in text_of(response)


def test_its_page_says_how_far_it_is_and_nothing_while_nothing_has_changed(order: Order, billing: Client) -> None:
    job = order(AUTUMN)
    taken = leases.take(str(job.pk))
    assert taken is not None
    leases.advance(taken, 1)
    part = billing.get(address(job), headers=PART)
    assert "1 of 2 months created." in text_of(part)
    assert '<progress class="paper-progress" max="2" value="1"' in part.content.decode()
    again = billing.get(address(job), headers=PART | {"HX-PTag": part["HX-PTag"]})
    assert again.status_code == 304
    leases.finish(taken, b"%PDF", "a.pdf")
    done = billing.get(address(job), headers=PART | {"HX-PTag": part["HX-PTag"]})
    assert "hx-trigger" not in done.content.decode()
    assert f'href="{address(job)}file"' in done.content.decode()


def test_one_order_is_made_at_a_time_and_others_are_told_how_many_come_first(order: Order, billing: Client) -> None:
    first, second = order(OCTOBER), order(AUTUMN)
    assert leases.take(str(first.pk)) is not None
    assert leases.take(str(second.pk)) is None
    assert leases.due() == []
    assert "1 export is ahead of it." in text_of(billing.get(address(second)))


def test_each_customer_is_served_in_turn_however_much_one_of_them_orders(order: Order, billing: Client) -> None:
    many = [order(OCTOBER) for _number in range(3)]
    other = Job.objects.get(pk=many[0].pk)
    other.pk, other.token, other.customer = uuid4(), "other", Customer.objects.get(number="10002")
    other.created = timezone.now()
    other.save(force_insert=True)
    made = []
    while due := leases.due():
        taken = leases.take(due[0])
        assert taken is not None
        leases.finish(taken, b"%PDF", "a.pdf")
        made.append(str(taken.pk))
    assert made == [str(job.pk) for job in (many[0], other, *many[1:])]


def test_how_many_come_first_is_told_as_they_are_made(order: Order, billing: Client) -> None:
    """Not by when they were ordered: those of others come in between."""
    first, second = order(OCTOBER), order(AUTUMN)
    for number in range(2):
        other = Job.objects.get(pk=first.pk)
        other.pk, other.token, other.customer = uuid4(), f"other {number}", Customer.objects.get(number="10002")
        other.created = timezone.now()
        other.save(force_insert=True)
    assert [orders.ahead_of(job) for job in (first, second)] == [0, 2]


@pytest.mark.usefixtures("press")
def test_what_a_killed_worker_had_in_hand_is_made_by_the_next(order: Order, billing: Client) -> None:
    job = order(OCTOBER)
    lose_worker(job)
    assert job.state == State.WAITING
    assert "It was interrupted" in text_of(billing.get(address(job)))
    assert leases.due() == [str(job.pk)]
    assert work(job).state == State.DONE


def test_what_takes_two_workers_along_fails_with_words(order: Order, billing: Client) -> None:
    job = order(OCTOBER)
    lose_worker(job)
    lose_worker(job)
    assert (job.state, job.reason) == (State.FAILED, Reason.INTERRUPTED)
    page = billing.get(address(job))
    assert "interrupted twice" in text_of(page)
    assert "Create again" in text_of(page)


def test_a_worker_that_was_given_up_cannot_end_what_another_has_in_hand(order: Order) -> None:
    job = order(OCTOBER)
    late = leases.take(str(job.pk))
    assert late is not None
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    leases.expire()
    assert leases.take(str(job.pk)) is not None
    assert not leases.advance(late, 1)
    assert not leases.finish(late, b"late", "late.pdf")
    assert not Chunk.objects.exists()


def test_without_the_library_it_is_said_what_is_missing_and_what_to_do(
    order: Order, billing: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Any:
        raise pdf.Missing("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(pdf, "library", missing)
    job = work(order(OCTOBER))
    text = text_of(billing.get(address(job)))
    assert "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in text
    assert "cannot load library &#x27;libpango-1.0-0&#x27;" in text
    assert billing.get("/c/10001/paper/invoice/2026-10-01/").status_code == 200


@pytest.mark.usefixtures("press")
def test_a_platform_that_never_answered_is_told_from_an_error(
    order: Order, billing: Client, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = order(OCTOBER)
    monkeypatch.setattr("portal.billing.documents.document.PrintableRecords.is_known", False)
    assert "The platform did not answer" in text_of(billing.get(address(work(job))))


@pytest.mark.usefixtures("press")
def test_an_error_of_ours_ends_the_order_with_words(
    order: Order, billing: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.billing.documents.document.html", lambda paper: 1 / 0)
    assert "Something went wrong" in text_of(billing.get(address(work(order(OCTOBER)))))


@pytest.mark.usefixtures("press")
@pytest.mark.parametrize("form", ["pdf", "zip"])
def test_what_is_too_long_for_a_file_is_said_to_be(order: Order, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(worker, "MOST_LINES", 0)
    assert work(order(OCTOBER, form=form)).reason == Reason.TOO_LONG


@pytest.mark.usefixtures("press")
def test_a_month_that_is_gone_meanwhile_is_named(order: Order) -> None:
    job = order(OCTOBER)
    Job.objects.update(months=["1999-01-01"])
    assert (work(job).reason, job.detail) == (Reason.GONE, "1999-01-01")


@pytest.mark.usefixtures("press")
def test_who_may_see_no_invoices_any_more_when_it_is_made_gets_none(order: Order, cast: Any) -> None:
    job = order(OCTOBER)
    Membership.objects.filter(user=cast["billing"]).update(role="viewer")
    assert work(job).reason == Reason.FORBIDDEN


@pytest.mark.usefixtures("press")
@pytest.mark.parametrize(("is_staff", "state"), [(True, State.DONE), (False, State.FAILED)])
def test_what_staff_ordered_in_somebodys_place_is_made_while_they_are_staff(
    order: Order, cast: Any, is_staff: bool, state: State
) -> None:
    job = order(OCTOBER)
    User.objects.filter(pk=cast["staff"].pk).update(is_staff=is_staff)
    Job.objects.update(author=cast["staff"])
    assert work(job).state == state


@pytest.mark.usefixtures("press")
def test_who_takes_longer_than_the_lease_leaves_it_to_the_next(
    order: Order, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job, html = order(OCTOBER), document.html

    def html_too_late(paper: document.PrintedDocument) -> str:
        Job.objects.update(lease_holder="another")
        return html(paper)

    monkeypatch.setattr(document, "html", html_too_late)
    assert (work(job).state, job.lease_holder) == (State.WORKING, "another")
    assert f"Order {job.pk} went to another worker" in caplog.messages


def test_a_worker_makes_what_it_is_told_of_and_tells_of_the_next(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = order(OCTOBER), order(AUTUMN)
    told: list[str] = []
    monkeypatch.setattr(worker, "make", lambda pk: Job.objects.filter(pk=pk).delete())
    monkeypatch.setattr(billing_tasks.make_papers, "apply_async", lambda args, **options: told.extend(args))
    billing_tasks.make_papers(str(first.pk))
    assert told == [str(second.pk)]


def test_an_order_that_is_gone_is_made_by_nobody(db: None) -> None:
    worker.make(str(uuid4()))


@pytest.mark.parametrize("months", [[], ["2026-10-01"] * 2, [f"{year}-01-01" for year in range(1900, 2100)]])
def test_what_no_form_orders_is_no_order(billing: Client, scope_of: Any, months: list[str]) -> None:
    with pytest.raises(ValueError, match="months"):
        orders.place(scope_of("billing"), orders.Order(kind="invoice", months=months), "token")
    assert not Job.objects.exists()


def test_a_library_that_the_system_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def fail(name: str, *args: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'\nAdditionally, ...")
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(pdf.Missing, match=r"^cannot load library 'libpango-1.0-0'$"):
        pdf.library.__wrapped__()


def test_it_is_nobody_elses(order: Order, browse: Browse) -> None:
    job = order(OCTOBER)
    taken = leases.take(str(job.pk))
    assert taken is not None
    leases.finish(taken, b"%PDF", "a.pdf")
    for path in (address(job), f"{address(job)}file"):
        assert browse("manager").get(path).status_code == 404
        assert browse("outsider").get(path).status_code == 404
        assert browse("outsider").get(path.replace("10001", "10002")).status_code == 404
        assert browse("operator").get(path).status_code == 403
    assert "Invoice October" not in text_of(browse("manager").get(PAPERS))


def test_who_may_see_no_invoices_any_more_cannot_have_what_they_ordered(
    order: Order, billing: Client, cast: Any
) -> None:
    job = order(OCTOBER)
    Membership.objects.filter(user=cast["billing"]).update(group="example")
    assert billing.get(address(job)).status_code == 404
    assert billing.post(PAPERS, OCTOBER | {"token": "t"}).status_code == 403
    Membership.objects.filter(user=cast["billing"]).update(role="viewer", group="")
    assert billing.get(address(job)).status_code == 403


@pytest.mark.usefixtures("press")
def test_a_member_limited_to_a_group_gets_the_consumption_of_that_group(
    order: Order, billing: Client, cast: Any
) -> None:
    Membership.objects.filter(user=cast["billing"]).update(group="example")
    job = work(order(OCTOBER, kind="consumption"))
    text = " ".join(pages(downloaded(billing, job)))
    assert "example01" in text
    assert "shop01" not in text


def test_after_a_day_it_is_removed(order: Order, billing: Client) -> None:
    job, fresh = order(OCTOBER), order(AUTUMN)
    taken = leases.take(str(job.pk))
    assert taken is not None
    leases.finish(taken, bytes(leases.CHUNK_BYTES + 1), "a.pdf")
    assert Chunk.objects.count() == 2
    Job.objects.filter(pk=job.pk).update(created=timezone.now() - timedelta(days=1))
    assert billing.get(address(job)).status_code == 404
    assert leases.remove_old() == 1
    assert not Chunk.objects.exists()
    assert Job.objects.get() == fresh


def test_the_document_for_printing_is_the_papers_and_on_record(billing: Client) -> None:
    path = f"{PAPERS}invoice/2026-10-01/"
    assert billing.head(path).status_code == 200
    assert not AuditEntry.objects.filter(action="printed").exists()
    response = billing.get(path)
    for said in ("Invoice October 2026", "This is not the tax invoice", "Printed", "Bilal Billing", "By month"):
        assert said in text_of(response)
    assert AuditEntry.objects.get(action="printed").target == "invoice/2026-10-01"
    margins = billing.get(f"{path}margins.css")
    assert margins["Content-Type"] == "text/css; charset=utf-8"
    assert 'content: "Page " counter(page) " of " counter(pages) ""' in margins.content.decode()
