"""Sizes, numbers and money in words that people read; where money is rounded, the hover has all digits."""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.resources.labels import mark
from portal.resources.spec import Value

LARGER = {"MiB": "GiB", "GiB": "TiB"}
SI = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
AMOUNT = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
NBSP = "\N{NO-BREAK SPACE}"
CENT = Decimal("0.01")
PLACES = 4  # of the platform's amounts
PRECISE = 160  # digits that no amount has

# What consumption measures (co_01): name -> label and unit; other names are shown as they are.
MEASURED = {
    "traffic": (mark("Traffic"), "B"),
    "cores": (mark("Cores"), ""),
    "memory": (mark("Memory"), "MiB"),
    "disk": (mark("Disk"), "GiB"),
    "rbd_pool": (mark("Storage"), ""),
    "hours": (mark("Hours"), "h"),
    "quantity": (mark("Quantity"), ""),
    "description": (mark("Description"), ""),
}


def number(value: int | Decimal) -> str:
    """As written in the person's language, all digits kept, in groups of three."""
    return str(number_format(value, use_l10n=True, force_grouping=True))


def size(value: int, unit: str) -> tuple[str, str]:
    """(number, unit): 1024 MiB is 1 GiB, 1536 MiB 1.5 GiB, 1000 MiB stays: only what is exact in quarters is turned."""
    larger = LARGER.get(unit)
    if larger is None or value < 1024 or value % 256:
        return number(value), unit
    quarters = Decimal(value) / 1024
    return size(int(quarters), larger) if quarters >= 1024 and value % 1024 == 0 else (number(_short(quarters)), larger)


def amount(value: int, unit: str) -> SafeString:
    """A number with its unit, which stands back."""
    if unit == "B":
        return traffic(value)
    shown, shown_unit = size(value, unit)
    if not shown_unit:
        return SafeString(shown)
    return format_html('{}{}<span class="unit">{}</span>', shown, NBSP, shown_unit)


def amount_text(value: int, unit: str) -> str:
    """The same as plain text."""
    shown, shown_unit = size(value, unit)
    return f"{shown}{NBSP}{shown_unit}" if shown_unit else shown


def traffic(value: int) -> SafeString:
    """Bytes in the thousands that traffic is sold in, the exact number on hover."""
    shown, unit = _thousands(value)
    exact = _("%(count)s bytes") % {"count": number(value)}
    return format_html('<span title="{}">{}{}<span class="unit">{}</span></span>', exact, shown, NBSP, unit)


def traffic_text(value: int) -> str:
    """The same as plain text."""
    return NBSP.join(_thousands(value))


def _thousands(value: int) -> tuple[str, str]:
    rest, power = Decimal(value), 0
    while abs(rest) >= 1000 and power < len(SI) - 1:
        rest, power = rest / 1000, power + 1
    unit = SI[power]
    return (number(_short(rest.quantize(Decimal("0.01")))) if unit != "B" else number(value)), unit


def cents(amount: Decimal) -> Decimal:
    """Rounded to two places, half up, however large; no minus before nothing."""
    with localcontext(prec=PRECISE):
        return amount.quantize(CENT, ROUND_HALF_UP) or Decimal("0.00")


def money_text(amount: Decimal, currency: str) -> str:
    """1.234,50 EUR in German: as amounts are told everywhere but where every digit counts."""
    return f"{number(cents(amount))}{NBSP}{currency}"


def exact_money(amount: Decimal, currency: str) -> str:
    """1.234,5000 EUR: four places, more where there are more; never rounded, never an exponent."""
    with localcontext(prec=PRECISE):
        exponent = amount.as_tuple().exponent
        is_short = isinstance(exponent, int) and exponent > -PLACES
        whole = amount.quantize(Decimal(1).scaleb(-PLACES)) if is_short else amount
    shown = number_format(format(whole, "f"), use_l10n=True, force_grouping=True)
    return f"{shown}{NBSP}{currency}"


def money(amount: Decimal, currency: str) -> SafeString:
    """Two places, and on hover all digits where some are left out."""
    rounded = money_text(amount, currency)
    if cents(amount) == amount:
        return format_html("{}", rounded)
    return format_html('<span title="{}">{}</span>', exact_money(amount, currency), rounded)


def sent_money(value: str, currency: str, *, exact: bool = False) -> SafeString:
    """An amount as the platform sends it; what is no plain amount (`1e999999`, `NaN`) is shown as it came."""
    if not AMOUNT.fullmatch(value):
        return format_html("{}", value)
    amount = Decimal(value)
    return format_html("{}", exact_money(amount, currency)) if exact else money(amount, currency)


def measured(name: str, value: Value) -> tuple[str, SafeString]:
    """(label, value) of one parameter of a consumption."""
    label, unit = MEASURED.get(name, (name, ""))
    if isinstance(value, bool) or not isinstance(value, int):
        return _(label), format_html("{}", value if value is not None else "—")
    return _(label), amount(value, unit)


def measured_text(name: str, value: object) -> tuple[str, str]:
    """The same in plain text."""
    label, unit = MEASURED.get(name, (name, ""))
    if isinstance(value, bool) or not isinstance(value, int):
        return _(label), str(value)
    return _(label), amount_text(value, unit)


def _short(value: Decimal) -> Decimal:
    """Without noughts at the end that say nothing: 1.50 is 1.5, 40.00 is 40."""
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()
