"""Amounts that people type, and as they read them."""

from decimal import Decimal

import pytest
from django.utils import translation

from portal.billing.invoices import amounts


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("1200", "1200", "1200"),
        ("99.50", "99.50", "99.50"),
        ("99,50", "99.50", "99.50"),
        ("1,234.50", "1234.50", "1234.50"),
        ("1.234,50", "1234.50", "1234.50"),
        ("1 234 567", "1234567", "1234567"),
        ("1'234.50", "1234.50", "1234.50"),
        ("1,234,567", "1234567", "1234567"),
        ("1.234", "1.234", "1234"),
        ("1,234", "1234", "1.234"),
        ("-0.0001", "-0.0001", "-0.0001"),
    ],
)
def test_an_amount_is_read_as_the_persons_language_writes_it(text: str, english: str, german: str) -> None:
    for language, wanted in (("en", english), ("de", german)):
        with translation.override(language):
            assert amounts.typed(text) == Decimal(wanted)


@pytest.mark.parametrize(
    "text", ["", "much", "1e3", "1.2.3", "12,34.5", "1,23,456", "NaN", "\u0661\u0662", "9" * 50, "--1"]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert amounts.typed(text) is None


@pytest.mark.parametrize(
    ("amount", "money", "exact", "about"),
    [
        ("1797.5250", "1,797.53 EUR", "1,797.5250 EUR", "≈ 1,798 EUR"),
        ("-1558.9250", "-1,558.93 EUR", "-1,558.9250 EUR", "≈ -1,559 EUR"),
        ("0.0040", "0.00 EUR", "0.0040 EUR", "≈ 0.00 EUR"),
        ("-0.0040", "0.00 EUR", "-0.0040 EUR", "≈ 0.00 EUR"),
        ("2.5", "2.50 EUR", "2.5000 EUR", "≈ 2.50 EUR"),
        ("0.12345", "0.12 EUR", "0.12345 EUR", "≈ 0.12 EUR"),
        ("12345678901234567890.1250", "12,345,678,901,234,567,890.13 EUR", "12,345,678,901,234,567,890.1250 EUR", ""),
    ],
)
def test_an_amount_is_told_to_the_cent_exactly_or_about(amount: str, money: str, exact: str, about: str) -> None:
    told = (amounts.money, amounts.exact, amounts.about)
    found = [one(Decimal(amount)).replace("\xa0", " ") for one in told]
    assert found[:2] == [money, exact]
    assert found[2] == about or not about


def test_amounts_are_in_the_persons_form() -> None:
    with translation.override("de"):
        assert amounts.money(Decimal("1234.565")) == "1.234,57\xa0EUR"
        assert amounts.about(Decimal("1797.5")) == "≈\xa01.798\xa0EUR"


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("1234.5", "+1,234.50 EUR"),
        ("-1558.93", "-1,558.93 EUR"),
        ("0.01", "+0.01 EUR"),
        ("0.0099", "about the same"),
        ("-0.0040", "about the same"),
        ("0", "about the same"),
    ],
)
def test_a_difference_has_its_sign_and_is_none_below_a_cent(amount: str, told: str) -> None:
    assert amounts.difference(Decimal(amount)).replace("\xa0", " ") == told


def test_the_hover_has_all_digits_where_some_are_left_out() -> None:
    assert amounts.shown(Decimal("1.5000")) == "1.50\xa0EUR"
    assert amounts.shown(Decimal("1.5040")) == '<span title="1.5040\xa0EUR">1.50\xa0EUR</span>'
