"""Money as exact decimals, whatever the platform sends, and in the words of the person's language (in_01)."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation, localcontext

from django.utils.formats import get_format, number_format

CURRENCY = "EUR"
PLACES = 4  # of the platform's amounts
MOST_DIGITS = 40  # an amount beyond that, such as 1e999999, is no money: it is shown as it came
NBSP = "\N{NO-BREAK SPACE}"
_PLAIN = re.compile(r"-?\d+(?:[.,]\d+)?", re.ASCII)
_GROUPED = re.compile(r"(-?\d{1,3}([.,])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?", re.ASCII)


def parse(value: object) -> Decimal | None:
    """The amount that a text stands for; None for what is none ('', 'n/a', NaN, absurdly many digits)."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS or len(number.as_tuple().digits) > MOST_DIGITS:
        return None
    return number


def typed(written: str) -> Decimal | None:
    """The amount that a person typed: 1200, 99.50, 99,50, 1,234.50 or 1.234,50; None for what is none.

    One sign before three digits, 1.234, is what the person's language has it for.
    """
    text = "".join(written.split()).replace("'", "")
    if grouped := _GROUPED.fullmatch(text):
        whole, mark, decimals = grouped.groups(default="")
        if decimals or whole.count(mark) > 1 or mark == get_format("THOUSAND_SEPARATOR"):
            return parse(f"{whole.replace(mark, '')}.{decimals}")
    return parse(text.replace(",", ".")) if _PLAIN.fullmatch(text) else None


def add(amounts: Iterable[Decimal | None]) -> Decimal:
    """Their exact sum; what is no amount counts for nothing."""
    found = [amount for amount in amounts if amount is not None]
    if len(found) == 1 and found[0]:  # as most are: what they cost here adds up with thousands of items
        return found[0]
    with localcontext(prec=4 * MOST_DIGITS):
        return sum(found, Decimal())


def subtract(one: Decimal, other: Decimal) -> Decimal:
    """The exact difference."""
    return add((one, other.copy_negate()))


def cents(amount: Decimal) -> Decimal:
    """Rounded to two places, however large."""
    with localcontext(prec=4 * MOST_DIGITS):
        return round(amount, 2)


def text(amount: Decimal) -> str:
    """1.234,5000 in German: four places, more where there are more; never rounded, never an exponent."""
    exponent = amount.as_tuple().exponent
    missing = PLACES + exponent if isinstance(exponent, int) else 0
    with localcontext(prec=4 * MOST_DIGITS):
        whole = amount.quantize(Decimal(1).scaleb(-PLACES)) if missing > 0 else amount
    return str(number_format(format(whole, "f"), use_l10n=True, force_grouping=True))


def money(amount: Decimal) -> str:
    """The same with the currency."""
    return f"{text(amount)}{NBSP}{CURRENCY}"


def signed(amount: Decimal) -> str:
    """A difference: always with its sign, but for none at all."""
    return f"+{money(amount)}" if amount > 0 else money(amount)
