"""What an invoice came to among those before it: a picture, and the same numbers beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.billing.invoices import amounts
from portal.billing.usage import months
from portal.billing.usage.chart import Bar, stacked
from portal.resources.spec import Record

SHOWN = 12  # months
USUAL, THIS = 0, 1  # series of the chart
LONGEST = Decimal(10) ** 15  # no bar is drawn for totals beyond: a picture would show nothing but that one


@dataclass(frozen=True, slots=True)
class Trend:
    """(month, total) from the oldest to the one that is shown; None for a total that is not known."""

    totals: Sequence[tuple[str, Decimal | None]]

    @classmethod
    def until(cls, record: Record, records: Iterable[Record]) -> "Trend":
        """Of a year that ends with this invoice; months without one are unknown."""
        known = {one.key: amounts.parse(one["total"]) for one in records if one.key <= record.key}
        found = months.without_gaps(sorted(known, reverse=True), SHOWN)
        return cls([(month, known.get(month)) for month in reversed(found)])

    @property
    def has_past(self) -> bool:
        return len(self.totals) > 1

    @property
    def rows(self) -> Sequence[tuple[str, str]]:
        """(month, total), the latest first."""
        return [
            (months.label(month), amounts.shown(total) if total is not None else _("unknown"))
            for month, total in reversed(self.totals)
        ]

    @property
    def chart(self) -> SafeString:
        bars = [self._bar(month, total) for month, total in self.totals]
        return stacked(_("Total before tax by month"), bars, _on_axis)

    def _bar(self, month: str, total: Decimal | None) -> Bar:
        if total is None or abs(total) >= LONGEST:
            return Bar(months.short(month), (), Bar.UNKNOWN)
        series = THIS if month == self.totals[-1][0] else USUAL
        said = f"{months.label(month)}: {amounts.money(total)}"
        return Bar(months.short(month), [(series, total, said)], amounts.whole(total, with_currency=False))


def _on_axis(value: Decimal) -> str:
    """The unit stands at the base alone: on a phone there is no room for more."""
    return amounts.whole(value, with_currency=not value)
