"""One thing over all months: a machine's, a group's or a contract's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.billing import months, use
from portal.billing.chart import Bar, stacked
from portal.billing.consumption import DRAWN_MONTHS, type_label
from portal.inventory.reads import Listing
from portal.resources.spec import Record
from portal.ui import addresses, measures


@dataclass(frozen=True)
class HistoryPage:
    """Everything that templates/billing/history.html asks for."""

    scope: Scope
    listing: Listing
    record: Record
    gone: Mapping[str, datetime] = field(default_factory=dict)  # when the platform last listed it, by key

    @property
    def gone_since(self) -> datetime | None:
        return self.gone.get(self.record.key)

    @property
    def address(self) -> str:
        return addresses.record(self.scope.customer.number, "consumption", self.record.key)

    @property
    def back(self) -> str:
        pairs = [("period", str(self.record["period"])), ("type", str(self.record["type"]))]
        return addresses.of_type(self.scope.customer.number, "consumption", pairs)

    @property
    def heading(self) -> str:
        return str(self.record["type_id"])

    @property
    def kind(self) -> str:
        return type_label(self.listing, str(self.record["type"]))

    @property
    def month(self) -> str:
        return months.label(str(self.record["period"]))

    @property
    def parameters(self) -> Sequence[tuple[str, SafeString]]:
        return use.parameters(self.record)

    @property
    def further(self) -> Sequence[tuple[str, str]]:
        """What the platform sent besides, as it came."""
        return [(name, str(value)) for name, value in self.record.further.items()]

    @property
    def machine_address(self) -> str:
        """The machine's own page, for who may see it and while there is one."""
        if self.record["type"] != "virtualmachine" or not self.scope.may_see("virtualmachine"):
            return ""
        return addresses.record(self.scope.customer.number, "virtualmachine", self.heading)

    @cached_property
    def records(self) -> Sequence[Record]:
        """Of all months, the latest first."""
        used = use.used(self.scope, self.listing)
        keys = (f"{month}/{self.record['type']}/{self.record['type_id']}" for month in used.months)
        return [used.by_key[key] for key in keys if key in used.by_key]

    @property
    def rows(self) -> Sequence[tuple[str, str, SafeString, bool]]:
        """(month, its page, what was measured, whether it is this page)."""
        number = self.scope.customer.number
        return [
            (
                months.label(str(one["period"])),
                addresses.record(number, "consumption", one.key),
                use.parameters_line(one),
                one.key == self.record.key,
            )
            for one in self.records
        ]

    @property
    def chart(self) -> SafeString:
        title = _("%(what)s over the months") % {"what": self.heading}
        return stacked(title, [self._bar(one) for one in reversed(self.records[:DRAWN_MONTHS])])

    def _bar(self, one: Record) -> Bar:
        value, month = use.main(one) or 0, str(one["period"])
        return Bar(months.short(month), [(0, value, f"{months.label(month)}: {measures.number(value)}")])
