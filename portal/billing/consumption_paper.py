"""All that was used in a month, for paper: every type with all of its things."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.safestring import SafeString

from portal.accounts.access import Scope
from portal.billing import months, use
from portal.billing.consumption import ConsumptionPage, type_label
from portal.billing.kept import Complete
from portal.billing.use import Used
from portal.resources.spec import Record


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in the month, and its main number in the month before."""

    name: str
    measured: SafeString
    now: SafeString
    before: SafeString
    gone: datetime | None  # when the platform last listed it, where it does not any more


@dataclass(frozen=True)
class Section:
    """One type. Its chart, legend and sums are the page's."""

    page: ConsumptionPage

    @property
    def label(self) -> str:
        return type_label(self.page.listing, self.page.kind)

    @property
    def rows(self) -> Sequence[Row]:
        return [self._row(record) for record in self.page.records]

    def _row(self, record: Record) -> Row:
        page = self.page
        before = page.used.by_key.get(f"{page.previous_month}/{record['type']}/{record['type_id']}")
        return Row(
            str(record["type_id"]),
            use.parameters_line(record),
            use.shown(page.kind, use.main(record)),
            use.shown(page.kind, use.main(before) if before else None),
            page.gone.get(record.key),
        )


@dataclass(frozen=True)
class MonthUsed:
    """Everything that templates/print/consumption.html asks for."""

    scope: Scope
    complete: Complete
    month: str

    @cached_property
    def used(self) -> Used:
        return use.used(self.scope, self.complete.listing)

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
