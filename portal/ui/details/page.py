"""One record's page as one person sees it: what it is, what is wanted of it, what will happen, what belongs to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import ClassVar
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.access import Scope
from portal.changes.reads import maintenance_mode
from portal.changes.reads.pending import Pending, PendingIndex
from portal.inventory import reads
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.totals import HARDWARE, sums
from portal.inventory.reads import Listing, Source
from portal.resources.spec import Context, Record, ResourceType
from portal.resources.state_styles import State, Status
from portal.resources.states import group_in_maintenance, is_open
from portal.resources.times import parse_moment
from portal.resources.types import TYPES
from portal.resources.windows import next_window
from portal.ui import links, menu
from portal.ui.details.panels import Fact, Holder, Panel, Row, facts, holders, month_row, row
from portal.ui.format import badges, dates, numbers, pending, platform_messages, values
from portal.ui.format.html import joined
from portal.ui.format.progress import Installs, progress, words_step
from portal.ui.format.values import Viewing
from portal.ui.lists.page import HOUR
from portal.ui.page_context import GROUPS, MACHINES, OwnPages, Surroundings
from portal.ui.reader_pages import Pages

MOST = 8  # related records of a type that are shown
MONTHS = 3  # of consumption
MODE = "mode"  # the section of a group's maintenance mode
CONSUMPTION, MAINTENANCES, PERMISSIONS = "consumption", "maintenance", "permission"


@dataclass(frozen=True, slots=True)
class Related:
    """Records of one type that belong to this one: the first few, how many there are, and where all of them are."""

    title: str
    icon: str
    rows: Sequence[Row]
    count: int
    address: str
    note: str = ""
    new_address: str = ""

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True)
class DetailPage:
    """Everything that templates/resources/detail.html asks for; each thing is worked out once, when it is asked for."""

    scope: Scope
    type: ResourceType
    record: Record
    listing: Listing
    pending: PendingIndex
    is_new: bool = False  # being created, not on the platform yet
    pages: Callable[[Surroundings], Pages] = OwnPages
    history_template: ClassVar[str] = "resources/history.html"

    # --- what it is about

    @property
    def heading(self) -> str:
        return self.record.title or self.record.key

    @property
    def lead(self) -> str:
        text = str(self.record.get(self.type.lead) or "") if self.type.lead else ""
        return platform_messages.told(text) if self.type.lead and self.type.field(self.type.lead).said else text

    @property
    def own_address(self) -> str:
        return links.record(self.scope.customer.number, self.type.name, self.record.key)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """(label, address): the list, and the groups above."""
        number = self.scope.customer.number
        listed = (_(self.type.plural), links.of_type(number, self.type.name))
        path = reads.tree(self.scope, wait=False).path(self.record.group or "")
        above = path[:-1] if self.type.name == GROUPS else path
        return [listed, *((name, links.record(number, GROUPS, name)) for name in above if self._sees(GROUPS))]

    @cached_property
    def viewing(self) -> Viewing:
        return self.surroundings.viewing(self.record)

    @cached_property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.scope, self.listing, self.pages, with_money=True)

    # --- how it is

    @cached_property
    def statuses(self) -> tuple[Status, ...]:
        if self.is_new or not self.type.has_states:
            return ()
        return reads.states(self.scope, self.listing).get(self.record.key, ())

    @cached_property
    def pending_here(self) -> tuple[Pending, ...]:
        of = self.pending.coming if self.is_new else self.pending.of
        return of(self.type.name, self.record.key)

    @property
    def state(self) -> SafeString:
        """State and notes, how far an installation is or how long a group's maintenance goes on, what is pending."""
        shown = badges.badges(self.statuses, self.viewing.zone, self.viewing.now) if self.statuses else ""
        bar = progress(self.record, self.viewing, Installs.seen()) if self._is_installing else self._countdown
        return format_html("{}{} {}", shown, bar, pending.notes(self.pending_here, self.viewing))

    @cached_property
    def is_live(self) -> bool:
        """Whether something may change by itself within seconds: then the page asks again every second."""
        behind = self.listing.source is Source.STALE or self.surroundings.is_loading
        return bool(behind or self.pending_here or self._is_installing)

    @property
    def version(self) -> object:
        """All that the page shows below its head, but for its history (portal.ui.fragments)."""
        known = reads.versions(self.scope, (self.listing, *self.surroundings.listings.values()))
        about = (self.type.name, self.record.key, self.is_new, self.pages.__name__)
        hours = (dates.hour(self.viewing.now), dates.hour(timezone.now()))
        return (self.scope.reach, *about, *known, self.pending.version, *hours, self._is_in_mode, *self._mode_set_by)

    @cached_property
    def tag(self) -> str:
        """What the page shows, in few characters: the same for as long as nothing has changed."""
        second = int(self.listing.platform_now.timestamp())
        time = (second // HOUR, words_step(self.listing.platform_now) if self._is_installing else 0)
        marked = self.scope.customer.plans_version
        known = (*self.listing.known(is_live=self.is_live), self.surroundings.version, marked)
        text = repr((*known, self.pending.version, time, dates.reading()))
        return blake2b(text.encode(), digest_size=12).hexdigest()

    @property
    def announcement(self) -> str:
        """What a screen reader is told after the page has changed."""
        told = badges.text(self.statuses, self.viewing.zone, self.viewing.now)
        return ", ".join([part for part in (told, *(pending.words(one) for one in self.pending_here)) if part])

    # --- what can be done

    @property
    def may_change(self) -> bool:
        return self.scope.may_change(self.type.name) and not self.is_new

    @property
    def buttons(self) -> SafeString:
        if not self.may_change:
            return SafeString("")
        of_plan = menu.plan_menu(self.record, self.viewing, self.pending_here)
        return joined([of_plan, menu.buttons(self.record, self.viewing, self.pending_here)])

    @property
    def edit_address(self) -> str:
        return self._action("edit") if self.may_change and self.type.editable else ""

    # --- what is in it

    @property
    def panels(self) -> list[Panel]:
        """What the record is, by section."""
        return [self._panel(section.name) for section in self.type.sections if not section.aside]

    @property
    def asides(self) -> list[Panel]:
        """What happens to it; the first says what will."""
        found = [self._panel(section.name) for section in self.type.sections if section.aside]
        return [
            replace(one, facts=[*self.ahead, *one.facts, *self._mode_of_group]) if one is found[0] else one
            for one in found
        ]

    @property
    def further(self) -> list[Fact]:
        """What no field describes, and what could not be read, as it came."""
        return [Fact(name, values.further(value), classes="is-raw") for name, value in self.record.further.items()]

    @cached_property
    def context(self) -> Context:
        return reads.context(self.scope, self.record)

    @property
    def ahead(self) -> list[Fact]:
        """Planned maintenances, the next window, and the way to all dates: what the first aside begins with."""
        if not self.type.has_states or self.context.group is None:
            return []
        now = self.viewing.now
        window = dates.window_words(next_window(self.context.group, now), now)
        address = self.viewing.pages.scheduled(self.record.key)
        dated = [Fact(_("Schedule"), values.link(address, _("All dates")))] if address else []
        return [*map(self._planned, self._open_maintenances), Fact(_("Next window"), window), *dated]

    @cached_property
    def holders(self) -> list[Holder] | None:
        """Who may get in; None where that is not told here."""
        if not self.type.has_states or not self._sees(PERMISSIONS) or not self.record.group or self.is_new:
            return None
        return holders(reads.permissions_in(self.scope, self.record.group), self.viewing)

    @property
    def permissions_address(self) -> str:
        """Where the permissions of its group are granted and revoked."""
        group = self.record.group or ""
        return links.action(self.scope.customer.number, GROUPS, group, "permissions")

    @cached_property
    def related(self) -> list[Related]:
        """What belongs to it, by type; without what the page tells already."""
        told = {PERMISSIONS, MAINTENANCES} if self.type.has_states else set()
        found = {} if self.is_new else self._related
        others = {name: [one for one in found[name] if not self._names(one)] for name in found if name not in told}
        return [self._related_of(TYPES[name], records) for name, records in others.items() if records]

    @cached_property
    def maintenances(self) -> tuple[Record, ...]:
        """Those of this record, for its history."""
        known = self.type.has_states and not self.is_new
        return reads.related_of(self.scope, self.record, MAINTENANCES) if known else ()

    # --- pieces

    @property
    def _mode_of_group(self) -> list[Fact]:
        """Of a machine: whether its group is in maintenance mode, and where that is set."""
        if self.is_new or self.type.name != MACHINES or self.context.group is None or not self._sees(GROUPS):
            return []
        until = parse_moment(self.context.group.get("maintenance_until"))
        is_on = _("Until %(time)s") % {"time": dates.words(until, self.viewing.now)} if until else _("On")
        return [Fact(_("Maintenance mode"), self._mode_link(is_on if self._is_in_mode else _("Off")))]

    @property
    def _is_in_mode(self) -> bool:
        """Whether its group, or itself, is in maintenance mode: that ends by time alone."""
        if self.type.name not in (GROUPS, MACHINES):
            return False
        group = self.record.values if self.type.name == GROUPS else self.context.group
        return group is not None and group_in_maintenance(group, self.viewing.now)

    @cached_property
    def _mode_set_by(self) -> list[Fact]:
        """Of a group that is in maintenance mode: who did it."""
        if self.type.name != GROUPS or self.is_new or not self._is_in_mode:
            return []
        name = maintenance_mode.set_by(self.scope, self.record)
        return [Fact(_("Set by"), _("not with the portal") if name is None else name or _("a former member"))]

    def _mode_link(self, text: str) -> SafeString:
        """To where it is set for the group, for who may; else to the group."""
        number, group = self.scope.customer.number, self.record.group or ""
        if not self.may_change or not self.scope.may_change(GROUPS):
            return values.record_link(GROUPS, group, text, self.viewing)
        return values.link(
            f"{links.action(number, GROUPS, group, 'maintenance')}?{urlencode({'next': self.own_address})}", text
        )

    @cached_property
    def _related(self) -> Mapping[str, tuple[Record, ...]]:
        return reads.related(self.scope, self.record)

    @property
    def _open_maintenances(self) -> list[Record]:
        found = [one for one in self.maintenances if is_open(one, self.viewing.now)]
        return sorted(found, key=lambda one: str(one["starts"]))[:MOST]

    @property
    def _is_installing(self) -> bool:
        return any(status.state is State.INSTALLING for status in self.statuses)

    @property
    def _countdown(self) -> SafeString:
        """How long a group stays in maintenance; '' where that is not known."""
        ends = [one.until for one in self.statuses if one.state is State.MAINTENANCE and self.type.name == GROUPS]
        return dates.countdown(ends[0], self.viewing.now) if ends and ends[0] else SafeString("")

    def _names(self, other: Record) -> bool:
        """Whether one of the page's own fields names it, so that it is linked there."""
        named = (self.record[spec.name] for spec in self.type.fields if spec.refers_to == other.type.name)
        return any(other.key == name or (isinstance(name, list) and other.key in name) for name in named)

    def _planned(self, maintenance: Record) -> Fact:
        starts = parse_moment(maintenance["starts"])
        label = dates.words(starts, self.viewing.now, self.viewing.zone) if starts else str(maintenance["starts"])
        if maintenance.get("active") is True:
            label = _("In progress")
        text, machine = (
            platform_messages.told(str(maintenance["comment"])) or _("Maintenance"),
            str(maintenance["machine"]),
        )
        if self.type.name != MACHINES and machine not in text:
            text = f"{machine}: {text}"
        return Fact(label, values.record_link(MAINTENANCES, maintenance.key, text, self.viewing))

    def _panel(self, name: str) -> Panel:
        section = next(section for section in self.type.sections if section.name == name)
        runs = {} if self.is_new else self.type.runs(self.record, self.context)
        changes = pending.overlay(self.record, self.pending_here, runs)
        more = self._mode_set_by if name == MODE else []
        return Panel(_(section.label), section.icon, [*facts(self.record, section, changes, self.viewing), *more])

    def _related_of(self, other: ResourceType, records: Sequence[Record]) -> Related:
        if other.name == CONSUMPTION:
            return self._by_month(other, records)
        shown = list(reversed(records))[:MOST] if other.sort.startswith("-") else records[:MOST]
        statuses = reads.states(self.scope, self.surroundings.listings[other.name]) if other.has_states else {}
        return Related(
            title=_(other.plural),
            icon=other.icon,
            rows=[row(one, statuses.get(one.key, ()), self.viewing, self.record.key) for one in shown],
            count=len(records),
            address=self._list_of(other),
            note=self._sums() if (self.type.name, other.name) == (GROUPS, MACHINES) else "",
            new_address=self._new(other),
        )

    def _by_month(self, other: ResourceType, records: Sequence[Record]) -> Related:
        """What was used in the latest months: of one thing all of it, of several how many they are."""
        months: dict[str, list[Record]] = {}
        for one in sorted(records, key=lambda one: str(one["period"]), reverse=True):
            months.setdefault(str(one["period"]), []).append(one)
        latest = list(months.values())[:MONTHS]
        return Related(
            title=_(other.plural),
            icon=other.icon,
            rows=[month_row(month, self.viewing, self.record.key) for month in latest],
            count=len(months),
            address=self._list_of(other),
        )

    def _list_of(self, other: ResourceType) -> str:
        """The list of the other type, filtered by this record where it can be, else searched for it; '' for nowhere."""
        found = [spec.name for spec in other.fields if spec.refers_to == self.type.name and spec.filterable]
        pairs = [(found[0], self.record.key)] if found else [("q", self.heading)]
        return self.viewing.pages.listed(other.name, pairs)

    def _new(self, other: ResourceType) -> str:
        if self.type.name != GROUPS or not other.creatable or not self.scope.may_change(other.name):
            return ""
        field = "parent" if other.name == GROUPS else "resource_group"
        return links.new(self.scope.customer.number, other.name, [(field, self.record.key)])

    def _sums(self) -> str:
        """What the machines of a group add up to: 12 cores, 24 GiB, 480 GiB."""
        listings = self.surroundings.listings
        found = sums(GroupTree.of(listings[GROUPS]), listings[MACHINES].index, HARDWARE).get(self.record.key, {})
        count = found.get("cores", 0)
        cores = ngettext("%(count)s core", "%(count)s cores", count) % {"count": count}
        memory = _("%(size)s memory") % {"size": numbers.amount_text(found.get("memory", 0), "MiB")}
        disk = _("%(size)s disk") % {"size": numbers.amount_text(found.get("disk", 0), "GiB")}
        return f"{cores}, {memory}, {disk}"

    def _sees(self, type_name: str) -> bool:
        return self.scope.may_see(type_name)

    def _action(self, name: str) -> str:
        return links.action(self.scope.customer.number, self.type.name, self.record.key, name)
