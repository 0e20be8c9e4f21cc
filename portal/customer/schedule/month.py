"""The schedule as a month: its weeks, and what happens on each day."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from portal.customer.schedule.rows import Row, Wording
from portal.resources.times import next_month
from portal.schedule.events import Event
from portal.ui.format import dates

IN_CELL = 5  # what one day shows; the rest stands in its agenda
A_DAY = timedelta(days=1)  # what takes less stands at its beginning alone: a night's window is one thing


@dataclass(frozen=True, slots=True)
class Cell:
    """A day: what happens first on it, and how much more there is, with the way to all of it."""

    day: date
    is_outside: bool  # of the month before or after
    is_today: bool
    rows: Sequence[Row]
    more: int
    address: str


@dataclass(frozen=True)
class Month:
    """`first` is its first day; `address_of` gives that of another month, or of a day's agenda."""

    first: date
    today: date
    events: Iterable[Event]
    words: Wording
    month_address: Callable[[date], str]
    day_address: Callable[[date], str]

    @property
    def title(self) -> str:
        return date_format(self.first, "F Y", use_l10n=False)

    @property
    def before(self) -> str:
        return self.month_address((self.first - timedelta(days=1)).replace(day=1))

    @property
    def after(self) -> str:
        return self.month_address(next_month(self.first))

    @property
    def present(self) -> str:
        """The address of the month that it is; '' where this is it."""
        now = self.today.replace(day=1)
        return "" if now == self.first else self.month_address(now)

    @property
    def weekdays(self) -> list[str]:
        return [date_format(day, "D", use_l10n=False) for day in self._weeks[0]]

    @cached_property
    def weeks(self) -> list[list[Cell]]:
        return [[self._cell(day) for day in week] for week in self._weeks]

    @property
    def is_empty(self) -> bool:
        """Whether nothing happens in it."""
        return not any(cell.rows for week in self.weeks for cell in week if not cell.is_outside)

    @cached_property
    def _weeks(self) -> list[list[date]]:
        return Calendar().monthdatescalendar(self.first.year, self.first.month)

    @cached_property
    def _by_day(self) -> Mapping[date, list[Event]]:
        found: defaultdict[date, list[Event]] = defaultdict(list)
        for event in self.events:
            for day in self._days(event):
                found[day].append(event)
        return found

    def _days(self, event: Event) -> Iterator[date]:
        """The days shown on which it goes on, by the reader's clock."""
        first = self.words.day(event)
        yield first
        if event.ends is None or event.ends - event.starts < A_DAY:
            return
        day, last = max(first + A_DAY, self._weeks[0][0]), min(self._last(event), self._weeks[-1][-1])
        while day <= last:
            yield day
            day += A_DAY

    def _last(self, event: Event) -> date:
        ends = (event.ends or event.starts).astimezone(get_current_timezone())
        return (ends - timedelta(microseconds=1)).date()  # at midnight it is over

    def _row(self, event: Event, day: date) -> Row:
        """With when it begins, on its first day; with when it ends, on its last."""
        row = self.words.row(event)
        if day == self.words.day(event):
            return row
        if event.ends is None or day != self._last(event):
            return replace(row, clock=_("all day"))
        return replace(row, clock=_("until %(when)s") % {"when": dates.clock(event.ends)})

    def _cell(self, day: date) -> Cell:
        events = self._by_day.get(day, [])
        shown = IN_CELL if len(events) > IN_CELL + 1 else len(events)  # one more takes no more room than "1 more"
        rows = [self._row(event, day) for event in events[:shown]]
        is_outside = day.month != self.first.month
        return Cell(day, is_outside, day == self.today, rows, len(events) - shown, self.day_address(day))
