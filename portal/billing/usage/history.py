"""One thing over all months: a machine's, a group's or a contract's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.billing.usage import months, usage
from portal.billing.usage.chart import Bar, stacked
from portal.billing.usage.consumption import DRAWN_MONTHS, type_label
from portal.inventory.reads import Listing
from portal.resources.spec import Record
from portal.ui import links


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
        return links.record(self.scope.customer.number, "consumption", self.record.key)

    @property
    def back(self) -> str:
        pairs = [("period", str(self.record["period"])), ("type", str(self.record["type"]))]
        return links.of_type(self.scope.customer.number, "consumption", pairs)

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
        return usage.parameters(self.record)

    @property
    def further(self) -> Sequence[tuple[str, str]]:
        """What the platform sent besides, as it came."""
        return [(name, str(value)) for name, value in self.record.further.items()]

    @property
    def machine_address(self) -> str:
        """The machine's own page, for who may see it and while there is one."""
        if self.record["type"] != "virtualmachine" or not self.scope.may_see("virtualmachine"):
            return ""
        return links.record(self.scope.customer.number, "virtualmachine", self.heading)

    @cached_property
    def records(self) -> Sequence[Record]:
        """Of all months, the latest first."""
        used = usage.used(self.scope, self.listing)
        keys = (f"{month}/{self.record['type']}/{self.record['type_id']}" for month in used.months)
        return [used.by_key[key] for key in keys if key in used.by_key]

    @cached_property
    def told(self) -> Sequence[tuple[str, Record | None]]:
        """From the latest to the oldest; None where the platform has told nothing of a month in between."""
        mine = {str(one["period"]): one for one in self.records}
        known = usage.used(self.scope, self.listing).by_month
        found = months.without_gaps(list(mine), DRAWN_MONTHS)
        older = [month for month in mine if month < found[-1]]
        return [(month, mine.get(month)) for month in [*found, *older] if month in mine or month not in known]

    @property
    def rows(self) -> Sequence[tuple[str, str, SafeString, bool]]:
        """(month, its page or '', what was measured, whether it is this page)."""
        return [
            (months.label(month), self._address(one), self._measured(one), month == str(self.record["period"]))
            for month, one in self.told
        ]

    def _address(self, one: Record | None) -> str:
        return links.record(self.scope.customer.number, "consumption", one.key) if one else ""

    def _measured(self, one: Record | None) -> SafeString:
        return usage.parameters_line(one) if one else SafeString(_("unknown"))

    @property
    def chart(self) -> SafeString:
        """Of its main number; '' where things of its type have none."""
        if str(self.record["type"]) not in usage.MAIN:
            return SafeString("")
        title = _("%(what)s by month") % {"what": self.heading}
        return stacked(title, [self._bar(*one) for one in reversed(self.told[:DRAWN_MONTHS])], self._written)

    def _written(self, value: Decimal) -> str:
        return usage.brief(str(self.record["type"]), value)

    def _bar(self, month: str, one: Record | None) -> Bar:
        value = usage.main(one) if one else None
        if value is None:
            return Bar(months.short(month), (), Bar.UNKNOWN)
        said = self._written(Decimal(value))
        return Bar(months.short(month), [(0, value, f"{months.label(month)}: {said}")], said)
