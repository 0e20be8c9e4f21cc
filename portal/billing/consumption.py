"""The consumption page: one month of one type, thing by thing, against the month before and over the months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.billing import months, use
from portal.billing.chart import COMPACT, SERIES, Bar, stacked
from portal.billing.estimate import GROWING
from portal.billing.use import Used
from portal.inventory.reads import Listing, Source
from portal.resources.spec import Record
from portal.resources.spelling import mentions, plain, words_of
from portal.ui import addresses, measures
from portal.ui.paging import numbers
from portal.ui.values import choice_label

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
        return addresses.of_type(self.scope.customer.number, "consumption")

    @property
    def nothing_known(self) -> bool:
        return self.listing.source is Source.NEVER

    @cached_property
    def used(self) -> Used:
        return use.used(self.scope, self.listing)

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
        """The one before, among those that are known; '' where there is none."""
        later = self.used.months
        position = later.index(self.month) + 1 if self.month in later else len(later)
        return later[position] if position < len(later) else ""

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
        asked = self.params.get("page", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        return min(max(number, 1), self.page_count)

    @property
    def page_count(self) -> int:
        return max(-(-len(self.records) // PER_PAGE), 1)

    @property
    def pages(self) -> Sequence[tuple[int | None, str]]:
        found = numbers(self.page, self.page_count)
        return [(number, self._address(page=str(number)) if number else "") for number in found]

    @cached_property
    def lines(self) -> Sequence[Line]:
        first = (self.page - 1) * PER_PAGE
        return [self._line(record) for record in self.records[first : first + PER_PAGE]]

    @property
    def total(self) -> SafeString:
        return use.shown(self.kind, self.used.totals.get((self.month, self.kind)))

    @property
    def previous_total(self) -> SafeString:
        return use.shown(self.kind, self.used.totals.get((self.previous_month, self.kind)))

    @property
    def has_main(self) -> bool:
        """Whether things of this type have a number that can be compared."""
        return self.kind in use.MAIN

    @property
    def projection(self) -> Projection | None:
        """None for a month that is over, and for one that has only begun."""
        passed, so_far = self._passed, self._so_far
        if passed is None or not so_far or self.is_early:
            return None
        whole = round(so_far / passed)
        percent = measures.number(months.percent(passed))
        shown = (use.shown(self.kind, so_far), use.shown(self.kind, whole))
        return Projection(*shown, percent, self._against(so_far, whole))

    @property
    def is_early(self) -> bool:
        """Whether the month has only begun: what it comes to by its end cannot be told by so little."""
        is_told = self._passed is not None and self._so_far > 0
        return is_told and months.is_early(self.month, self.listing.told_at)

    @property
    def _so_far(self) -> int:
        """Of what grows while a month runs."""
        return self.used.totals.get((self.month, self.kind), 0) if self.kind in GROWING else 0

    @property
    def _passed(self) -> float | None:
        """How much of the running month had passed when this was told; None for any other month."""
        is_running = self.month == months.running(self.listing.platform_now)
        return months.elapsed(self.month, self.listing.told_at) if is_running else None

    def _against(self, so_far: int, whole: int) -> SafeString:
        """The month before, and this one so far with what is still to come."""
        before = self.used.totals.get((self.previous_month, self.kind), 0)
        numbers = [(self.previous_month, before), (self.month, so_far), ("", whole - so_far)]
        texts = [f"{months.label(month) or _('still to come')}: {self._number(value)}" for month, value in numbers]
        last = [Bar(months.short(self.previous_month), [(0, before, texts[0])])] if self.previous_month else []
        now = Bar(months.short(self.month), [(0, so_far, texts[1]), (SERIES, whole - so_far, texts[2])])
        return stacked(_("This month against the last"), [*last, now], COMPACT)

    def _number(self, value: int) -> str:
        """A main number in plain text."""
        unit = use.MAIN.get(self.kind, ("", ""))[1]
        return measures.traffic_text(value) if unit == "B" else measures.amount_text(value, unit)

    # --- over the months

    @cached_property
    def drawn_months(self) -> Sequence[str]:
        return list(reversed(self.used.months[:DRAWN_MONTHS]))

    @cached_property
    def series(self) -> Sequence[str]:
        """Traffic stacks by group, the largest first; other types are one bar."""
        if self.kind != "traffic":
            return ()
        sums: dict[str, int] = {}
        for month in self.drawn_months:
            for record in self.used.by_month[month].get("traffic", ()):
                sums[record["type_id"]] = sums.get(record["type_id"], 0) + (use.main(record) or 0)
        return sorted(sums, key=lambda name: (-sums[name], name))

    @property
    def chart(self) -> SafeString:
        title = _("%(what)s over the months") % {"what": type_label(self.listing, self.kind)}
        return stacked(title, [Bar(months.short(month), self._parts(month)) for month in self.drawn_months])

    @property
    def legend(self) -> Sequence[tuple[int, str]]:
        named = list(enumerate(self.series[:SERIES]))
        return [*named, *([(SERIES, _("others"))] if len(self.series) > SERIES else [])]

    @property
    def history(self) -> Sequence[tuple[str, str, SafeString]]:
        """(month, its page, total): the numbers of the chart."""
        return [
            (
                months.label(month),
                self._address(period=month),
                use.shown(self.kind, self.used.totals.get((month, self.kind))),
            )
            for month in reversed(self.drawn_months)
        ]

    def _parts(self, month: str) -> Sequence[tuple[int, int, str]]:
        if not self.series:
            value = self.used.totals.get((month, self.kind), 0) if self.has_main else 0
            return [(0, value, f"{months.label(month)}: {self._number(value)}")]
        values = {one["type_id"]: use.main(one) or 0 for one in self.used.by_month[month].get("traffic", ())}
        return [
            (position, values[name], f"{name}, {months.label(month)}: {self._number(values[name])}")
            for position, name in enumerate(self.series)
            if values.get(name)
        ]

    def _line(self, record: Record) -> Line:
        before = self.used.by_key.get(f"{self.previous_month}/{record['type']}/{record['type_id']}")
        return Line(
            record,
            addresses.record(self.scope.customer.number, "consumption", record.key),
            use.parameters_line(record),
            use.shown(self.kind, use.main(record)),
            use.shown(self.kind, use.main(before) if before else None),
            self.gone.get(record.key),
        )

    @property
    def _asked(self) -> dict[str, str]:
        return {"period": self.month, "type": self.kind, "q": self.text}

    def _address(self, **changes: str) -> str:
        pairs = [(name, value) for name, value in {**self._asked, **changes}.items() if value]
        return addresses.of_type(self.scope.customer.number, "consumption", pairs)


def type_label(listing: Listing, name: str) -> str:
    """The type in words; itself where nobody knows it."""
    return choice_label(listing.type.field("type"), name)
