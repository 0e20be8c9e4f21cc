"""What a customer used, by month, type and thing: worked out once per version of what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from portal.accounts.access import Scope
from portal.billing.matching import Things
from portal.inventory.bounded import Bounded
from portal.inventory.reads import Listing
from portal.resources.spec import Record, Value
from portal.ui import measures

#: The parameter that grows within a month, by type: what is compared, projected and drawn.
MAIN = {"traffic": ("traffic", "B"), "virtualmachine": ("hours", "h"), "contract": ("quantity", "")}


@dataclass(frozen=True, slots=True)
class Used:
    """All records of a scope: by month, then by type; months from the latest to the oldest."""

    months: Sequence[str]
    by_month: Mapping[str, Mapping[str, Sequence[Record]]]
    totals: Mapping[tuple[str, str], int]  # (month, type) -> sum of the main parameter
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

    @property
    def types(self) -> Sequence[str]:
        """All types there are: those that are known first."""
        found = {name for types in self.by_month.values() for name in types}
        return sorted(found, key=lambda name: (list(MAIN).index(name) if name in MAIN else len(MAIN), name))


_known: Bounded[tuple[str, str, str], Used] = Bounded(200_000, lambda used: len(used.by_key) + 1)


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
    name, _unit = MAIN.get(str(record["type"]), ("", ""))
    parameters = record["parameters"]
    value = parameters.get(name) if isinstance(parameters, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def shown(type_name: str, value: int | Decimal | None) -> SafeString:
    """A main parameter with its unit; a dash for none."""
    if value is None:
        return SafeString("–")
    return measures.amount(int(value), MAIN.get(type_name, ("", ""))[1])


def parameters(record: Record) -> Sequence[tuple[str, SafeString]]:
    """(label, value) of whatever the platform measured, known or not (co_02)."""
    found: Value = record["parameters"]
    return [measures.measured(str(name), value) for name, value in found.items()] if isinstance(found, Mapping) else []


def parameters_line(record: Record) -> SafeString:
    """The same in a line."""
    return format_html_join(", ", '<span class="soft">{}</span> {}', parameters(record))


def _sort(listing: Listing) -> Used:
    by_month: dict[str, dict[str, list[Record]]] = {}
    totals: dict[tuple[str, str], int] = {}
    for record in listing.records:
        month, kind = str(record["period"]), str(record["type"])
        by_month.setdefault(month, {}).setdefault(kind, []).append(record)
        totals[month, kind] = totals.get((month, kind), 0) + (main(record) or 0)
    return Used(sorted(by_month, reverse=True), by_month, totals, listing.by_key, listing.version)
