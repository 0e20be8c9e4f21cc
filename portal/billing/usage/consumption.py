"""The consumption page: one month of one type, thing by thing, against the month before and over the months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.billing.sums import Sum
from portal.billing.usage import months, usage
from portal.billing.usage.chart import COMPACT, SERIES, Bar, stacked
from portal.billing.usage.estimate import GROWING
from portal.billing.usage.usage import Used
from portal.inventory.reads import Listing, Source
from portal.resources.spec import Record
from portal.resources.spelling import mentions, plain, whole_number, words_of
from portal.ui import links
from portal.ui.format import numbers
from portal.ui.format.values import choice_label
from portal.ui.lists.pager import page_numbers

PER_PAGE = 100
DRAWN_MONTHS = 14


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in one month."""

    record: Record
    address: str
    measured: SafeString
    now: SafeString
    before: SafeString
    gone: datetime | None  # when the platform last listed it, where it does not any more


@dataclass(frozen=True, slots=True)
class Projection:
    """What the running month comes to if it goes on like this, with how that is reckoned."""

    so_far: SafeString
    by_the_end: SafeString
    percent: str  # of the month that has passed
    chart: SafeString  # against the month before


@dataclass(frozen=True)
class ConsumptionPage:
    """Everything that templates/billing/consumption.html asks for; each thing is worked out when it is asked for."""

    scope: Scope
    listing: Listing
    params: Mapping[str, str]
    gone: Mapping[str, datetime] = field(default_factory=dict)  # when the platform last listed it, by key

    @property
    def address(self) -> str:
        return links.of_type(self.scope.customer.number, "consumption")

    @property
    def nothing_known(self) -> bool:
        return self.listing.source is Source.NEVER

    @cached_property
    def used(self) -> Used:
        return usage.used(self.scope, self.listing)

    # --- what was asked for: what there is not becomes what there is

    @property
    def month(self) -> str:
        asked = self.params.get("period", "")
        return asked if asked in self.used.by_month else next(iter(self.used.months), "")

    @property
    def kind(self) -> str:
        asked = self.params.get("type", "")
        here = self.used.by_month.get(self.month, {})
        return asked if asked in self.used.types else next((name for name in self.used.types if name in here), "")

    @property
    def text(self) -> str:
        return self.params.get("q", "")

    @property
    def month_label(self) -> str:
        return months.label(self.month)

    @property
    def previous_month(self) -> str:
        """The one before, whether anything is known of it or not; '' where this is the first one."""
        return months.before(self.month) if self.used.months[-1:] != [self.month] else ""

    @property
    def previous_label(self) -> str:
        return months.label(self.previous_month) if self.previous_month else ""

    @property
    def months(self) -> Sequence[tuple[str, str, bool]]:
        """(period, label, whether it is shown)."""
        return [(period, months.label(period), period == self.month) for period in self.used.months]

    @property
    def kinds(self) -> Sequence[tuple[str, str, int, str, bool]]:
        """(type, label, how many things this month, address, whether it is shown)."""
        here = self.used.by_month.get(self.month, {})
        return [
            (name, type_label(self.listing, name), len(here.get(name, ())), self._address(type=name), name == self.kind)
            for name in self.used.types
        ]

    @property
    def hidden(self) -> Sequence[tuple[str, str]]:
        """What a download carries along."""
        return [(name, value) for name, value in self._asked.items() if value]

    # --- what was used

    @cached_property
    def records(self) -> Sequence[Record]:
        """All that was asked for."""
        found = self.used.by_month.get(self.month, {}).get(self.kind, ())
        words = words_of(self.text)
        return [one for one in found if mentions(plain(str(one["type_id"])), words)] if words else found

    @property
    def page(self) -> int:
        return min(whole_number(self.params.get("page", "")) or 1, self.page_count)

    @property
    def page_count(self) -> int:
        return max(-(-len(self.records) // PER_PAGE), 1)

    @property
    def pages(self) -> Sequence[tuple[int | None, str]]:
        found = page_numbers(self.page, self.page_count)
        return [(number, self._address(page=str(number)) if number else "") for number in found]

    @cached_property
    def lines(self) -> Sequence[Line]:
        first = (self.page - 1) * PER_PAGE
        return [self.line(record) for record in self.records[first : first + PER_PAGE]]

    @property
    def total(self) -> SafeString:
        return usage.shown(self.kind, self.used.total(self.month, self.kind))

    @property
    def previous_total(self) -> SafeString:
        return usage.shown(self.kind, self._before)

    @property
    def _before(self) -> Sum:
        return self.used.total(self.previous_month, self.kind) if self.previous_month else Sum()

    def previous_of(self, record: Record) -> SafeString:
        """What the thing came to the month before."""
        if not self.previous_month or self.previous_month not in self.used.by_month:
            return usage.shown(self.kind, self._before)
        before = self.used.by_key.get(f"{self.previous_month}/{record['type']}/{record['type_id']}")
        return usage.shown(self.kind, usage.total([before] if before else ()))

    @property
    def has_main(self) -> bool:
        """Whether things of this type have a number that can be compared."""
        return self.kind in usage.MAIN

    @property
    def projection(self) -> Projection | None:
        """None for a month that is over, and for one that has only begun."""
        passed, so_far = self._passed, self._so_far
        if passed is None or not so_far.known or self.is_early:
            return None
        whole = replace(so_far, known=Decimal(round(float(so_far.known) / passed)))
        percent = numbers.number(months.percent(passed))
        shown = (usage.shown(self.kind, so_far), usage.shown(self.kind, whole))
        return Projection(*shown, percent, self._against(so_far, whole))

    @property
    def is_early(self) -> bool:
        """Whether the month has only begun: what it comes to by its end cannot be told by so little."""
        is_told = self._passed is not None and self._so_far.known > 0
        return is_told and months.is_early(self.month, self.listing.told_at)

    @property
    def _so_far(self) -> Sum:
        """Of what grows while a month runs."""
        return self.used.total(self.month, self.kind) if self.kind in GROWING else Sum()

    @property
    def _passed(self) -> float | None:
        """How much of the running month had passed when this was told; None for any other month."""
        is_running = self.month == months.running(self.listing.platform_now)
        return months.elapsed(self.month, self.listing.told_at) if is_running else None

    def _against(self, so_far: Sum, whole: Sum) -> SafeString:
        """The month before, and this one so far with what is still to come."""
        rest = whole.known - so_far.known
        parts = [
            (0, int(so_far.known), f"{self.month_label}: {usage.text(self.kind, so_far)}"),
            (SERIES, int(rest), f"{_('Projected')}: {usage.brief(self.kind, rest)}"),
        ]
        last = [self._bar(self.previous_month, ())] if self.previous_month else []
        now = Bar(months.short(self.month), parts, usage.text(self.kind, whole))
        return stacked(_("This month vs. previous month"), [*last, now], self._written, COMPACT)

    def _written(self, value: Decimal) -> str:
        return usage.brief(self.kind, value)

    # --- over the months

    @cached_property
    def drawn_months(self) -> Sequence[str]:
        """From the oldest to the latest; also those of which nothing is known."""
        return list(reversed(months.without_gaps(self.used.months, DRAWN_MONTHS)))

    @cached_property
    def series(self) -> Sequence[str]:
        """Traffic stacks by group, the largest first; other types are one bar."""
        if self.kind != "traffic":
            return ()
        sums: dict[str, int] = {}
        for month in self.drawn_months:
            for record in self.used.by_month.get(month, {}).get("traffic", ()):
                sums[record["type_id"]] = sums.get(record["type_id"], 0) + (usage.main(record) or 0)
        return sorted(sums, key=lambda name: (-sums[name], name))

    @property
    def chart(self) -> SafeString:
        title = _("%(what)s by month") % {"what": type_label(self.listing, self.kind)}
        return stacked(title, [self._bar(month, self.series) for month in self.drawn_months], self._written)

    @property
    def legend(self) -> Sequence[tuple[int, str]]:
        named = list(enumerate(self.series[:SERIES]))
        return [*named, *([(SERIES, _("others"))] if len(self.series) > SERIES else [])]

    @property
    def history(self) -> Sequence[tuple[str, str, SafeString, str]]:
        """(month, its page or '' where nothing is known of it, total, period): the numbers of the chart."""
        return [
            (
                months.label(month),
                self._address(period=month) if month in self.used.by_month else "",
                usage.shown(self.kind, self.used.total(month, self.kind)),
                month,
            )
            for month in reversed(self.drawn_months)
        ]

    def _bar(self, month: str, series: Sequence[str]) -> Bar:
        """A month, with a part for each of the series, or as a whole where there are none."""
        total = self.used.total(month, self.kind)
        said = usage.text(self.kind, total)
        if total.is_unknown:
            return Bar(months.short(month), (), Bar.UNKNOWN)
        if not series:
            return Bar(months.short(month), [(0, int(total.known), f"{months.label(month)}: {said}")], said)
        values = {one["type_id"]: usage.main(one) for one in self.used.by_month[month].get("traffic", ())}
        parts = [
            (position, value, f"{name}, {months.label(month)}: {usage.brief(self.kind, Decimal(value))}")
            for position, name in enumerate(series)
            if (value := values.get(name))
        ]
        return Bar(months.short(month), parts, said)

    def line(self, record: Record) -> Line:
        """One thing in this month."""
        return Line(
            record,
            links.record(self.scope.customer.number, "consumption", record.key),
            usage.parameters_line(record),
            usage.shown(self.kind, usage.total([record])),
            self.previous_of(record),
            self.gone.get(record.key),
        )

    @property
    def _asked(self) -> dict[str, str]:
        return {"period": self.month, "type": self.kind, "q": self.text}

    def _address(self, **changes: str) -> str:
        pairs = [(name, value) for name, value in {**self._asked, **changes}.items() if value]
        return links.of_type(self.scope.customer.number, "consumption", pairs)


def type_label(listing: Listing, name: str) -> str:
    """The type in words; itself where nobody knows it."""
    return choice_label(listing.type.field("type"), name)
