"""Consumption and invoices in the browser: what is shown, to whom, and that nothing the platform sends breaks it."""

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from portal.accounts.models import AuditEntry, Membership
from portal.billing.usage.consumption import PER_PAGE
from tests.billing.records import invoice, use
from tests.customer.conftest import text_of
from tests.customer.visiting import Visit
from tests.support.services import Sandbox

NASTY = [
    ("<script>alert(1)</script>", "-0.0001"),
    ("\u202eright to left \u05e9\u05dc\u05d5\u05dd", "1e3"),
    ("x" * 2000, ""),
    ("\N{PILE OF POO} emoji", "12345678901234567890.1234"),
    ("=HYPERLINK(1)", "1e999999"),
]


@pytest.mark.parametrize("path", ["invoice/", "invoice/2026-10-01/", "consumption/"])
def test_money_is_for_manager_and_billing(visit: Visit, path: str) -> None:
    for name, status in (("manager", 200), ("billing", 200), ("operator", 403), ("viewer", 403), ("child", 403)):
        assert visit(name, path).status_code == status


@pytest.mark.parametrize("path", ["invoice/", "invoice/2026-10-01/"])
def test_it_is_said_that_this_is_not_the_tax_invoice(visit: Visit, path: str) -> None:
    assert "All amounts are before tax. This is not the tax invoice" in text_of(visit("billing", path))


def test_invoices_stand_by_year_with_sums(visit: Visit, answers: Any) -> None:
    answers(
        "invoice",
        invoice("2025-12-01", [], "0.1000"),
        invoice("2026-01-01", [], "0.1000"),
        invoice("2026-02-01", [], "0.2000"),
    )
    text = text_of(visit("billing", "invoice/"))
    assert "Total 2026 0.30 EUR" in text
    assert "Total 2025 0.10 EUR" in text


def test_invoices_are_filtered_by_status_and_amount_and_a_wrong_amount_is_named(visit: Visit, answers: Any) -> None:
    answers("invoice", invoice("2026-01-01", [], "10.0000"), invoice("2026-02-01", [], "2000.0000"))
    found = text_of(visit("billing", "invoice/", least="1000", status="final"))
    assert "Total 2026 2,000.00 EUR" in found
    wrong = visit("billing", "invoice/", least="much")
    assert "Enter an amount in digits" in text_of(wrong)
    assert 'value="much"' in wrong.content.decode()


def test_what_changed_since_the_month_before_is_told(visit: Visit, answers: Any) -> None:
    answers(
        "invoice",
        invoice("2026-01-01", [("a: 1 core", "1.0000"), ("b: 1 core", "2.0000"), ("same", "3.0000")], "6.0000"),
        invoice("2026-02-01", [("a: 2 cores", "1.5000"), ("c", "4.0000"), ("same", "3.0000")], "8.5000"),
    )
    changes = visit("billing", "invoice/2026-02-01/").context["invoice"].comparison.changes
    assert [(one.name, one.reason, one.difference) for one in changes] == [
        ("c", "new", Decimal("4.0000")),
        ("b", "gone", Decimal("-2.0000")),
        ("a", "more", Decimal("0.5000")),
    ]


def test_an_item_leads_to_what_was_consumed(visit: Visit) -> None:
    visit("billing", "consumption/")
    page = visit("billing", "invoice/2026-10-01/").content.decode()
    assert 'href="/c/10001/consumption/2026-10-01/virtualmachine/shop01/"' in page


def test_nothing_in_an_item_breaks_the_page(visit: Visit, answers: Any) -> None:
    answers("invoice", invoice("2026-01-01", NASTY, "5.0000"))
    response = visit("billing", "invoice/2026-01-01/")
    text = text_of(response)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    for shown in ("-0.0001 EUR", "1,000.0000 EUR", "12,345,678,901,234,567,890.1234 EUR", "1e999999", "x" * 2000):
        assert shown in text
    assert "2 items have no readable price" in text
    assert "Total of the items 12,345,678,901,234,568,890.12 EUR + 2 unknown" in text


def test_a_total_that_is_not_the_sum_is_flagged_where_the_sum_is_known(visit: Visit, answers: Any) -> None:
    flag = "The items come to 1.5000 EUR; the total differs from that by +3.5000 EUR"
    known, unknown = [("a", "1.5000")], [("a", "1.5000"), ("b", "")]
    answers("invoice", invoice("2026-01-01", known, "5.0000"), invoice("2026-02-01", unknown, "5.0000"))
    assert flag in text_of(visit("billing", "invoice/2026-01-01/"))
    assert "The total is not the sum" not in text_of(visit("billing", "invoice/2026-02-01/"))


@pytest.mark.parametrize("broken", [{"items": None}, {"items": "none"}, {"items": ["one", 2, None]}, {"total": None}])
def test_an_invoice_without_its_parts_is_still_shown(visit: Visit, answers: Any, broken: dict[str, Any]) -> None:
    answers("invoice", invoice("2026-01-01", [], "5.0000") | broken)
    assert visit("billing", "invoice/").status_code == 200
    assert visit("billing", "invoice/2026-01-01/").status_code == 200


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        {},
        {"gpu": 3},
        {"traffic": "much"},
        {"traffic": -5},
        {"traffic": 2**31 - 1},
        {"deep": {"er": [1]}},
        {"hours": True},
    ],
)
@pytest.mark.parametrize("kind", ["traffic", "virtualmachine", "quantum"])
def test_any_consumption_is_shown(visit: Visit, answers: Any, kind: str, parameters: Any) -> None:
    answers("consumption", use(kind, "zeppelin", parameters))
    assert "zeppelin" in text_of(visit("billing", "consumption/"))
    page = visit("billing", f"consumption/2026-01-01/{kind}/zeppelin/")
    assert page.status_code == 200
    assert all(name in text_of(page) for name in (parameters or {}) if name in ("gpu", "deep"))


def test_traffic_is_shown_in_thousands_against_the_month_before(visit: Visit, answers: Any) -> None:
    answers(
        "consumption",
        use("traffic", "shop", {"traffic": 2 * 10**9}, "2026-02-01"),
        use("traffic", "shop", {"traffic": 10**6}, "2026-01-01"),
    )
    response = visit("billing", "consumption/")
    assert "shop Traffic 2 GB Traffic 2 GB 2 GB 1 MB" in text_of(
        response
    )  # below the name on a phone, else in a column
    assert response.content.decode().count("<rect") == 2


def test_the_running_month_is_projected(visit: Visit) -> None:
    page = visit("billing", "consumption/", type="traffic").context["page"]
    assert page.projection is not None
    assert "projected to the end of the month" in text_of(visit("billing", "consumption/", type="traffic"))


@pytest.mark.parametrize(
    "params", [{"period": "never"}, {"type": "x"}, {"page": "-1"}, {"page": "9" * 99}, {"q": "\0"}]
)
def test_whatever_the_address_asks_for_there_is_an_answer(visit: Visit, params: dict[str, str]) -> None:
    assert visit("billing", "consumption/", **params).status_code == 200
    assert visit("billing", "invoice/", **params).status_code == 200


def test_what_was_used_is_shown_a_page_at_a_time(visit: Visit, answers: Any) -> None:
    answers("consumption", *(use("virtualmachine", f"shop{n:03}", {"hours": 1}) for n in range(PER_PAGE + 1)))
    first, second = (visit("billing", "consumption/", type="virtualmachine", page=str(n)) for n in (1, 2))
    assert "shop100" not in text_of(first)
    assert "shop100" in text_of(second)
    assert [number for number, _address in first.context["page"].pages] == [1, 2]


@pytest.mark.parametrize("path", ["consumption/2026-10-01/virtualmachine/shop01/", "invoice/2026-10-01/"])
def test_where_nothing_is_known_that_is_said_of_what_was_asked_for(visit: Visit, platform: Sandbox, path: str) -> None:
    platform.stop()
    answer = visit("billing", path)
    assert answer.status_code == 200
    assert "The platform" in text_of(answer)


@pytest.mark.parametrize(
    ("params", "shown"),
    [({"year": "2026"}, ["2026-01-01"]), ({"status": "draft"}, []), ({"least": "1"}, ["2025-12-01"])],
)
def test_invoices_that_were_not_asked_for_are_left_out(
    visit: Visit, answers: Any, params: dict[str, str], shown: list[str]
) -> None:
    answers("invoice", invoice("2025-12-01", [], "10.0000"), invoice("2026-01-01", [], "much"))
    page = visit("billing", "invoice/", **params).context["page"]
    assert [one.record.key for one in page.found] == shown


def test_an_export_has_what_is_shown_and_is_on_record(visit: Visit, answers: Any) -> None:
    answers("invoice", invoice("2026-01-01", [("=1+1", "-0.5000")], "-0.5000"))
    response = visit("billing", "invoice/2026-01-01/", format="csv", separator="semicolon")
    lines = b"".join(response).decode("utf-8-sig").splitlines()
    assert lines[1] == "2026-01-01;VM-SSD;'=1+1;-0,5000"
    assert response.headers["Content-Disposition"] == 'attachment; filename="invoice-10001-2026-01.csv"'
    assert AuditEntry.objects.filter(action="exported", target="invoice/2026-01-01").count() == 1


@pytest.mark.parametrize("path", ["invoice/", "invoice/2026-10-01/", "consumption/"])
def test_the_refresh_button_loads_the_whole_page_anew(visit: Visit, path: str) -> None:
    page = visit("billing", path).content.decode()
    assert f'<form class="fresh" method="post" action="/c/10001/{path}" autocomplete="off">' in page
    assert "hx-post" not in page


def test_numbers_dates_and_money_are_in_the_persons_language(browse: Any, visit: Visit, answers: Any) -> None:
    answers("invoice", invoice("2026-01-01", [("shop01", "1234.5000")], "1234.5000"))
    answers("consumption", use("traffic", "shop", {"traffic": 1_234_567_890}))
    client = browse("billing")
    german = {"Accept-Language": "de"}
    bill = text_of(client.get("/c/10001/invoice/2026-01-01/", headers=german))
    assert "Rechnung Januar 2026" in bill
    assert "1.234,5000 EUR" in bill
    assert "1,23 GB" in text_of(client.get("/c/10001/consumption/", headers=german))
    found = client.get("/c/10001/invoice/", {"least": "1.234", "most": "1.234,50"}, headers=german)
    assert "1.234,50 EUR" in text_of(found)
    limits = text_of(client.get("/c/10001/thresholds/", headers=german))
    assert "Budgets" in limits


def test_a_workbook_of_what_was_used_has_numbers_days_and_texts(visit: Visit, answers: Any) -> None:
    answers("consumption", use("traffic", "=shop()", {"traffic": 2**31 - 1, "odd": {"er": [1]}, "none": None}))
    response = visit("billing", "consumption/", format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
    month, kind, name, *parameters = [cell.value for cell in sheet[2]]
    assert (month, kind, name) == (datetime(2026, 1, 1), "Traffic", "=shop()")
    assert sheet["C2"].data_type == "s"
    assert {2**31 - 1, "{'er': [1]}"} <= set(parameters)
    entry = AuditEntry.objects.get(action="exported", target="consumption")
    assert '"format": "xlsx"' in entry.after


def test_a_member_limited_to_a_group_sees_what_it_used_and_no_money(visit: Visit) -> None:
    Membership.objects.filter(user__email="manager@example.com").update(group="shop")
    visit("billing", "consumption/")
    for type_name in ("resourcegroup", "virtualmachine"):
        visit("manager", f"{type_name}/")
    page = visit("manager", "consumption/", type="traffic").context["page"]
    assert [line.record["type_id"] for line in page.lines] == ["shop", "shop-search"]
    assert "EUR" not in text_of(visit("manager", "consumption/"))
    assert [visit("manager", path).status_code for path in ("invoice/", "thresholds/")] == [403, 403]


def test_the_running_month_stands_against_the_last_with_the_rest_apart(visit: Visit) -> None:
    page = visit("billing", "consumption/", type="traffic").context["page"]
    chart = str(page.projection.chart)
    assert chart.count("<rect") == 3
    assert "Projected: " in chart


@pytest.mark.parametrize(("path", "line"), [("thresholds/", "Consumption"), ("paper/", "Invoices")])
def test_the_navigation_marks_what_a_page_without_a_line_of_its_own_belongs_to(
    visit: Visit, path: str, line: str
) -> None:
    items = visit("billing", path).context["shell"].nav
    assert [item.label for item in items if item.current] == [line]
