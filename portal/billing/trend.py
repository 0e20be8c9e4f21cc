"""What an invoice came to among those before it: a picture, and the same numbers beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.billing import amounts, months
from portal.billing.chart import Bar, stacked
from portal.resources.spec import Record

SHOWN = 12  # months
USUAL, THIS = 0, 1  # series of the chart
LONGEST = Decimal(10) ** 15  # no bar is drawn for totals beyond: a picture would show nothing but that one


@dataclass(frozen=True, slots=True)
class Trend:
    """(month, total) from the oldest to the one that is shown; None for a total that is no amount."""

    totals: Sequence[tuple[str, Decimal | None]]

    @classmethod
    def until(cls, record: Record, records: Iterable[Record]) -> "Trend":
        """Of a year that ends with this invoice."""
        earlier = sorted((one for one in records if one.key <= record.key), key=lambda one: one.key)
        return cls([(one.key, amounts.parse(one["total"])) for one in earlier[-SHOWN:]])

    @property
    def has_past(self) -> bool:
        return len(self.totals) > 1

    @property
    def rows(self) -> Sequence[tuple[str, str]]:
        """(month, total), the latest first."""
        return [
            (months.label(month), amounts.shown(total) if total is not None else "–")
            for month, total in reversed(self.totals)
        ]

    @property
    def chart(self) -> SafeString:
        return stacked(_("Total before tax by month"), [self._bar(month, total) for month, total in self.totals])

    def _bar(self, month: str, total: Decimal | None) -> Bar:
        value = total if total is not None and abs(total) < LONGEST else Decimal()
        series = THIS if month == self.totals[-1][0] else USUAL
        said = amounts.money(total) if total is not None else "–"
        return Bar(months.short(month), [(series, value, f"{months.label(month)}: {said}")])
