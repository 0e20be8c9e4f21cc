"""What a person needs to know first: what is going on, what comes next, what needs someone, how much there is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from hashlib import blake2b
from operator import itemgetter

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.billing.invoices import amounts
from portal.billing.usage.summary import Summary, summary
from portal.changes.reads.history import needing_someone
from portal.changes.reads.pending import Pending, PendingIndex
from portal.customer.changes.presenter import ChangePresenter, told_all
from portal.customer.home.attention import (
    Alert,
    is_parked,
    limits,
    refusals,
    refused_keys,
    review_requests,
    unsent_plans,
)
from portal.customer.home.first_steps import Step, steps
from portal.customer.home.planned import Planned, deletions, open_maintenances
from portal.customer.plans.presenter import LOOKS as PLAN_LOOKS
from portal.customer.resources.edit import count_changes
from portal.inventory import reads
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.totals import HARDWARE, ByState, by_state, sums
from portal.inventory.reads import Listing, Source, Trouble
from portal.plans import open_plans
from portal.plans.models import State as PlanState
from portal.plans.open_plans import OpenPlan, OpenPlans
from portal.resources.spec import Record
from portal.resources.state_styles import LOOKS, State, Status
from portal.resources.times import BERLIN, parse_moment
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.format import badges, dates, numbers, pending, platform_messages, values
from portal.ui.format.progress import Installs, progress, step, words_step
from portal.ui.lists.page import HOUR
from portal.ui.page_context import GROUPS, MACHINES, Surroundings

AHEAD = timedelta(days=7)
MOST = 12  # lines of a panel
MAINTENANCES, INVOICES = "maintenance", "invoice"


@dataclass(frozen=True, slots=True)
class Line:
    """Something that goes on, or comes: when (`end`), what it is about, and what is to be said of it."""

    icon: str
    what: SafeString
    state: SafeString | str = ""
    aside: SafeString | str = ""
    end: SafeString | str = ""
    at: datetime | None = None


type MakeLine = Callable[[], Line]


@dataclass(frozen=True, slots=True)
class Lines:
    """The first lines of a panel, and how many there are: those that are not shown are not made."""

    shown: Sequence[Line]
    count: int


@dataclass(frozen=True, slots=True)
class Tile:
    """How many machines are in a state, and the list of them."""

    badge: SafeString
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A resource group with what it holds itself."""

    name: str
    address: str
    depth: int
    state: SafeString
    machines: int
    machines_address: str
    cores: int
    memory: str
    disk: str


@dataclass(frozen=True, slots=True)
class Cost:
    """The latest invoice and how it differs from the one before."""

    month: str
    address: str
    total: SafeString
    status: str
    change: str
    invoices: str


@dataclass(frozen=True)
class Overview:
    """Everything that templates/overview/overview.html asks for. What is known is told at once, never waited for."""

    scope: Scope
    pending: PendingIndex

    @cached_property
    def listings(self) -> Mapping[str, Listing]:
        """All types that the person may see, as far as they are known."""
        return reads.listings(self.scope, [name for name in TYPES if self.scope.may_see(name)], wait=False)

    @property
    def own_address(self) -> str:
        return links.home(self.scope.customer.number)

    @property
    def now(self) -> datetime:
        return next(iter(self.listings.values())).platform_now

    @property
    def as_of(self) -> datetime | None:
        """When the oldest part that is shown was fetched."""
        found = [one.as_of for one in self.listings.values() if one.as_of and not one.type.money]
        return min(found or [one.as_of for one in self.listings.values() if one.as_of], default=None)

    @property
    def sees_machines(self) -> bool:
        return MACHINES in self.listings

    @property
    def is_loading(self) -> bool:
        """Whether first answers are on their way."""
        return reads.is_loading(self.listings.values())

    @property
    def nothing_known(self) -> bool:
        return all(one.source is Source.NEVER for one in self.listings.values())

    @cached_property
    def is_live(self) -> bool:
        """Whether something may change by itself within seconds: then the page asks again every second."""
        stale = any(one.source is Source.STALE for one in self.listings.values())
        return bool(self.is_loading or stale or self.pending.all or self._installing)

    @property
    def version(self) -> object:
        """All that the panels show (portal.ui.fragments)."""
        known = reads.versions(self.scope, self.listings.values())
        told = (*self.alerts, *(one.version for one in self.attention), *(at for at, _make in self._ahead))
        money = (
            (self.running.month, self.running.so_far, self.running.by_the_end, self.running.how) if self.running else ()
        )
        bars = (step(self.now), self._installs) if self._installing else ()
        marked = (self.scope.customer.plans_version, *(one.number for one in self.plans.plans))
        return (self.scope.reach, *known, self.pending.version, *marked, *told, *money, *bars, dates.hour(self.now))

    @cached_property
    def tag(self) -> str:
        """What the page shows, in few characters: the same for as long as nothing has changed."""
        second = int(self.now.timestamp())
        time = (second // HOUR, words_step(self.now) if self._installing else 0)
        known = [one.known(is_live=self.is_live) for one in self.listings.values()]
        told = [*self.alerts, *((told.number, told.state) for told in self.attention)]
        text = repr((known, told, self.pending.version, self.scope.customer.plans_version, time, dates.reading()))
        return blake2b(text.encode(), digest_size=12).hexdigest()

    @cached_property
    def steps(self) -> list[Step]:
        """What to do first; () where there is something already, or nothing that this person could do."""
        if not self.scope.may_change(MACHINES) or self.scope.root or self._records(MACHINES):
            return []
        return steps(self.scope, has_group=bool(self._records(GROUPS)))

    # --- what is going on, what comes, what needs someone

    @cached_property
    def going_on(self) -> Lines:
        """What is pending, being installed, or under maintenance right now."""
        changes = [partial(self._pending_line, one) for one in self.pending.all]
        told = {one.key for one in self.pending.all if one.type_name == MACHINES}
        installing = [partial(self._installing_line, one) for one in self._installing if one.key not in told]
        active = [partial(self._active_line, one) for one in self._open_maintenances if one["active"] is True]
        return _first([*changes, *installing, *active])

    @cached_property
    def coming(self) -> Lines:
        """Maintenances and deletions of the next seven days, soonest first."""
        return _first([make for _at, make in self._ahead])

    @cached_property
    def alerts(self) -> list[Alert]:
        """What needs someone besides changes."""
        keys = refused_keys(self.scope, self._refusals, self.pending.all)
        plans = [*review_requests(self.scope), *unsent_plans(self.scope, self.plans)]
        return [*keys, *plans, *limits(self.running)]

    @cached_property
    def plans(self) -> OpenPlans:
        return open_plans.of(self.scope, self.listings)

    @cached_property
    def planned(self) -> Lines:
        """Plans that wait to be reviewed, or for their time."""
        waiting = [one for one in self.plans.plans if one.state != PlanState.APPLYING]
        return _first([partial(self._plan_line, one) for one in waiting])

    @cached_property
    def attention(self) -> list[ChangePresenter]:
        """Changes that go no further until a person acts, and those rejected lately; without what an alert tells."""
        if not self.scope.may_see(CHANGES) or not self.pending.attention:
            return []
        told = {one.change_id for one in self.pending.all if self._refusals and is_parked(one)}
        found = needing_someone(self.scope, most=MOST + len(told))
        return told_all(self.scope, [change for change in found if change.pk not in told][:MOST])

    # --- how much there is

    @property
    def machine_count(self) -> int:
        return len(self._records(MACHINES))

    @property
    def tiles(self) -> list[Tile]:
        """Machines by state, all states in the order of precedence."""
        counts = self._by_state.counts if self._by_state else {}
        return [self._tile(state, counts[state]) for state in LOOKS if state in counts]

    @property
    def schedule_address(self) -> str:
        return links.schedule(self.scope.customer.number)

    @property
    def tree_address(self) -> str:
        return links.of_type(self.scope.customer.number, GROUPS, [("view", "tree")])

    @cached_property
    def groups(self) -> list[GroupRow]:
        """The tree of groups, each with the sums of its own machines."""
        if GROUPS not in self.listings:
            return []
        tree = GroupTree.of(self.listings[GROUPS])
        held = sums(tree, self.listings[MACHINES].index, HARDWARE) if self.sees_machines else {}
        return [self._group(name, depth, held.get(name, {})) for name, depth in tree.walk()]

    @cached_property
    def running(self) -> Summary | None:
        """The running month; None for who may not see money of the whole customer."""
        return summary(self.scope, self.listings)

    @cached_property
    def cost(self) -> Cost | None:
        """None for who may not see money, and where there is no invoice."""
        invoices = sorted(self._records(INVOICES), key=lambda one: str(one["consumption_start"]), reverse=True)
        if not invoices:
            return None
        latest, number = invoices[0], self.scope.customer.number
        viewing = self._surroundings(INVOICES).viewing(latest)
        return Cost(
            month=_month(latest),
            address=links.record(number, INVOICES, latest.key),
            total=values.full(latest.type.field("total"), latest["total"], viewing),
            status=values.choice_label(latest.type.field("status"), str(latest["status"])),
            change=_difference(latest, invoices[1]) if len(invoices) > 1 else "",
            invoices=links.of_type(number, INVOICES),
        )

    # --- pieces

    @cached_property
    def _refusals(self) -> Mapping[str, Trouble]:
        return refusals(self.listings.values())

    def _records(self, name: str) -> Sequence[Record]:
        return self.listings[name].records if name in self.listings else ()

    def _surroundings(self, name: str) -> Surroundings:
        return Surroundings(self.scope, self.listings[name], known=self.listings)

    @cached_property
    def _around(self) -> Surroundings:
        return self._surroundings(MACHINES)

    @cached_property
    def _ahead(self) -> list[tuple[datetime, MakeLine]]:
        """What is planned for the next seven days, soonest first."""
        return sorted((*self._maintenances_ahead(), *self._deletions_ahead()), key=itemgetter(0))

    @cached_property
    def _by_state(self) -> ByState | None:
        return by_state(self.scope, self.listings[MACHINES]) if self.sees_machines else None

    @cached_property
    def _installing(self) -> Sequence[Record]:
        return self._by_state.fitting.get(State.INSTALLING, ()) if self._by_state else ()

    @cached_property
    def _group_states(self) -> Mapping[str, tuple[Status, ...]]:
        return reads.states(self.scope, self.listings[GROUPS])

    def _link(self, type_name: str, key: str, title: str = "") -> SafeString:
        viewing = self._around.viewing_in(BERLIN)
        return values.record_link(type_name, key, title or key, viewing)

    def _pending_line(self, one: Pending) -> Line:
        icon = "trash" if one.action == "delete" else "plus" if one.creates else "pencil"
        viewing = self._around.viewing_in(BERLIN)
        record = self.listings[one.type_name].by_key.get(one.key) if one.type_name in self.listings else None
        bar: SafeString | str = ""
        if record is not None and record.get("needs_install") is True:
            bar = progress(record, viewing, self._installs)
        by = f"{one.author or _('a former member')}, {dates.words(one.since, self.now)}"
        return Line(icon, self._link(one.type_name, one.key), pending.notes((one,), viewing), bar, by)

    def _installing_line(self, machine: Record) -> Line:
        viewing = self._around.viewing(machine)
        state = badges.badge(Status(State.INSTALLING), viewing.zone, viewing.now)
        bar = progress(machine, viewing, self._installs)
        return Line("progress-down", self._link(MACHINES, machine.key), state, bar)

    @cached_property
    def _installs(self) -> Installs:
        return Installs.seen()

    def _active_line(self, maintenance: Record) -> Line:
        viewing = self._around.viewing(maintenance)
        ends = parse_moment(maintenance["ends"])
        state = badges.badge(Status(State.MAINTENANCE, ends), viewing.zone, viewing.now)
        comment = platform_messages.told(str(maintenance["comment"]))
        return Line("tool", self._link(MACHINES, str(maintenance["machine"])), state, comment)

    @cached_property
    def _open_maintenances(self) -> list[Record]:
        return open_maintenances(self.listings[MAINTENANCES], self.now) if MAINTENANCES in self.listings else []

    def _maintenances_ahead(self) -> Iterator[tuple[datetime, MakeLine]]:
        for one in self._open_maintenances:
            starts = parse_moment(one["starts"])
            if one["active"] is not True and starts is not None and starts <= self.now + AHEAD:
                yield starts, partial(self._maintenance_line, one, starts)

    def _maintenance_line(self, maintenance: Record, starts: datetime) -> Line:
        viewing = self._around.viewing(maintenance)
        at = dates.time_tag(starts, dates.words(starts, viewing.now, viewing.zone), viewing.zone)
        said = platform_messages.told(str(maintenance["comment"])) or _("Maintenance")
        comment = self._link(MAINTENANCES, maintenance.key, said)
        return Line("tool", self._link(MACHINES, str(maintenance["machine"])), "", comment, at, starts)

    def _deletions_ahead(self) -> Iterator[tuple[datetime, MakeLine]]:
        if not self.sees_machines:
            return
        announced = {(str(one["machine"]), parse_moment(one["starts"])) for one in self._open_maintenances}
        for one in deletions(self.listings[MACHINES], self.now - timedelta(days=1), self.now + AHEAD):
            if (one.record.key, one.at) not in announced:
                yield one.at, partial(self._deletion_line, one)

    def _deletion_line(self, deletion: Planned) -> Line:
        gone, today = deletion.is_gone, self.now.astimezone(BERLIN).date()
        text = _("Disk deletion") if gone else _("Shutdown for deletion")
        shown = dates.day_words(deletion.at.astimezone(BERLIN).date(), today)
        what = self._link(MACHINES, deletion.record.key)
        return Line("trash-x" if gone else "calendar-x", what, "", text, shown, deletion.at)

    def _plan_line(self, plan: OpenPlan) -> Line:
        state = PlanState(plan.state)
        viewing, at = self._around.viewing_in(BERLIN), plan.not_before
        address = links.plan(self.scope.customer.number, plan.number)
        what = format_html('<a href="{}">{}</a>', address, plan.title)
        end = dates.time_tag(at, dates.words(at, viewing.now, viewing.zone), viewing.zone) if at else ""
        return Line(PLAN_LOOKS[state][0], what, "", f"{count_changes(plan.count)} · {state.label}", end, at)

    def _tile(self, state: State, count: int) -> Tile:
        address = links.of_type(self.scope.customer.number, MACHINES, [("state", state.value)])
        return Tile(badges.badge(Status(state), BERLIN, self.now), count, address)

    def _group(self, name: str, depth: int, held: Mapping[str, int]) -> GroupRow:
        number = self.scope.customer.number
        states = self._group_states.get(name, ())
        return GroupRow(
            name=name,
            address=links.record(number, GROUPS, name),
            depth=min(depth, 6),
            state=badges.badges([one for one in states if one.state is not State.ACTIVE], BERLIN, self.now),
            machines=held.get("count", 0),
            machines_address=links.of_type(number, MACHINES, [("resource_group", name)]),
            cores=held.get("cores", 0),
            memory=numbers.amount_text(held.get("memory", 0), "MiB"),
            disk=numbers.amount_text(held.get("disk", 0), "GiB"),
        )


def _first(makers: Sequence[MakeLine]) -> Lines:
    return Lines([make() for make in makers[:MOST]], len(makers))


def _month(invoice: Record) -> str:
    field = TYPES["consumption"].field("period")
    return values.text(field, str(invoice["consumption_start"]))


def _difference(latest: Record, before: Record) -> str:
    """How a total differs from the one before, in words."""
    new, old = amounts.parse(latest["total"]), amounts.parse(before["total"])
    if new is None or old is None:
        return _("unknown vs. %(month)s") % {"month": _month(before)}
    if amounts.is_same(new, old):
        return _("about the same as in %(month)s") % {"month": _month(before)}
    text = _("%(amount)s more than in %(month)s") if new > old else _("%(amount)s less than in %(month)s")
    return text % {"amount": amounts.money(amounts.subtract(new, old).copy_abs()), "month": _month(before)}
