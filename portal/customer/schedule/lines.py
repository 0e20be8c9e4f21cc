"""Each machine's weeks as a line of time: its windows as bars, the stages of its deletion as marks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone

from portal.customer.schedule.rows import Wording
from portal.resources.spelling import natural
from portal.resources.times import midnight
from portal.schedule.events import Event, Kind
from portal.schedule.select import between
from portal.ui.format import dates
from portal.ui.format.html import joined

WEEKS, WEEKS_BEFORE = 6, 1
WIDTH, HEIGHT, NARROWEST = 840, 20, 4  # of a line, and of what stands on it


@dataclass(frozen=True, slots=True)
class Line:
    """One machine, or a group of which a maintenance mode is shown; `told` says what is drawn."""

    what: SafeString
    drawn: SafeString
    told: Sequence[SafeString]


@dataclass(frozen=True)
class Lines:
    """From the beginning of last week on, six weeks."""

    events: Sequence[Event]
    words: Wording
    now: datetime

    @cached_property
    def days(self) -> list[date]:
        """The first day of each week."""
        today = self.now.astimezone(get_current_timezone()).date()
        monday = today - timedelta(days=today.weekday(), weeks=WEEKS_BEFORE)
        return [monday + timedelta(weeks=week) for week in range(WEEKS)]

    @property
    def heads(self) -> list[str]:
        today = self.now.astimezone(get_current_timezone()).date()
        return [dates.day_words(day, today) for day in self.days]

    @cached_property
    def all(self) -> list[tuple[str, list[Event]]]:
        """What has a line of its own, in natural order, with what happens to it."""
        found: defaultdict[str, list[Event]] = defaultdict(list)
        for event in between(self.events, self._begins, self._ends):
            found[event.machine or event.record.key].append(event)
        return sorted(found.items(), key=lambda pair: natural(pair[0]))

    def line(self, events: Sequence[Event]) -> Line:
        """One of them, drawn."""
        marks = joined(self._mark(event) for event in events)
        now = format_html('<line class="is-now" x1="{0}" x2="{0}" y2="{1}"/>', self._x(self._hour), HEIGHT)
        weeks = joined(
            format_html('<line x1="{0}" x2="{0}" y2="{1}"/>', WIDTH * week // WEEKS, HEIGHT) for week in range(WEEKS)
        )
        drawn = format_html(
            '<svg class="time-line" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}{}{}</svg>',
            *(WIDTH, HEIGHT, weeks, now, marks),
        )
        return Line(self.words.what(events[0]), drawn, list(self._told(events)))

    @cached_property
    def _begins(self) -> datetime:
        return midnight(self.days[0], get_current_timezone())

    @cached_property
    def _ends(self) -> datetime:
        return midnight(self.days[-1] + timedelta(weeks=1), get_current_timezone())

    @cached_property
    def _hour(self) -> datetime:
        """Since when it has been the reader's hour: a line that is kept changes by the hour (SchedulePage.version)."""
        return self.now.astimezone(get_current_timezone()).replace(minute=0, second=0, microsecond=0)

    def _x(self, at: datetime) -> int:
        """Where a moment stands on the line."""
        return round(WIDTH * min(max((at - self._begins) / (self._ends - self._begins), 0), 1))

    def _mark(self, event: Event) -> SafeString:
        starts = self._hour if event.kind is Kind.MODE else event.starts  # nobody knows since when
        left = min(self._x(starts), WIDTH - NARROWEST)
        width = max(self._x(event.ends) - left, NARROWEST) if event.ends else NARROWEST
        top = 2 if event.kind is Kind.DELETION else 5
        title = f"{self._day(event)}: {self.words.plain(event)}"
        return format_html(
            '<rect class="is-{}" x="{}" y="{}" width="{}" height="{}" rx="1"><title>{}</title></rect>',
            *(event.stage or event.kind, left, top, width, HEIGHT - 2 * top, title),
        )

    def _told(self, events: Iterable[Event]) -> Iterator[SafeString]:
        for event in events:
            yield format_html("{}: {}", self._day(event), self.words.said(event))

    def _day(self, event: Event) -> str:
        return dates.day_words(self.words.day(event), self.now.astimezone(get_current_timezone()).date())
