"""A customer on one screen: people, keys, machines by state, changes, plans, what comes, invoices, notes, trail."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby, islice
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import Scope
from portal.accounts.audit import actions
from portal.accounts.models import ApiKey, AuditEntry, Customer, Membership
from portal.accounts.people import members
from portal.accounts.sign_in import second_factor
from portal.billing.invoices.invoice import among as invoice_among
from portal.billing.usage import months
from portal.changes.models import Change
from portal.changes.models import State as ChangeState
from portal.console.changes import Row, all_changes, rows_of
from portal.console.customers.notes import notes_of
from portal.console.models import Note
from portal.console.shell import render_console
from portal.console.staff import find_customer, for_staff, is_admin, member_of_staff, scope_of
from portal.console.view_as.pages import view_as_address
from portal.customer.plans.presenter import PlanPresenter
from portal.customer.shell import wants_part
from portal.inventory import reads
from portal.inventory.counters import totals
from portal.inventory.reads import Listing
from portal.inventory.redis_connection import Away
from portal.inventory.snapshots.freshness import Part, parts_of
from portal.plans.models import OVER
from portal.plans.visibility import plans_of
from portal.resources.deletion import read_deletion
from portal.resources.spelling import whole_number
from portal.resources.state_styles import LOOKS, State, Status
from portal.resources.states import is_open
from portal.resources.times import BERLIN, parse_moment
from portal.resources.types import TYPES
from portal.ui.format import badges, platform_messages, values
from portal.ui.lists.pager import page_numbers
from portal.ui.reader_pages import Nowhere

MACHINES, MAINTENANCES, INVOICES = "virtualmachine", "maintenance", "invoice"
AHEAD = timedelta(days=14)
MOST = 8
PER_PAGE = 100  # machines


@dataclass(frozen=True, slots=True)
class Person:
    """A member, and what is known of their signing in."""

    member: Membership
    protected: bool
    view_as: str


@dataclass(frozen=True, slots=True)
class Key:
    """An API key and its health."""

    key: ApiKey
    answered: datetime | None  # when a query by it last brought something
    trouble: str
    calls: int
    failed: int


@dataclass(frozen=True, slots=True)
class Tile:
    """How many machines are in a state, and where they are listed."""

    badge: SafeString
    count: int
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine in the list beneath the tiles."""

    name: str
    address: str
    states: SafeString
    notes: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A maintenance or a deletion ahead."""

    icon: str
    title: str
    address: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """What the trail tells. `target` is '' where it is the actor again."""

    label: str
    target: str
    actor: str
    at: datetime  # the last time
    times: int


@dataclass(frozen=True)
class CustomerPage:
    """Everything that templates/console/customer.html asks for. Nothing is waited for: what is known is shown, and the
    page asks again while the first answer about something is on its way.
    """

    request: HttpRequest
    customer: Customer

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.request, self.customer)

    @cached_property
    def listings(self) -> Mapping[str, Listing]:
        return reads.listings(self.scope, list(TYPES), wait=False)

    @property
    def is_asking(self) -> bool:
        """Whether the first answer about something is on its way."""
        unknown = reads.is_loading(self.listings.values())
        return unknown and bool(self.keys)

    @property
    def now(self) -> datetime:
        return self.listings[MACHINES].platform_now

    @property
    def as_of(self) -> datetime | None:
        return self.listings[MACHINES].as_of

    @property
    def is_admin(self) -> bool:
        return is_admin(member_of_staff(self.request))

    @cached_property
    def people(self) -> list[Person]:
        found = members.members_of(self.customer)
        holders = set(
            Authenticator.objects.filter(
                user__in=[one.user_id for one in found], type__in=second_factor.TYPES
            ).values_list("user", flat=True)
        )
        address = reverse("console:view_as", args=[self.customer.number])
        return [Person(one, one.user_id in holders, f"{address}?member={one.pk}") for one in found]

    @cached_property
    def keys(self) -> list[Key]:
        by_key: dict[str, list[Part]] = {}
        for part in parts_of(self.customer, list(TYPES), wait=False):
            by_key.setdefault(str(part.api_key.pk), []).append(part)
        counted = _counted()
        return [_key(parts, counted) for parts in by_key.values()]

    @cached_property
    def _machine_states(self) -> Mapping[str, tuple[Status, ...]]:
        return reads.states(self.scope, self.listings[MACHINES])

    @property
    def state(self) -> str:
        """Of which machines are listed; '' for those with something the matter."""
        return self.request.GET.get("state", "")

    @cached_property
    def tiles(self) -> list[Tile]:
        """Machines by state, worst first as everywhere."""
        found = Counter(states[0].state for states in self._machine_states.values())
        here = reverse("console:customer", args=[self.customer.number])
        return [
            Tile(
                badges.badge(Status(state), BERLIN, self.now),
                found[state],
                f"{here}?state={state.value}#machines",
                state.value == self.state,
            )
            for state in LOOKS
            if found[state]
        ]

    @property
    def machine_count(self) -> int:
        return len(self.listings[MACHINES].records)

    @cached_property
    def machines(self) -> list[Machine]:
        """Those in the state that was chosen, else all with something the matter; a page of them."""
        notes = Counter(note.subject for note in self.notes)
        first = (self.number - 1) * PER_PAGE
        return [
            Machine(
                key,
                self.record_address(MACHINES, key),
                badges.in_row(self._machine_states[key], BERLIN, self.now),
                notes[f"{MACHINES}/{key}"],
            )
            for key in self._listed[first : first + PER_PAGE]
        ]

    @cached_property
    def _listed(self) -> list[str]:
        return [key for key, states in self._machine_states.items() if self._is_listed(states[0].state)]

    @cached_property
    def number(self) -> int:
        """Of the page of machines; the last one where there are fewer."""
        asked = whole_number(self.request.GET.get("page", "")) or 1
        return max(1, min(asked, self._page_count))

    @property
    def _page_count(self) -> int:
        return -(-len(self._listed) // PER_PAGE)

    @property
    def machine_pages(self) -> list[tuple[int | None, str]]:
        """(number, address) of the pager; (None, '') for what is left out."""
        here = [("state", self.state)] if self.state else []
        found = page_numbers(self.number, self._page_count)
        return [(one, f"?{urlencode([*here, ('page', one)])}#machines" if one else "") for one in found]

    def _is_listed(self, state: State) -> bool:
        return state.value == self.state if self.state else state not in (State.READY, State.OFF)

    @cached_property
    def changes(self) -> list[Row]:
        """What is under way or needs somebody, then the latest of the others."""
        of_customer = all_changes().filter(customer=self.customer).order_by("-number")
        undone = list(of_customer.filter(done_at=None)[:MOST])
        rejected = list(of_customer.filter(state=ChangeState.REJECTED)[:3])
        shown: dict[object, Change] = {one.pk: one for one in (*undone, *rejected, *of_customer[:MOST])}
        return rows_of(self.request, list(shown.values())[:MOST])

    @cached_property
    def plans(self) -> list[tuple[PlanPresenter, str]]:
        """Those that are not over, then the latest of the others; each with where to view it as one of the people."""
        found = plans_of(self.scope).annotate(count=Count("entries")).order_by("-number")
        shown = [*found.exclude(state__in=OVER)[:MOST], *found.filter(state__in=OVER)[:MOST]][:MOST]
        told = [PlanPresenter(self.scope, plan) for plan in shown]
        return [(one, view_as_address(self.customer.number, one.url)) for one in told]

    @property
    def coming(self) -> list[Coming]:
        found = sorted((*self._maintenances(), *self._deletions()), key=lambda one: one.at)
        return found[:MOST]

    @property
    def invoices(self) -> list[tuple[str, str, SafeString, str]]:
        """The latest: (month, address, total, by how much it differs from the month before)."""
        listing = self.listings[INVOICES]
        records = sorted(listing.records, key=lambda one: str(one["consumption_start"]), reverse=True)
        viewing = values.Viewing(self.customer.number, BERLIN, self.now, Nowhere())
        return [
            (
                months.label(record.key),
                self.record_address(INVOICES, record.key),
                values.cell(record.type.field("total"), record["total"], viewing),
                invoice_among(records, record, self.customer.number).difference,
            )
            for record in records[:4]
        ]

    @cached_property
    def notes(self) -> Sequence[Note]:
        return notes_of(self.customer)

    @property
    def trail(self) -> list[Happened]:
        """The latest first; the same several times in a row is told once."""
        entries = AuditEntry.objects.filter(chain=self.customer.number).order_by("-sequence")[: MOST * 10]
        same = groupby(entries, key=lambda one: (one.action, one.target, one.actor))
        return [_happened(list(ones)) for _key, ones in islice(same, MOST * 2)]

    def record_address(self, type_name: str, key: str) -> str:
        return reverse("console:record", args=[self.customer.number, type_name, key])

    def _maintenances(self) -> Iterator[Coming]:
        for one in self.listings[MAINTENANCES].records:
            starts = parse_moment(one["starts"] or "")
            if is_open(one, self.now) and starts is not None and starts < self.now + AHEAD:
                name = str(one["machine"])
                text = platform_messages.told(str(one["comment"])) or _("Maintenance")
                yield Coming("tool", name, self.record_address(MACHINES, name), text, starts)

    def _deletions(self) -> Iterator[Coming]:
        announced = {
            (str(one["machine"]), parse_moment(one["starts"] or "")) for one in self.listings[MAINTENANCES].records
        }
        for machine in self.listings[MACHINES].records:
            at = read_deletion(machine.get("deletion")).shuts_down
            # What is past is among the machines, with what has become of it; what is announced, among the maintenances.
            if at is not None and at >= self.now and (machine.key, at) not in announced:
                yield Coming(
                    "trash", machine.key, self.record_address(MACHINES, machine.key), _("Shutdown for deletion"), at
                )


def _happened(same: Sequence[AuditEntry]) -> Happened:
    last = same[0]
    target = actions.person(last.target) if last.target != last.actor else ""
    return Happened(actions.label(last.action), target, actions.person(last.actor), last.at, len(same))


def _counted() -> Mapping[tuple[str, ...], float]:
    try:
        return totals()
    except Away:
        return {}


def _key(parts: Sequence[Part], counted: Mapping[tuple[str, ...], float]) -> Key:
    key = parts[0].api_key
    heads = [part.state.snapshot.head.fetched for part in parts if part.state.snapshot]
    troubles = [part.trouble for part in parts if part.trouble]
    calls = {count: total for count, total in counted.items() if count[:2] == ("key calls", key.resource_group)}
    failed = sum(total for count, total in calls.items() if count[2] in ("NotReachable", "Unreadable", "Refused"))
    return Key(
        key,
        datetime.fromtimestamp(max(heads), BERLIN) if heads else None,
        f"{troubles[0].reason}: {troubles[0].text}" if troubles else "",
        int(sum(calls.values())),
        int(failed),
    )


@for_staff
@require_safe
def customer(request: HttpRequest, number: str) -> HttpResponse:
    """All of it, as far as it is known now; its `#panels` for htmx."""
    found = find_customer(number)
    template = "console/customer.html#panels" if wants_part(request) else "console/customer.html"
    return render_console(request, template, {"page": CustomerPage(request, found), "customer": found})
