"""Money as exact decimals, whatever the platform sends, and as people read it in their language (in_01)."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from django.utils.formats import get_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.ui.format import numbers
from portal.ui.format.numbers import NBSP

CURRENCY = "EUR"
FEW = 10  # euros
MOST_DIGITS = 40  # an amount beyond that, such as 1e999999, is no money: it is shown as it came
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
    """Their exact sum; for what may be None, which is no amount, see `sums`."""
    found = [amount for amount in amounts if amount is not None]
    if len(found) == 1 and found[0]:  # as most are: what they cost here adds up with thousands of items
        return found[0]
    with localcontext(prec=4 * MOST_DIGITS):
        return sum(found, Decimal())


def subtract(one: Decimal, other: Decimal) -> Decimal:
    """The exact difference."""
    return add((one, other.copy_negate()))


def money(amount: Decimal) -> str:
    """1.234,50 EUR in German, as plain text."""
    return numbers.money_text(amount, CURRENCY)


def shown(amount: Decimal) -> SafeString:
    """The same for a page, all digits on hover."""
    return numbers.money(amount, CURRENCY)


def exact(amount: Decimal) -> str:
    """1.234,5000 EUR: where every digit counts."""
    return numbers.exact_money(amount, CURRENCY)


def exact_difference(amount: Decimal) -> str:
    """The same with its sign."""
    return f"+{exact(amount)}" if amount > 0 else exact(amount)


def about(amount: Decimal) -> str:
    """≈ 1,798 EUR: an estimate is no more exact than that; cents where there are but a few euros."""
    return f"≈{NBSP}{_rough(amount)}"


def about_difference(amount: Decimal) -> str:
    """+19 EUR: by how much an estimate differs."""
    return f"+{_rough(amount)}" if amount > 0 else _rough(amount)


def _rough(amount: Decimal) -> str:
    return money(amount) if abs(amount) < FEW else whole(amount)


def whole(amount: Decimal, *, with_currency: bool = True) -> str:
    """1,798 EUR: for charts, whose table has the cents; those of a fraction of a euro are kept."""
    with localcontext(prec=4 * MOST_DIGITS):
        rounded = amount.quantize(Decimal(1), ROUND_HALF_UP)
    shown = numbers.number(rounded if rounded or not amount else numbers.cents(amount))
    return f"{shown}{NBSP}{CURRENCY}" if with_currency else shown


def is_same(one: Decimal, other: Decimal) -> bool:
    """Whether they differ by less than a cent."""
    return abs(subtract(one, other)) < numbers.CENT


def difference(amount: Decimal) -> str:
    """By how much something differs: always with its sign, and in words below a cent."""
    if is_same(amount, Decimal()):
        return _("about the same")
    return f"+{money(amount)}" if amount > 0 else money(amount)
