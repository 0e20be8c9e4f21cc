"""What a month costs before its invoice is there: what was used of each thing, at the price of an earlier invoice.

The platform has no price list. The latest invoice says what each thing came to, and the consumption of its month how
much of it was used: so a price for an hour of this machine, or a byte of that group. What was not on that invoice is
reckoned at the average of its type; items of it that belong to no consumption are taken as they were. An estimate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from portal.billing import amounts, use
from portal.billing.invoices import read_items
from portal.billing.use import Used
from portal.inventory.bounded import Bounded
from portal.resources.spec import Record
from portal.resources.times import parse_day
from portal.ui import measures

GROWING = ("traffic", "virtualmachine")  # what grows while a month runs; contracts are all there from its beginning
DIGITS = 120  # no amount that is read has more than a third of that
PLACES = Decimal(1).scaleb(-measures.PLACES)


@dataclass(frozen=True, slots=True)
class Prices:
    """What one unit of each thing came to on an invoice."""

    month: str  # of the invoice
    by_thing: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)  # (type, name) -> EUR for a unit
    by_type: Mapping[str, Decimal] = field(default_factory=dict)  # the average
    others: Decimal = Decimal()  # items that belong to no consumption


@dataclass(frozen=True, slots=True)
class Estimate:
    """EUR before tax. `basis` is the period of the invoice that gave the prices; '' where the platform said the sum."""

    so_far: Decimal
    by_the_end: Decimal
    basis: str


_known: Bounded[tuple[str, str, str], Prices] = Bounded(100_000, lambda prices: len(prices.by_thing) + 1)


def estimate(used: Used, invoices: Sequence[Record], month: str, part: float | None) -> Estimate | None:
    """What a month comes to. `part` of it has passed; None when it is over. None where no invoice says any price."""
    own = next((one for one in invoices if one.key == month), None)
    total = amounts.parse(own["total"]) if own else None
    if total is not None:
        return Estimate(total, total, "")
    prices = _prices(used, invoices, month)
    if prices is None:
        return None
    with localcontext(prec=DIGITS):
        growing, settled = _cost(used, prices, month, growing=True), _cost(used, prices, month, growing=False)
        whole = growing / Decimal(part) if part else growing
        so_far, by_the_end = growing + settled + prices.others, whole + settled + prices.others
        return Estimate(so_far.quantize(PLACES), by_the_end.quantize(PLACES), prices.month)


def _prices(used: Used, invoices: Sequence[Record], month: str) -> Prices | None:
    """By the latest invoice before that month whose consumption is known."""
    earlier = [one for one in invoices if one.key < month and one.key in used.by_month and parse_day(one.key)]
    if not earlier:
        return None
    invoice = max(earlier, key=lambda one: one.key)
    key = (used.version, invoice.key, repr(invoice["total"]))
    prices = _known.get(key)
    if prices is None:
        with localcontext(prec=DIGITS):
            prices = _read(used, invoice)
        _known.put(key, prices)
    return prices


def _read(used: Used, invoice: Record) -> Prices:
    things = used.things(invoice.key)
    costs: dict[tuple[str, str], Decimal] = {}
    amounts_of: dict[tuple[str, str], int] = {}
    others = Decimal()
    for item in read_items(invoice["items"]):
        thing, price = things.of(item.description, item.product), item.price or Decimal()
        much = use.main(thing) if thing else None
        if thing is None or not much or much < 0:
            others += price
            continue
        name = (str(thing["type"]), str(thing["type_id"]))
        costs[name] = costs.get(name, Decimal()) + price
        amounts_of[name] = much
    averages = {kind: _average(kind, costs, amounts_of) for kind in {kind for kind, _name in costs}}
    return Prices(invoice.key, {name: cost / amounts_of[name] for name, cost in costs.items()}, averages, others)


def _average(kind: str, costs: Mapping[tuple[str, str], Decimal], much: Mapping[tuple[str, str], int]) -> Decimal:
    mine = [name for name in costs if name[0] == kind]
    return sum((costs[name] for name in mine), Decimal()) / sum(much[name] for name in mine)


def _cost(used: Used, prices: Prices, month: str, *, growing: bool) -> Decimal:
    """Of what grows within a month, or of what does not."""
    found = Decimal()
    for kind, records in used.by_month.get(month, {}).items():
        if (kind in GROWING) is growing:
            average = prices.by_type.get(kind, Decimal())
            for record in records:
                price = prices.by_thing.get((kind, str(record["type_id"])), average)
                found += price * max(use.main(record) or 0, 0)
    return found
