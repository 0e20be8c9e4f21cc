"""Amounts that people type."""

from decimal import Decimal

import pytest
from django.utils import translation

from portal.billing import amounts


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
