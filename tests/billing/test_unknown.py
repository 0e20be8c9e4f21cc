"""What the platform has not told, or nobody can read, is unknown: in sums, charts, comparisons, files, on paper."""

import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from portal.billing import sums
from portal.billing.invoices import amounts
from portal.billing.invoices.invoice import among
from portal.billing.usage import months
from portal.billing.usage.chart import Bar, stacked
from portal.resources.spec import read_all
from portal.resources.types import TYPES
from tests.billing.records import invoice, use
from tests.customer.conftest import text_of
from tests.customer.visiting import Visit

JANUARY, FEBRUARY, MARCH, APRIL = (f"2026-{number:02d}-01" for number in range(1, 5))


def plain(text: object) -> str:
    return str(text).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], "0.00 EUR"),
        (["0.00"], "0.00 EUR"),
        (["1.50", "2.50"], "4.00 EUR"),
        (["1.50", None, None], "1.50 EUR + 2 unknown"),
        ([None], "unknown"),
    ],
)
def test_a_sum_tells_what_it_does_not_know(parts: list[str | None], told: str) -> None:
    total = sums.of(Decimal(part) if part is not None else None for part in parts)
    assert plain(sums.money(total)) == told
    assert (total.value is None) == ("unknown" in told)


def test_months_in_between_are_not_left_out() -> None:
    assert months.without_gaps([APRIL, MARCH, JANUARY], 14) == [APRIL, MARCH, FEBRUARY, JANUARY]
    assert months.without_gaps([APRIL, "1900-01-01"], 3) == [APRIL, MARCH, FEBRUARY]
    assert months.without_gaps(["never", APRIL], 3) == ["never", APRIL]


@pytest.fixture
def traffic(visit: Visit, answers: Any) -> Any:
    """April; March cannot be read; of February nothing was told; January."""
    answers(
        "consumption",
        use("traffic", "shop", {"traffic": 2 * 10**9}, APRIL),
        use("traffic", "blog", {"traffic": "much"}, APRIL),
        use("traffic", "shop", {"traffic": None}, MARCH),
        use("traffic", "shop", {"traffic": 10**9}, JANUARY),
    )
    return lambda path, **params: visit("billing", path, **params)


def test_use_that_cannot_be_read_is_no_use_of_nothing(traffic: Any) -> None:
    text = plain(text_of(traffic("consumption/")))
    assert "Total for the month 2 GB + 1 unknown unknown" in text
    assert "blog Traffic much Traffic much unknown –" in text
    assert "April 2026 2 GB + 1 unknown March 2026 unknown February 2026 unknown January 2026 1 GB" in text
    assert " 0 B " not in text


def test_a_month_is_held_against_the_one_before_it_also_if_that_is_unknown(traffic: Any) -> None:
    march = plain(text_of(traffic("consumption/", period=MARCH)))
    assert "shop Traffic — Traffic — unknown unknown" in march
    assert "March 2026 February 2026 shop" in march


def test_a_chart_marks_what_is_unknown_and_draws_no_bar_for_it(traffic: Any) -> None:
    for path in ("consumption/", f"consumption/{APRIL}/traffic/shop/"):
        page = traffic(path).content.decode()
        assert page.count("<rect") == 2
        assert page.count(">?</text>") == 2


def test_paper_tells_the_same(traffic: Any) -> None:
    text = plain(text_of(traffic(f"paper/consumption/{APRIL}/")))
    assert "Total for the month 2 GB + 1 unknown unknown" in text
    assert "February 2026 unknown" in text


@pytest.fixture
def invoices(visit: Visit, answers: Any) -> Any:
    """April; the total of March cannot be read; February is missing; January."""
    answers(
        "invoice",
        invoice(APRIL, [("a", "4.0000")], "4.0000"),
        invoice(MARCH, [("a", "n/a")], "n/a"),
        invoice(JANUARY, [("a", "1.0000")], "1.0000"),
    )
    return lambda path, **params: visit("billing", path, **params)


def test_a_missing_invoice_stands_in_the_list_and_in_its_sum(invoices: Any) -> None:
    text = plain(text_of(invoices("invoice/")))
    assert "February 2026 no invoice unknown unknown" in text
    assert "Total 2026 5.00 EUR + 2 unknown" in text
    assert "April 2026 Final Final 4.00 EUR unknown unknown" in text  # below, on a phone
    assert "no invoice" not in text_of(invoices("invoice/", status="final"))


def test_an_invoice_without_one_before_it_says_so(invoices: Any) -> None:
    text = plain(text_of(invoices(f"invoice/{MARCH}/")))
    assert "That is unknown: the platform has no invoice of February 2026." in text
    assert "vs. February 2026 unknown" in text
    assert "VM-SSD 1 unknown" in text
    assert "Changes since" not in text_of(invoices(f"invoice/{JANUARY}/"))


@pytest.mark.parametrize(
    ("total", "before", "shown"),
    [
        ("12.5000", "10.0000", "+2.50\N{NO-BREAK SPACE}EUR"),
        ("10.0000", "12.5000", "-2.50\N{NO-BREAK SPACE}EUR"),
        (
            "12345678901234567890123456789.0100",
            "0.0000",
            "+12,345,678,901,234,567,890,123,456,789.01\N{NO-BREAK SPACE}EUR",
        ),
        ("10.0040", "10.0000", "about the same"),
        ("1e999999", "1.0000", "unknown"),
        ("NaN", "1.0000", "unknown"),
        ("1.0000", None, ""),
    ],
)
def test_an_invoice_tells_by_how_much_it_differs(total: str, before: str | None, shown: str) -> None:
    raws = [invoice(JANUARY, [], before)] if before else []
    records, _unreadable = read_all(TYPES["invoice"], [*raws, invoice(FEBRUARY, [], total)])
    assert among(records, records[-1], "10001").difference == shown


def test_an_invoice_is_held_against_the_calendar_month_before() -> None:
    raws = [invoice(month, [], "1.0000") for month in ("2025-12-01", JANUARY, MARCH)]
    records, _unreadable = read_all(TYPES["invoice"], raws)
    assert [among(records, one, "10001").difference for one in records] == ["", "about the same", "unknown"]


def test_what_invoices_came_to_has_no_gaps(invoices: Any) -> None:
    page = invoices(f"invoice/{APRIL}/")
    assert "April 2026 4.00 EUR March 2026 unknown February 2026 unknown January 2026 1.00 EUR" in plain(text_of(page))
    assert page.content.decode().count(">?</text>") == 2


def test_a_file_has_a_line_without_a_total_for_what_is_missing(invoices: Any) -> None:
    data = invoices("invoice/", format="xlsx").content
    rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [(row[0].month, row[1].day, row[3]) for row in rows] == [
        (4, 28, 4),
        (3, 28, "n/a"),
        (2, 28, None),
        (1, 28, 1),
    ]
    assert rows[2][2] == "no invoice"


def test_a_chart_has_an_axis_in_round_numbers_and_the_value_of_each_bar() -> None:
    bars = [Bar("Jan 26", [(0, 1234, "")], "1,234"), Bar("Feb 26", [(0, 890, ""), (1, 10, "")], "900")]
    with translation.override("en"):
        drawn = plain(stacked("Sums", bars, amounts.whole))
    for said in ("0 EUR", "500 EUR", "1,000 EUR", "1,500 EUR", ">1,234<", ">900<"):
        assert said in drawn
    assert "2,000 EUR" not in drawn


def test_a_chart_of_nothing_is_none_and_one_of_unknown_months_says_so() -> None:
    assert stacked("Sums", [Bar("Jan 26", [(0, 0, "")], "0")], amounts.whole) == ""
    assert ">?</text>" in stacked("Sums", [Bar("Jan 26", (), Bar.UNKNOWN)], amounts.whole)
