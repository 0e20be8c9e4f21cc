"""What a month costs before its invoice is there: what was used of each thing, at the price of an earlier invoice.

The platform has no price list. The latest invoice says what each thing came to, and the consumption of its month how
much of it was used: so a price for an hour of this machine, or a byte of that group. What was not on that invoice is
reckoned at the average of its type; items of it that belong to no consumption are taken as they were. An estimate.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property

from portal.billing import sums
from portal.billing.invoices import amounts
from portal.billing.invoices.items import read_items
from portal.billing.sums import Sum
from portal.billing.usage import usage
from portal.billing.usage.rates import Parts, Priced, Rates, parts, rates
from portal.billing.usage.usage import Used
from portal.inventory.weighted_cache import WeightedCache
from portal.resources.spec import Record
from portal.resources.times import parse_day
from portal.ui.format import numbers

GROWING = ("traffic", "virtualmachine")  # what grows while a month runs; contracts are all there from its beginning
DIGITS = 120  # no amount that is read has more than a third of that
PLACES = Decimal(1).scaleb(-numbers.PLACES)


@dataclass(frozen=True)
class Prices:
    """What one unit of each thing came to on an invoice."""

    month: str  # of the invoice
    by_thing: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)  # (type, name) -> EUR for a unit
    by_type: Mapping[str, Decimal] = field(default_factory=dict)  # the average
    others: Decimal = Decimal()  # items that belong to no consumption
    unknown: int = 0  # of those, without a readable price
    machines: Priced = ()  # that ran all of the month
    costs: dict[str, tuple[Sum, Sum]] = field(default_factory=dict, repr=False)  # of months, as they are asked for

    @cached_property
    def rates(self) -> Rates:
        """What more or less hardware costs."""
        return rates(self.machines)


@dataclass(frozen=True, slots=True)
class Estimate:
    """EUR before tax. `basis` is the period of the invoice that gave the prices; '' where the platform said the sum."""

    so_far: Decimal
    by_the_end: Decimal
    basis: str
    unknown: int = 0  # things and items of which nothing can be said: they are in neither


_known: WeightedCache[tuple[str, str, str], Prices] = WeightedCache(100_000, lambda prices: len(prices.by_thing) + 1)


def estimate(used: Used, invoices: Sequence[Record], month: str, part: float | None) -> Estimate | None:
    """What a month comes to. `part` of it has passed; None when it is over. None where no invoice says any price."""
    own = next((one for one in invoices if one.key == month), None)
    total = amounts.parse(own["total"]) if own else None
    if total is not None:
        return Estimate(total, total, "")
    prices = prices_before(used, invoices, month)
    if prices is None:
        return None
    with localcontext(prec=DIGITS):
        growing, settled = _costs(used, prices, month)
        whole = growing.known / Decimal(part) if part else growing.known
        rest = settled.known + prices.others
        if not (growing.readable or settled.readable or prices.others):
            return None  # an invoice on which nothing can be read says no prices
        unknown = growing.unknown + settled.unknown + prices.unknown
        so_far, by_the_end = growing.known + rest, whole + rest
        return Estimate(so_far.quantize(PLACES), by_the_end.quantize(PLACES), prices.month, unknown)


def prices_before(used: Used, invoices: Sequence[Record], month: str) -> Prices | None:
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
    others: list[Decimal | None] = []
    for item in read_items(invoice["items"]):
        thing = things.of(item.description, item.product)
        much = usage.main(thing) if thing else None
        if thing is None or not much or much < 0:
            others.append(item.price)
        elif item.price is not None:  # else it is reckoned at the average, as what was not on the invoice
            name = (str(thing["type"]), str(thing["type_id"]))
            costs[name] = costs.get(name, Decimal()) + item.price
            amounts_of[name] = much
    averages = {kind: _average(kind, costs, amounts_of) for kind in {kind for kind, _name in costs}}
    prices, rest = {name: cost / amounts_of[name] for name, cost in costs.items()}, sums.of(others)
    machines = list(_machines(used, invoice.key, prices))
    return Prices(invoice.key, prices, averages, rest.known, rest.unknown, machines)


def _machines(used: Used, month: str, prices: Mapping[tuple[str, str], Decimal]) -> Iterator[tuple[Parts, Fraction]]:
    """Those that ran all of the month: of others, hours that are counted whole say too little."""
    for record in used.by_month[month].get("virtualmachine", ()):
        price = prices.get((str(record["type"]), str(record["type_id"])))
        much = parts(record["parameters"] or {})
        if price is not None and much is not None and usage.ran_all_month(record):
            yield much, Fraction(price)


def _average(kind: str, costs: Mapping[tuple[str, str], Decimal], much: Mapping[tuple[str, str], int]) -> Decimal:
    mine = [name for name in costs if name[0] == kind]
    return sum((costs[name] for name in mine), Decimal()) / sum(much[name] for name in mine)


def _costs(used: Used, prices: Prices, month: str) -> tuple[Sum, Sum]:
    """What grows within the month, and what does not: worked out once, as prices are for one version of the use."""
    found = prices.costs.get(month)
    if found is None:
        growing, settled = (_cost(used, prices, month, growing=growing) for growing in (True, False))
        found = prices.costs[month] = (growing, settled)
    return found


def _cost(used: Used, prices: Prices, month: str, *, growing: bool) -> Sum:
    """Of what grows within a month, or of what does not. What has no price, or no readable use, is unknown."""
    found = (
        _cost_of(record, prices)
        for kind, records in used.by_month.get(month, {}).items()
        if (kind in GROWING) is growing
        for record in records
    )
    return sums.of(found)


def _cost_of(record: Record, prices: Prices) -> Decimal | None:
    kind, name = str(record["type"]), str(record["type_id"])
    price, much = prices.by_thing.get((kind, name), prices.by_type.get(kind)), usage.main(record)
    if much is None or much <= 0:
        return much if much is None else Decimal()
    return price * much if price is not None else None
