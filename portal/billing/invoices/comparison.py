"""What costs more or less than the month before, and why: an invoice held against the one before, thing by thing.

The reason is found in what was consumed in both months; where that says nothing, it is told that there is more or less
to pay. What differs only because one month is longer than the other is told in one line.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from enum import StrEnum
from functools import cached_property
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.billing import sums
from portal.billing.invoices import amounts
from portal.billing.invoices.items import Item
from portal.billing.sums import Sum
from portal.billing.usage import months, usage
from portal.billing.usage.matching import Things
from portal.resources.spec import Record
from portal.ui.format import numbers

#: (number, address) of the change that gave a machine other hardware, by its name.
type Resizes = Callable[[Sequence[str]], Mapping[str, tuple[int, str]]]

SHOWN = 100  # as many as somebody reads
MACHINE = "virtualmachine"
HARDWARE = ("cores", "memory", "disk", "rbd_pool")


class Reason(StrEnum):
    """Why something costs more or less."""

    NEW = "new"
    GONE = "gone"
    RESIZED = "resized"
    USE = "use"  # more or less of it was used
    DAYS = "days"  # the month is longer or shorter, and nothing else
    PRICE = "price"  # as much was used as before
    UNKNOWN = "unknown"  # a price cannot be read
    MORE = "more"  # nothing is known but the difference
    LESS = "less"


WORDS: Mapping[Reason, object] = {
    Reason.NEW: lazy("new"),
    Reason.GONE: lazy("gone"),
    Reason.RESIZED: lazy("resized"),
    Reason.PRICE: lazy("price changed"),
    Reason.UNKNOWN: lazy("no readable price"),
    Reason.MORE: lazy("more"),
    Reason.LESS: lazy("less"),
}
#: By type of what is used: words for more of it, and for less.
USED: Mapping[str, tuple[object, object]] = {
    MACHINE: (lazy("ran longer"), lazy("ran shorter")),
    "traffic": (lazy("more traffic"), lazy("less traffic")),
    "contract": (lazy("higher quantity"), lazy("lower quantity")),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one thing came to in one month."""

    name: str
    product: str
    price: Decimal | None  # None where some of it cannot be read
    thing: Record | None  # its consumption, where that is known

    @property
    def kind(self) -> str:
        """The type of what was consumed; '' where that is not known."""
        return str(self.thing["type"]) if self.thing else ""

    @property
    def thing_name(self) -> str:
        """By which the platform knows it; '' where that is not known."""
        return str(self.thing["type_id"]) if self.thing else ""

    @property
    def used(self) -> int | None:
        """Bytes, hours, or a quantity."""
        return usage.main(self.thing) if self.thing else None

    @property
    def shown_use(self) -> str:
        return usage.brief(self.kind, Decimal(self.used or 0))

    def measured(self, name: str) -> object:
        parameters = self.thing["parameters"] if self.thing else None
        return parameters.get(name) if isinstance(parameters, Mapping) else None

    @property
    def is_whole_month(self) -> bool:
        return self.thing is not None and usage.ran_all_month(self.thing)


@dataclass(frozen=True, slots=True)
class Change:
    """What one thing costs more or less. `by`: number and address of the change that resized it, where it is known."""

    before: Cost | None
    after: Cost | None
    reason: Reason
    by: tuple[int, str] | None = None

    @property
    def thing(self) -> Cost:
        found = self.after or self.before
        assert found is not None, "a change is of something"
        return found

    @property
    def name(self) -> str:
        return self.thing.name

    @property
    def product(self) -> str:
        return self.thing.product

    @property
    def difference(self) -> Decimal | None:
        """None where a price cannot be read."""
        was, now = _price(self.before), _price(self.after)
        return amounts.subtract(now, was) if was is not None and now is not None else None

    @property
    def word(self) -> str:
        if self.reason is Reason.USE and self.before and self.after:
            more, less = USED[self.after.kind]
            return str(more if (self.after.used or 0) > (self.before.used or 0) else less)
        return str(WORDS[self.reason])

    @property
    def detail(self) -> str:
        """What was measured before and after; '' where that is not the reason."""
        if self.before is None or self.after is None:
            return ""
        if self.reason is Reason.RESIZED:
            return ", ".join(_hardware(name, self.before, self.after) for name in _resized(self.before, self.after))
        if self.reason is Reason.USE:
            return _from_to(self.before.shown_use, self.after.shown_use)
        return ""

    @property
    def shown(self) -> tuple[str, str, str]:
        """Before, after, difference."""
        difference = _("unknown") if self.difference is None else amounts.difference(self.difference)
        return _shown(self.before), _shown(self.after), difference


@dataclass(frozen=True)
class Comparison:
    """Two months: what changed, the largest difference first, and what is but the length of the month."""

    changes: Sequence[Change]
    by_days: Sequence[Change]
    days: tuple[int, int]  # of the month, and of the one before

    @classmethod
    def of(cls, before: Sequence[Cost], after: Sequence[Cost], period: str) -> Self:
        """Of the month `period` against the one before it; what costs the same to the cent is left out."""
        found = [_change(*pair) for pair in _pairs(before, after)]
        told = [one for one in found if one.reason is not Reason.DAYS and not _is_same(one)]
        by_days = [one for one in found if one.reason is Reason.DAYS]
        days = (months.days(period), months.days(months.before(period)))
        return cls(sorted(told, key=_largest_first), by_days, days)

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.by_days

    def largest(self, resizes: Resizes) -> Sequence[Change]:
        """With the changes that resized machines."""
        largest = self.changes[:SHOWN]
        by = resizes([one.thing.thing_name for one in largest if one.reason is Reason.RESIZED])
        return [_told_by(one, by) for one in largest]

    @property
    def others(self) -> tuple[int, str] | None:
        """How many there are besides, and what they come to; None for none."""
        return _told(self.changes[SHOWN:], self._of_others)

    @property
    def longer(self) -> tuple[int, str] | None:
        """How many items differ by the length of the month alone, and what they come to; None for none."""
        return _told(self.by_days, self._of_days)

    @cached_property
    def _of_others(self) -> Sum:
        return sums.of(one.difference for one in self.changes[SHOWN:])

    @cached_property
    def _of_days(self) -> Sum:
        return sums.of(one.difference for one in self.by_days)


def _told_by(one: Change, changes: Mapping[str, tuple[int, str]]) -> Change:
    return replace(one, by=changes.get(one.thing.thing_name)) if one.reason is Reason.RESIZED else one


def costs(items: Iterable[Item], things: Things | None) -> list[Cost]:
    """Items of one thing taken together."""
    found: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        found.setdefault(item.identity, []).append(item)
    return [
        Cost(name, product, sums.of(one.price for one in mine).value, _thing(mine[0], things))
        for (product, name), mine in found.items()
    ]


def _thing(item: Item, things: Things | None) -> Record | None:
    return things.of(item.description, item.product) if things else None


def _pairs(before: Sequence[Cost], after: Sequence[Cost]) -> Iterable[tuple[Cost | None, Cost | None]]:
    """Each thing of both months; one that was moved to another product is found by what was consumed."""
    old = {(one.product, one.name): one for one in before}
    same = {identity: one for one in after if (identity := (one.product, one.name)) in old}
    left = [one for identity, one in old.items() if identity not in same]
    moved = {_key(one): one for one in left if one.thing}
    for one in after:
        was = old.get((one.product, one.name)) or (moved.pop(_key(one), None) if one.thing else None)
        yield was, one
    yield from ((one, None) for one in left if not one.thing or _key(one) in moved)


def _key(one: Cost) -> tuple[str, str]:
    return one.kind, one.thing_name


def _change(before: Cost | None, after: Cost | None) -> Change:
    return Change(before, after, _reason(before, after))


def _reason(before: Cost | None, after: Cost | None) -> Reason:
    was, now = _price(before), _price(after)
    if was is None or now is None:
        return Reason.UNKNOWN
    if before is None or after is None:
        return Reason.NEW if before is None else Reason.GONE
    if not before.thing or not after.thing or before.used is None or after.used is None:
        return Reason.MORE if now > was else Reason.LESS
    if _resized(before, after):
        return Reason.RESIZED
    if before.is_whole_month and after.is_whole_month:
        return Reason.DAYS if _in_proportion(before, after) else Reason.PRICE
    if after.used == before.used or (after.used > before.used) != (now > was):
        return Reason.PRICE
    return Reason.USE


def _in_proportion(before: Cost, after: Cost) -> bool:
    """Whether an hour costs what it did, to a cent of the month."""
    was, now = before.price or Decimal(), after.price or Decimal()
    with localcontext(prec=4 * amounts.MOST_DIGITS):
        expected = was * (after.used or 0) / (before.used or 1)
    return amounts.is_same(expected, now)


def _resized(before: Cost, after: Cost) -> Sequence[str]:
    """What of its hardware is not what it was."""
    measured = [(name, before.measured(name), after.measured(name)) for name in HARDWARE]
    return [name for name, was, now in measured if was != now and was is not None and now is not None]


def _hardware(name: str, before: Cost, after: Cost) -> str:
    (label, was), (_label, now) = (numbers.measured_text(name, one.measured(name)) for one in (before, after))
    return f"{label} {_from_to(was, now)}"


def _from_to(was: str, now: str) -> str:
    return f"{was} → {now}"


def _price(cost: Cost | None) -> Decimal | None:
    """Nothing for what is not there; None for what cannot be read."""
    return cost.price if cost else Decimal()


def _shown(cost: Cost | None) -> str:
    if cost is None:
        return sums.DASH
    return amounts.shown(cost.price) if cost.price is not None else _("unknown")


def _is_same(change: Change) -> bool:
    return change.difference is not None and amounts.is_same(change.difference, Decimal())


def _largest_first(change: Change) -> tuple[bool, Decimal, str]:
    """What is unknown before all: nobody can tell how large it is."""
    return change.difference is not None, -abs(change.difference or Decimal()), change.name


def _told(changes: Sequence[Change], total: Sum) -> tuple[int, str] | None:
    return (len(changes), str(total.shown(amounts.difference))) if changes else None
