"""What saving a machine's form would cost or save in a month, in words; for who may see money of the whole customer."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.billing.invoices import amounts
from portal.billing.invoices.comparison import MACHINE
from portal.billing.usage import months, usage
from portal.billing.usage.estimate import prices_before
from portal.billing.usage.rates import Parts, parts
from portal.inventory import reads
from portal.resources.deletion import read_deletion
from portal.resources.spec import Record, Values
from portal.resources.types import VIRTUAL_MACHINE
from portal.ui.forms.effects import EffectText

CONSUMPTION, INVOICE = "consumption", "invoice"
HOURS = 730  # of a month, in the mean


def told(scope: Scope, type_name: str, before: Record | None, wanted: Values) -> list[EffectText]:
    """At the prices of the latest invoice; nothing where those do not say it, and below a cent. Never waits."""
    return told_of_all(scope, [(before, wanted)]) if type_name == MACHINE else []


def told_of_all(scope: Scope, machines: Iterable[tuple[Record | None, Values | None]]) -> list[EffectText]:
    """The same of many machines together; None for what is wanted of one that is to be deleted."""
    found = of_all(scope, machines)
    return [] if found is None else [_said(*found)]


def of_all(scope: Scope, machines: Iterable[tuple[Record | None, Values | None]]) -> tuple[Decimal, str] | None:
    """What that comes to in a month, and the month of the invoice whose prices these are."""
    more: dict[str, int] = {}
    for before, wanted in machines if scope.may_see(INVOICE) else ():
        for name, count in (_more(before, wanted) if wanted is not None else _less(before)).items():
            more[name] = more.get(name, 0) + count
    if not any(more.values()):
        return None
    known = reads.listings(scope, (CONSUMPTION, INVOICE), wait=False)
    used, running = usage.used(scope, known[CONSUMPTION]), months.running(known[CONSUMPTION].platform_now)
    prices = prices_before(used, known[INVOICE].records, running)
    an_hour = prices.rates.price(more) if prices else None
    if prices is None or an_hour is None:
        return None
    amount = Decimal(round(an_hour * HOURS * 10_000)) / 10_000
    return None if amounts.is_same(amount, Decimal()) else (amount, prices.month)


def _said(amount: Decimal, month: str) -> EffectText:
    words = {"amount": amounts.about_difference(amount), "month": months.label(month)}
    text = _("About %(amount)s a month before tax, at the prices of the invoice for %(month)s.") % words
    return EffectText(text, "", "info", _("about %(amount)s a month") % words)


def _more(before: Record | None, wanted: Values) -> Parts:
    """What there would be more, or less, of; nothing where that cannot be told, as of a machine that is to go."""
    if before is not None and read_deletion(before.get("deletion")).is_pending:
        return {}
    was = before.values if before else {field.name: field.default for field in VIRTUAL_MACHINE.fields}
    old, new = parts(was), parts({**was, **wanted})
    if old is None or new is None:
        return {}
    return _difference({} if before is None else old, new)


def _less(before: Record | None) -> Parts:
    """What there would be no more of without it; nothing of one that is to go anyway."""
    old = parts(before.values) if before is not None else None
    if before is None or old is None or read_deletion(before.get("deletion")).is_pending:
        return {}
    return {name: -count for name, count in old.items()}


def _difference(old: Mapping[str, int], new: Mapping[str, int]) -> Parts:
    found = {name: new.get(name, 0) - old.get(name, 0) for name in {**old, **new}}
    return {name: count for name, count in found.items() if count}
