"""What a customer used, by month, type and thing: worked out once per version of what is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.billing import sums
from portal.billing.sums import Sum
from portal.billing.usage import months
from portal.billing.usage.matching import Things
from portal.inventory.reads import Listing
from portal.inventory.weighted_cache import WeightedCache
from portal.resources.spec import Record, Value
from portal.ui.format import numbers

#: The parameter that grows within a month, by type: what is compared, projected and drawn.
MAIN = {"traffic": ("traffic", "B"), "virtualmachine": ("hours", "h"), "contract": ("quantity", "")}


@dataclass(frozen=True, slots=True)
class Used:
    """All records of a scope: by month, then by type; months from the latest to the oldest."""

    months: Sequence[str]
    by_month: Mapping[str, Mapping[str, Sequence[Record]]]
    totals: Mapping[tuple[str, str], Sum]  # (month, type) -> sum of the main parameter
    by_key: Mapping[str, Record]
    version: str  # of what it was made of
    things_of: dict[str, Things] = field(default_factory=dict, repr=False)

    def things(self, month: str) -> Things:
        """What was used in a month, by the names that an invoice may give it; worked out once."""
        found = self.things_of.get(month)
        if found is None:
            records = (record for records in self.by_month.get(month, {}).values() for record in records)
            found = self.things_of[month] = Things(records)
        return found

    def total(self, month: str, kind: str) -> Sum:
        """Of the main parameter; unknown where the platform has told nothing of that month."""
        return self.totals.get((month, kind), Sum()) if month in self.by_month else sums.UNKNOWN

    @property
    def types(self) -> Sequence[str]:
        """All types there are: those that are known first."""
        found = {name for types in self.by_month.values() for name in types}
        return sorted(found, key=lambda name: (list(MAIN).index(name) if name in MAIN else len(MAIN), name))


_known: WeightedCache[tuple[str, str, str], Used] = WeightedCache(200_000, lambda used: len(used.by_key) + 1)


def used(scope: Scope, listing: Listing) -> Used:
    """What the listing holds, in order; kept by its version."""
    key = (scope.customer.number, scope.root, listing.version)
    found = _known.get(key)
    if found is None:
        found = _sort(listing)
        _known.put(key, found)
    return found


def main(record: Record) -> int | None:
    """The record's main parameter as a number; None where it has none."""
    name, _of = MAIN.get(str(record["type"]), ("", ""))
    parameters = record["parameters"]
    value = parameters.get(name) if isinstance(parameters, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def ran_all_month(record: Record) -> bool:
    """Of a machine; hours are counted whole, and the last may be missing."""
    ran = main(record) if record["type"] == "virtualmachine" else None
    return bool(ran and ran >= months.hours(str(record["period"])) - 1)


def total(records: Iterable[Record]) -> Sum:
    """What their main parameters come to."""
    return sums.of(main(record) for record in records)


def shown(type_name: str, value: Sum) -> SafeString:
    """Main parameters with their unit."""
    return value.shown(lambda known: numbers.amount(int(known), _unit(type_name)))


def text(type_name: str, value: Sum) -> str:
    """The same in plain text, for a chart."""
    return str(value.shown(lambda known: brief(type_name, known)))


def brief(type_name: str, value: Decimal) -> str:
    """One number with its unit in plain text; no fractions but of bytes, which are told in thousands."""
    unit = _unit(type_name)
    if unit == "B":
        return numbers.traffic_text(int(value))
    whole = int(value) if value == int(value) else value
    return numbers.NBSP.join(filter(None, (numbers.number(whole), unit)))


def parameters(record: Record) -> Sequence[tuple[str, SafeString]]:
    """(label, value) of whatever the platform measured, known or not (co_02)."""
    found: Value = record["parameters"]
    return [numbers.measured(str(name), value) for name, value in found.items()] if isinstance(found, Mapping) else []


def parameters_line(record: Record) -> SafeString:
    """The same in a line; nothing measured is nothing known."""
    line = format_html_join(", ", '<span class="soft">{}</span> {}', parameters(record))
    return line or SafeString(_("unknown"))


def _sort(listing: Listing) -> Used:
    by_month: dict[str, dict[str, list[Record]]] = {}
    for record in listing.records:
        by_month.setdefault(str(record["period"]), {}).setdefault(str(record["type"]), []).append(record)
    totals = {(month, kind): total(found) for month, kinds in by_month.items() for kind, found in kinds.items()}
    return Used(sorted(by_month, reverse=True), by_month, totals, listing.by_key, listing.version)


def _unit(type_name: str) -> str:
    return MAIN.get(type_name, ("", ""))[1]
