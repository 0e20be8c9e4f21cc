"""All that was used in a month, for paper: every type with all of its things."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from portal.accounts.access import Scope
from portal.billing.archive.archive import Complete
from portal.billing.usage import months, usage
from portal.billing.usage.consumption import ConsumptionPage, Line, type_label
from portal.billing.usage.usage import Used


@dataclass(frozen=True)
class Section:
    """One type. Its chart, legend and sums are the page's."""

    page: ConsumptionPage

    @property
    def label(self) -> str:
        return type_label(self.page.listing, self.page.kind)

    @property
    def rows(self) -> Sequence[Line]:
        """All of its things: paper has no pages to turn."""
        return [self.page.line(record) for record in self.page.records]


@dataclass(frozen=True)
class MonthUsed:
    """Everything that templates/print/consumption.html asks for."""

    scope: Scope
    complete: Complete
    month: str

    @cached_property
    def used(self) -> Used:
        return usage.used(self.scope, self.complete.listing)

    @property
    def label(self) -> str:
        return months.label(self.month)

    @property
    def group(self) -> str:
        """To which the person is limited; '' is the whole customer."""
        return self.scope.root

    @property
    def sections(self) -> Sequence[Section]:
        here = self.used.by_month.get(self.month, {})
        return [
            Section(
                ConsumptionPage(
                    self.scope, self.complete.listing, {"period": self.month, "type": name}, self.complete.gone
                )
            )
            for name in self.used.types
            if name in here
        ]
