"""The schedule as one person sees it: what was asked for, what is known, and how that is shown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from hashlib import blake2b
from itertools import groupby
from typing import Any

from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from portal.accounts.access import Scope
from portal.changes.reads.pending import PendingIndex
from portal.customer.schedule import calendars
from portal.customer.schedule.leaving import Leaving, leaving, next_acts
from portal.customer.schedule.lines import Line, Lines
from portal.customer.schedule.month import Month
from portal.customer.schedule.query import Query, View, without
from portal.customer.schedule.rows import LABELS, Row, Wording
from portal.inventory import reads
from portal.inventory.listings.select import Page, cut
from portal.inventory.reads import Listing, Source
from portal.resources.phases import WORDS, Phase
from portal.schedule.events import MACHINES, MAINTENANCES, TYPES, Event, Events, Kind, events_of, modes, passed
from portal.schedule.select import by_phase, matching
from portal.ui import links
from portal.ui.format import dates
from portal.ui.lists.filters import MOST_OPTIONS, PER_PAGE, Chip, Facet, Facets, Option
from portal.ui.lists.page import HOUR
from portal.ui.lists.pager import page_numbers, range_words
from portal.ui.page_context import Surroundings

TITLES: Mapping[View, Any] = {
    View.AGENDA: lazy("Agenda"),
    View.MONTH: lazy("Month"),
    View.MACHINES: lazy("By machine"),
    View.LEAVING: lazy("Upcoming deletions"),
    View.PAST: lazy("Past"),
}
TEMPLATES = {
    View.MONTH: "schedule/month.html",
    View.MACHINES: "schedule/machines.html",
    View.LEAVING: "schedule/leaving.html",
}


@dataclass(frozen=True, slots=True)
class Day:
    """What happens on one day, or goes on now."""

    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class SchedulePage:
    """Everything that templates/schedule ask for. Filters and pager ask for the same names as of any list."""

    scope: Scope
    query: Query
    pending: PendingIndex

    # --- where it is

    @property
    def address(self) -> str:
        """Of the schedule without any parameter."""
        return links.schedule(self._number)

    @property
    def own_address(self) -> str:
        return self.query.address(self._number)

    @property
    def maintenances_address(self) -> str:
        return links.of_type(self._number, MAINTENANCES)

    @property
    def calendars_address(self) -> str:
        """Where one subscribes to it; to the group that is shown, if one is."""
        groups = self.query.wanted.groups
        return calendars.address(self._number, groups[0] if len(groups) == 1 else "")

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """(address, label, whether it is this one)."""
        return [
            (self.query.seen_as(view).address(self._number), str(title), view is self.query.view)
            for view, title in TITLES.items()
        ]

    @property
    def template(self) -> str:
        """What shows the view."""
        return TEMPLATES.get(self.query.view, "schedule/agenda.html")

    # --- what is known

    @cached_property
    def listings(self) -> Mapping[str, Listing]:
        names = [name for name in TYPES if self.scope.may_see(name)]
        return reads.listings(self.scope, names, wait=False)

    @property
    def now(self) -> datetime:
        return self._listing.platform_now

    @property
    def as_of(self) -> datetime | None:
        return min((one.as_of for one in self.listings.values() if one.as_of), default=None)

    @property
    def is_loading(self) -> bool:
        """Whether first answers are on their way."""
        return reads.is_loading(self.listings.values())

    @property
    def nothing_known(self) -> bool:
        return any(one.source is Source.NEVER for one in self.listings.values())

    @cached_property
    def is_live(self) -> bool:
        """Whether something may change by itself within seconds: then the page asks again every second."""
        stale = any(one.source is Source.STALE for one in self.listings.values())
        return bool(self.is_loading or stale or self.pending.all)

    @property
    def version(self) -> object:
        """All that is shown below the head (portal.ui.fragments)."""
        known = (*(one.version for one in self.listings.values()), self.pending.version)
        moments = passed(self.listings, self.now)
        second = int(self.now.timestamp()) if self._counts_down else 0
        return (self.scope.reach, *known, self.own_address, moments, dates.hour(self.now), second)

    @cached_property
    def tag(self) -> str:
        """What the page shows, in few characters: the same for as long as nothing has changed."""
        known = [one.known(is_live=self.is_live) for one in self.listings.values()]
        time = (int(self.now.timestamp()) // HOUR, passed(self.listings, self.now))
        text = repr((known, self.pending.version, time, dates.reading(), self.own_address))
        return blake2b(text.encode(), digest_size=12).hexdigest()

    @cached_property
    def events(self) -> Events:
        return events_of(self.listings, self.pending)

    @cached_property
    def found(self) -> Sequence[Event]:
        """What matches the filters, of any time."""
        return matching(self.events, self.query.wanted)

    # --- how it is filtered

    @property
    def is_filtered(self) -> bool:
        return not self.query.wanted.is_all or self.query.day is not None

    @property
    def looks_in(self) -> str:
        """What the text is looked for in."""
        return _("Filter by machine or group…")

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filter form carries along unseen."""
        return [(name, value) for name, value in self.query.pairs() if name in ("view", "month", "day", "per_page")]

    @property
    def shown_filters(self) -> list[tuple[str, str]]:
        """What a download carries along."""
        return [(name, value) for name, value in self.query.pairs() if name != "page"]

    @property
    def unfiltered_address(self) -> str:
        return self.query.unfiltered().address(self._number)

    @property
    def facets(self) -> Facets:
        return Facets([self._kinds, self._groups])

    @property
    def chips(self) -> list[Chip]:
        wanted, found = self.query.wanted, []
        if self.query.day:
            shown = dates.day_words(self.query.day, self.today)
            found.append(Chip(_("Day"), shown, replace(self.query, day=None).address(self._number)))
        if wanted.text:
            found.append(Chip(_("Text"), wanted.text, self._without(text=True)))
        found += [Chip(_("Kind"), str(LABELS[kind]), self._without(kind=kind)) for kind in wanted.kinds]
        return [*found, *(Chip(_("Resource group"), name, self._without(group=name)) for name in wanted.groups)]

    # --- what is shown

    @cached_property
    def page(self) -> Page[Any]:
        """What stands on this page: events, or in the view by machine what has a line."""
        return cut(self._shown(), self.query.page, self.query.per_page)

    @property
    def days(self) -> list[Day]:
        """The agenda: in progress first; then day by day."""

        def heading(event: Event) -> str:
            if event.standing(self.now).phase is Phase.IN_PROGRESS and not self.query.day:
                return str(_(WORDS[Phase.IN_PROGRESS]))
            return dates.day_heading(self.words.day(event), self.today)

        return [
            Day(title, [self.words.row(event) for event in events])
            for title, events in groupby(self.page.records, key=heading)
        ]

    @cached_property
    def month(self) -> Month:
        first = self.query.month or self.today.replace(day=1)
        return Month(first, self.today, self.found, self.words, self._month_address, self._day_address)

    @cached_property
    def time(self) -> Lines:
        """The weeks that are drawn in the view by machine."""
        return Lines(self.found, self.words, self.now)

    @property
    def lines(self) -> list[Line]:
        return [self.time.line(events) for _name, events in self.page.records]

    @property
    def leaving(self) -> list[Leaving]:
        return list(leaving(self.page.records, self.words))

    @property
    def may_keep(self) -> bool:
        """Whether machines can be ticked, to be kept together."""
        return self.scope.may_change(MACHINES)

    @property
    def many_address(self) -> str:
        """Where what is ticked is sent to."""
        return links.many(self._number, MACHINES)

    @property
    def today(self) -> date:
        """The reader's."""
        return self.now.astimezone(get_current_timezone()).date()

    @cached_property
    def words(self) -> Wording:
        return Wording(self.scope, self._around, self.events, self.pending, self.now)

    @property
    def range(self) -> str:
        return range_words(self.page, is_filtered=self.is_filtered) if self.page.total else ""

    @property
    def pages(self) -> list[tuple[int | None, str]]:
        """(number, address) of the pager; (None, '') for what is left out."""
        found = page_numbers(self.page.number, self.page.pages)
        return [(number, self._address(page=number) if number else "") for number in found]

    @property
    def sizes(self) -> list[tuple[int, str]]:
        """(events per page, address)."""
        return [(size, self._address(per_page=size, page=1)) for size in PER_PAGE]

    @property
    def announcement(self) -> str:
        """What a screen reader is told after the schedule has changed."""
        if self.is_loading:
            return _("Loading")
        return ngettext("%(count)s event", "%(count)s events", len(self.found)) % {"count": len(self.found)}

    # --- pieces

    @property
    def _number(self) -> str:
        return self.scope.customer.number

    @property
    def _listing(self) -> Listing:
        return self.listings[MAINTENANCES] if MAINTENANCES in self.listings else next(iter(self.listings.values()))

    @cached_property
    def _around(self) -> Surroundings:
        return Surroundings(self.scope, self._listing, known=self.listings)

    @property
    def _counts_down(self) -> bool:
        """Whether an end is shown that comes nearer by the second."""
        return self.query.view is View.AGENDA and any(one.ends for one in modes(self.listings))

    def _shown(self) -> Sequence[Any]:
        """All that the view shows, on all pages."""
        view, phases = self.query.view, by_phase(self.found, self.now)
        if view is View.MACHINES:
            return self.time.all
        if view is View.LEAVING:
            return next_acts(self.found)
        if view is View.PAST:
            return phases[Phase.PAST]
        if self.query.day:
            return self._by_day(one for one in self.found if self.words.day(one) == self.query.day)
        return [*phases[Phase.IN_PROGRESS], *self._by_day(phases[Phase.UPCOMING])]

    def _month_address(self, first: date) -> str:
        return replace(self.query, month=first).address(self._number)

    def _day_address(self, day: date) -> str:
        return replace(self.query, view=View.AGENDA, month=None, day=day).address(self._number)

    def _by_day(self, events: Iterable[Event]) -> Sequence[Event]:
        """Upcoming ones; on a day, what happens all day comes first."""
        return sorted(events, key=lambda one: (self.words.day(one), one.kind is not Kind.DELETION, one.starts))

    def _address(self, **changed: int) -> str:
        return replace(self.query, **changed).address(self._number)  # type: ignore[arg-type]

    def _without(self, *, kind: Kind | None = None, group: str | None = None, text: bool = False) -> str:
        return without(self.query, kind=kind, group=group, text=text).address(self._number)

    @property
    def _kinds(self) -> Facet:
        counts = Counter(one.kind for one in self.events.all)
        chosen = self.query.wanted.kinds
        shown = (kind for kind in Kind if counts[kind] or kind in chosen)
        options = [Option(kind.value, str(LABELS[kind]), counts[kind], kind in chosen) for kind in shown]
        return Facet("kind", _("Kind"), options)

    @property
    def _groups(self) -> Facet:
        """By choosing; where there are too many to choose from, by the text."""
        chosen = self.query.wanted.groups
        counts = Counter(group for one in self.events.all if (group := self.events.group_of(one)))
        names = sorted({*counts, *chosen})
        if len(names) > MOST_OPTIONS:
            return Facet("group", _("Resource group"), value=chosen[0] if chosen else "")
        options = [Option(name, name, counts[name], name in chosen) for name in names]
        return Facet("group", _("Resource group"), options)
