"""A list as one person sees it: what was asked for, what is known, what is pending, and how that is shown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from itertools import groupby
from urllib.parse import urlencode

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.access import Scope
from portal.changes.reads.pending import Pending, PendingIndex
from portal.inventory import reads
from portal.inventory.listings.select import Page, Query, fits, matching, select
from portal.inventory.reads import Listing, Source
from portal.plans import open_plans
from portal.plans.open_plans import OpenPlans
from portal.resources.phases import WORDS, Standing
from portal.resources.spec import Record, ResourceType
from portal.resources.state_styles import State, Status
from portal.ui import links
from portal.ui.format import badges, dates
from portal.ui.format.html import joined
from portal.ui.format.progress import Installs, step, words_step
from portal.ui.format.refusal import Refused, refused_creations
from portal.ui.lists import columns, filters, rows
from portal.ui.lists.headings import Heading, headings
from portal.ui.lists.pager import page_numbers, range_words
from portal.ui.lists.rows import Layout, Row
from portal.ui.page_context import Surroundings
from portal.ui.pending_records import Planned, being_created, planned

HOUR = 3600  # seconds after which a time alone may have to say its day, and a day its year


@dataclass(frozen=True)
class ListPage:
    """Everything that templates/resources/list.html asks for; each thing is worked out once, when it is asked for."""

    scope: Scope
    type: ResourceType
    query: Query
    chosen_columns: Sequence[str]  # as asked for by the address, () for the type's own
    listing: Listing
    pending: PendingIndex

    # --- what it is about

    @property
    def heading(self) -> str:
        return _(self.type.plural)

    @property
    def address(self) -> str:
        """Of this list without any parameter."""
        return links.of_type(self.scope.customer.number, self.type.name)

    @cached_property
    def own_address(self) -> str:
        """Of exactly this view, as it stands in the browser."""
        return self.address_of(self.query)

    def address_of(self, query: Query) -> str:
        """The address by which the list answers that query."""
        pairs = filters.parameters(query, self.chosen_columns)
        return links.of_type(self.scope.customer.number, self.type.name, pairs)

    @property
    def new_address(self) -> str:
        """The form for a new one, '' where this person cannot make one; a chosen group goes along."""
        if not (self.type.creatable and self.scope.may_change(self.type.name)):
            return ""
        groups = self.query.filters.get("resource_group", ())
        pairs = [("resource_group", groups[0])] if len(groups) == 1 else []
        return links.new(self.scope.customer.number, self.type.name, pairs)

    @property
    def may_choose(self) -> bool:
        """Whether records can be ticked, to be changed together."""
        return self.type.is_changeable and self.scope.may_change(self.type.name)

    @property
    def many_address(self) -> str:
        """Where what is ticked is sent to."""
        return links.many(self.scope.customer.number, self.type.name)

    @property
    def query_text(self) -> str:
        """What the list shows, as an address has it."""
        return urlencode(filters.parameters(self.query))

    # --- what is known

    @cached_property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.scope, self.listing)

    @cached_property
    def states(self) -> reads.States:
        return reads.states(self.scope, self.listing)

    @cached_property
    def page(self) -> Page[Record]:
        return select(self.scope, self.listing, self.query)

    @property
    def all_matching(self) -> Sequence[Record]:
        """What matches, on all pages: for a spreadsheet."""
        return matching(self.scope, self.listing, self.query)

    @property
    def is_filtered(self) -> bool:
        return filters.is_filtered(self.query)

    @property
    def nothing_known(self) -> bool:
        """Whether nothing can be shown because nothing has been answered yet."""
        return self.listing.source is Source.NEVER

    @property
    def is_loading(self) -> bool:
        """Whether the first answer is on its way."""
        return self.listing.is_loading

    @cached_property
    def coming(self) -> list[Record]:
        """Records that are being created, as far as they match: before all others, on the first page."""
        return [record for record in self._created if fits(record, self.query)] if self.page.number == 1 else []

    @property
    def coming_elsewhere(self) -> str:
        """That more are being created than are shown here; '' where all are shown."""
        count = len(self._created) - len(self.coming)
        text = ngettext("%(count)s more is being created.", "%(count)s more are being created.", count)
        return text % {"count": count} if count else ""

    @property
    def refused(self) -> list[Refused]:
        """Records that were to be created lately, and why they were not: what is missing here."""
        return refused_creations(self.scope, self.pending, self.listing)

    @property
    def planned(self) -> list[Planned]:
        """Records that open plans would create: not asked for yet, so they have no row."""
        return planned(self.plans, self.pending, self.listing, self.scope.customer.number)

    @cached_property
    def plans(self) -> OpenPlans:
        return open_plans.of(self.scope, self.surroundings.listings)

    @cached_property
    def _created(self) -> list[Record]:
        """All that is being created and is not on the platform yet."""
        return being_created(self.pending, self.listing)

    @cached_property
    def is_live(self) -> bool:
        """Whether something may change by itself within seconds: then the page asks again every second."""
        if self.is_loading or self.listing.source is Source.STALE or self.surroundings.is_loading:
            return True
        if any(one.type_name == self.type.name for one in self.pending.all):
            return True
        return bool(self.states.counts.get(State.INSTALLING))

    @cached_property
    def version(self) -> object:
        """All that the list shows below its head (portal.ui.fragments)."""
        known = (self.listing.version, self.states.number, self.surroundings.version, self.pending.version)
        asked = (self.type.name, self.query.key, tuple(self.chosen_columns))
        now = self.listing.platform_now
        marked = self.scope.customer.plans_version
        bars = (self._installs, step(now) if self._installing else 0)
        return (self.scope.reach, *known, marked, *asked, dates.hour(now), *bars)

    @cached_property
    def tag(self) -> str:
        """What the page shows, in few characters: the same for as long as nothing has changed."""
        second = int(self.listing.platform_now.timestamp())
        time = (second // HOUR, words_step(self.listing.platform_now) if self._installing else 0)
        marked = self.scope.customer.plans_version
        known = (*self.listing.known(is_live=self.is_live), self.surroundings.version, marked)
        text = repr((*known, self.pending.version, time, dates.reading(), self.chosen_columns, self.query))
        return blake2b(text.encode(), digest_size=12).hexdigest()

    # --- how it is shown

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return columns.chosen(self.type, self.chosen_columns)

    @property
    def roomy(self) -> frozenset[str]:
        """Columns that stand back where there is no room; none of those that a person has chosen."""
        return frozenset() if self.chosen_columns else frozenset(self.type.roomy)

    @property
    def headings(self) -> list[Heading]:
        table = columns.table(self.type, self.columns, self.query.sort)
        return headings(table, self.query, self._in_place, self.roomy)

    @property
    def column_choice(self) -> list[tuple[str, str, bool, bool]]:
        """(name, label, whether it is shown, and whether only where there is room) of all but the first."""
        labels = columns.labels(self.type)
        names = columns.available(self.type)[1:]
        return [(name, labels[name], name in self.columns, name in self.roomy) for name in names]

    @property
    def columns_version(self) -> object:
        """All that the choice of columns shows."""
        return (self.scope.customer.number, self.type.name, self.query.key, tuple(self.chosen_columns))

    @property
    def default_columns_address(self) -> str:
        """The same with the type's own columns."""
        return links.of_type(self.scope.customer.number, self.type.name, filters.parameters(self.query))

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filter form carries along unseen."""
        kept = ("sort", "per_page", "columns")
        return [(name, value) for name, value in filters.parameters(self.query, self.chosen_columns) if name in kept]

    @property
    def shown_filters(self) -> list[tuple[str, str]]:
        """What the forms of the columns and of downloads carry along: all but the columns and the page."""
        kept = filters.parameters(self.query)
        return [(name, value) for name, value in kept if name != "page"]

    @property
    def facets(self) -> filters.Facets:
        return filters.facets(self.listing, self.query, self.states if self.type.has_states else None)

    @property
    def chips(self) -> list[filters.Chip]:
        return filters.chips(self.type, self.query, self.chosen_columns)

    @property
    def unfiltered_address(self) -> str:
        return self.address_of(filters.without_filters(self.query))

    @cached_property
    def rows(self) -> SafeString:
        layout = Layout(self.type, self.columns, self.may_choose, self._installs, self.roomy)
        new = [Row(record, (), self._pending(record), is_new=True) for record in self.coming]
        known = [self._row(record) for record in self.page.records]
        if self.type.standing is not None and not self.query.sort:
            return joined(self._by_phase(known, layout, self.type.standing))
        return self._render((*new, *known), layout)

    @property
    def loading_rows(self) -> SafeString:
        return rows.loading(self.columns)

    @property
    def range(self) -> str:
        """1–50 of 1,000 machines match."""
        told = [range_words(self.page, is_filtered=self.is_filtered)] if self.page.total else []
        if self.coming:
            told.append(_("%(count)s being created") % {"count": len(self.coming)})
        return ", ".join(told)

    @property
    def announcement(self) -> str:
        """What a screen reader is told after the list has changed."""
        if self.is_loading:
            return _("Loading")
        text = ngettext("%(total)s match", "%(total)s matches", self.page.total) % {"total": self.page.total}
        if self.pending.count:
            waiting = ngettext("%(count)s change pending", "%(count)s changes pending", self.pending.count)
            text += ", " + waiting % {"count": self.pending.count}
        return text

    @property
    def pages(self) -> list[tuple[int | None, str]]:
        """(number, address) of the pager; (None, '') for what is left out."""
        found = page_numbers(self.page.number, self.page.pages)
        return [(number, self._page_address(number) if number else "") for number in found]

    @property
    def sizes(self) -> list[tuple[int, str]]:
        """(records per page, address)."""
        return [(size, self.address_of(filters.resized(self.query, size))) for size in filters.PER_PAGE]

    def state_text(self, record: Record) -> str:
        """The state in plain words: for a spreadsheet."""
        viewing = self.surroundings.viewing(record)
        return badges.text(self._statuses(record), viewing.zone, viewing.now)

    def _in_place(self, query: Query) -> str:
        """The same from this page: short, since many columns have one, twice."""
        return f"?{urlencode(filters.parameters(query, self.chosen_columns))}"

    def _page_address(self, number: int) -> str:
        return self.address_of(filters.on_page(self.query, number))

    @cached_property
    def _installing(self) -> bool:
        shown = (self._statuses(record) for record in self.page.records)
        return any(status.state is State.INSTALLING for found in shown for status in found)

    @cached_property
    def _installs(self) -> Installs:
        return Installs.seen() if self._installing else Installs()

    def _render(self, shown: Iterable[Row], layout: Layout) -> SafeString:
        return rows.render([(row, self.surroundings.viewing(row.record)) for row in shown], layout)

    def _by_phase(
        self, shown: Sequence[Row], layout: Layout, standing: Callable[[Record, datetime], Standing]
    ) -> Iterator[SafeString]:
        """The rows, each phase under its own heading."""
        now = self.listing.platform_now
        for phase, found in groupby(shown, lambda row: standing(row.record, now).phase):
            yield rows.heading(phase.value, _(WORDS[phase]), layout)
            yield self._render(found, layout)

    def _row(self, record: Record) -> Row:
        statuses = self._statuses(record)
        waits = any(status.state in (State.WAITING, State.MAINTENANCE) for status in statuses)
        runs = self.type.runs(record, reads.context(self.scope, record)) if waits else {}
        marks = self.plans.of(self.type.name, record.key)
        return Row(record, statuses, self._pending(record), runs=runs, plans=marks)

    def _statuses(self, record: Record) -> tuple[Status, ...]:
        return self.states.get(record.key, ())

    def _pending(self, record: Record) -> tuple[Pending, ...]:
        return self.pending.of(self.type.name, record.key)
