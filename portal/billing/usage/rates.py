"""What an hour of hardware costs, found out from what machines came to on an invoice: the platform has no price list.

A machine is taken to cost something for being there, and something for each core, each MiB of memory, and each GiB of
disk on its storage. The rates are what fits the machines best (least squares, exact). They hold only where they explain
nearly all machines, and only for what the machines tell apart: where memory always comes with cores, nobody can say
what memory alone costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.resources.spec import Values

type Parts = Mapping[str, int]  # how much of each thing that is paid for
type Priced = Sequence[tuple[Parts, Fraction]]  # machines, and what an hour of each came to

SIZES = ("cores", "memory", "disk")
ENOUGH = 300  # machines: more of them tell nothing new
TOLERANCE = Fraction(1, 200)  # of its price by which a machine may differ
USUAL = Fraction(9, 10)  # of the machines; others may have been resized within the month


def parts(values: Values) -> Parts | None:
    """What is paid for of a machine; None where some of it cannot be read."""
    pool = values.get("rbd_pool")
    sizes = {name: size for name in SIZES if type(size := values.get(name)) is int}
    if not isinstance(pool, str) or len(sizes) < len(SIZES):
        return None
    return {"machine": 1, "cores": sizes["cores"], "memory": sizes["memory"], f"disk on {pool}": sizes["disk"]}


@dataclass(frozen=True, slots=True)
class Rates:
    """Equations in their simplest form, each with what its parts (by their names) come to at its end."""

    names: Sequence[str] = ()
    equations: Sequence[Sequence[Fraction]] = ()

    def price(self, much: Parts) -> Fraction | None:
        """EUR for an hour of so much more (or less); None where the machines do not tell."""
        if any(count and name not in self.names for name, count in much.items()):
            return None
        left, price = [Fraction(much.get(name, 0)) for name in self.names], Fraction()
        for *shares, comes_to in self.equations:
            times = left[next(at for at, share in enumerate(shares) if share)]
            left = [count - times * share for count, share in zip(left, shares, strict=True)]
            price += times * comes_to
        return None if any(left) else price

    def off(self, much: Parts, price: Fraction) -> Fraction:
        """By how much of its price they miss it."""
        found = self.price(much)
        return abs(found - price) / price if found is not None and price > 0 else Fraction(1)


def rates(machines: Priced) -> Rates:
    """The rates that explain the machines; none where no rates do, or where nothing would show that they don't."""
    machines = machines[:ENOUGH]
    found = _fitting(machines)
    if len(_explained(machines, found)) < len(machines):
        by_rates = sorted(machines, key=lambda one: found.off(*one))
        found = _fitting(by_rates[: int(USUAL * len(machines))])
    explained = len(_explained(machines, found))
    return found if explained >= USUAL * len(machines) and explained > len(found.equations) else Rates()


def _explained(machines: Priced, found: Rates) -> Priced:
    return [one for one in machines if found.off(*one) <= TOLERANCE]


def _fitting(machines: Priced) -> Rates:
    names = sorted({name for much, _price in machines for name in much})
    equations = [
        [
            *(Fraction(sum(much.get(one, 0) * much.get(other, 0) for much, _price in machines)) for other in names),
            sum((much.get(one, 0) * price for much, price in machines), Fraction()),
        ]
        for one in names
    ]
    return Rates(names, _simplest(equations, len(names)))


def _simplest(equations: list[list[Fraction]], unknowns: int) -> list[list[Fraction]]:
    """Each begins with an unknown that no other has; what follows from the others is left out."""
    done = 0
    for at in range(unknowns):
        found = next((row for row in equations[done:] if row[at]), None)
        if found is None:
            continue
        equations.remove(found)
        first = [value / found[at] for value in found]
        equations = [[value - row[at] * own for value, own in zip(row, first, strict=True)] for row in equations]
        equations.insert(done, first)
        done += 1
    return equations[:done]
