"""The resource groups as a tree, each with what it contains: `resourcegroup/?view=tree`, beside their list."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from portal.accounts.access import Scope, get_scope
from portal.accounts.roles import Verb
from portal.changes.reads.pending import PendingIndex, pending_of
from portal.customer.polls import noted
from portal.customer.resources.list import resource_list
from portal.customer.shell import render_live, wants_part
from portal.inventory import reads, watched_customers
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.totals import HARDWARE, ByState, Sums, by_state, counts_below, sums
from portal.inventory.reads import Listing, Source
from portal.plans import open_plans
from portal.plans.open_plans import OpenPlans
from portal.resources.state_styles import LOOKS, State, Status
from portal.resources.times import BERLIN
from portal.ui import links
from portal.ui.format import badges, dates, numbers, pending
from portal.ui.format.plan_marks import marks
from portal.ui.format.refusal import Refused, refused_creations
from portal.ui.lists.page import HOUR
from portal.ui.page_context import GROUPS, MACHINES, Surroundings
from portal.ui.pending_records import Planned, planned

TEMPLATE = "tree/tree.html"
PERMISSIONS, SERVICE_USERS = "permission", "serviceuser"
SHOWN = (GROUPS, MACHINES, SERVICE_USERS, PERMISSIONS)
DEEPEST = 6  # steps of indentation


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are, and where they are listed."""

    count: int
    address: str
    badge: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A resource group and what it contains itself; `total` counts the machines of all groups below too."""

    name: str
    address: str
    depth: int
    state: SafeString
    pending: SafeString
    plans: SafeString
    machines: Counted
    by_state: list[Counted]
    total: int
    service_users: Counted
    permissions: Counted
    cores: int
    memory: str
    disk: str
    new_address: str  # where a group below it is made, '' for who may not

    @property
    def has_more_below(self) -> bool:
        return self.total > self.machines.count


@dataclass(frozen=True)
class Tree:
    """The groups that a person sees, theirs at the root. What is known is shown at once, never waited for."""

    scope: Scope
    pending: PendingIndex

    @cached_property
    def listings(self) -> Mapping[str, Listing]:
        return reads.listings(self.scope, [name for name in SHOWN if self.scope.may_see(name)], wait=False)

    @property
    def groups(self) -> Listing:
        return self.listings[GROUPS]

    @property
    def own_address(self) -> str:
        return links.of_type(self.scope.customer.number, GROUPS, [("view", "tree")])

    @property
    def list_address(self) -> str:
        return links.of_type(self.scope.customer.number, GROUPS)

    @property
    def new_address(self) -> str:
        """'' where this person can make none."""
        return links.new(self.scope.customer.number, GROUPS) if self.may_change else ""

    @property
    def may_change(self) -> bool:
        return self.scope.may_change(GROUPS)

    @property
    def nothing_known(self) -> bool:
        return self.groups.source is Source.NEVER

    @property
    def is_loading(self) -> bool:
        """Whether first answers are on their way."""
        return reads.is_loading(self.listings.values())

    @property
    def is_live(self) -> bool:
        """Whether something may change by itself within seconds."""
        stale = any(one.source is Source.STALE for one in self.listings.values())
        installing = self._machines_by_state and self._machines_by_state.counts.get(State.INSTALLING)
        return bool(self.is_loading or stale or installing or self._pending_here)

    @property
    def version(self) -> object:
        """All that the table shows (portal.ui.fragments)."""
        known = reads.versions(self.scope, self.listings.values())
        marked = self.scope.customer.plans_version
        return (self.scope.reach, *known, self.pending.version, marked, dates.hour(self.groups.platform_now))

    @property
    def tag(self) -> str:
        """What the page shows, in few characters: the same for as long as nothing has changed."""
        known = [one.known(is_live=self.is_live) for one in self.listings.values()]
        hour = int(self.groups.platform_now.timestamp()) // HOUR
        text = repr((known, self.pending.version, self.scope.customer.plans_version, hour, dates.reading()))
        return blake2b(text.encode(), digest_size=12).hexdigest()

    @cached_property
    def branches(self) -> list[Branch]:
        """All groups, each after the one above it."""
        return [self._branch(name, depth) for name, depth in self._tree.walk()]

    @property
    def refused(self) -> list[Refused]:
        """Groups that were to be created lately, and why they were not."""
        return refused_creations(self.scope, self.pending, self.groups)

    @property
    def planned(self) -> list[Planned]:
        """Groups that open plans would create."""
        return planned(self.plans, self.pending, self.groups, self.scope.customer.number)

    @cached_property
    def plans(self) -> OpenPlans:
        return open_plans.of(self.scope, self.listings)

    @property
    def coming(self) -> list[tuple[str, SafeString]]:
        """Groups that are being created and are not on the platform yet: the name, and where the change is."""
        created = [one for one in self.pending.created(GROUPS) if one.key not in self.groups.by_key]
        viewing = self._surroundings.viewing_in(BERLIN)
        return [(one.key, pending.notes((one,), viewing)) for one in created]

    @property
    def sees_service_users(self) -> bool:
        return SERVICE_USERS in self.listings

    @property
    def sees_permissions(self) -> bool:
        return PERMISSIONS in self.listings

    # --- pieces

    @property
    def _pending_here(self) -> bool:
        return any(one.type_name in self.listings for one in self.pending.all)

    @property
    def _tree(self) -> GroupTree:
        return GroupTree.of(self.groups)

    @property
    def _machines(self) -> Listing | None:
        """None for who sees none."""
        return self.listings.get(MACHINES)

    @cached_property
    def _machines_by_state(self) -> ByState | None:
        return by_state(self.scope, self._machines) if self._machines else None

    @cached_property
    def _group_states(self) -> Mapping[str, tuple[Status, ...]]:
        return reads.states(self.scope, self.groups)

    @cached_property
    def _held(self) -> Sums:
        """Group -> the sums of its own machines."""
        return sums(self._tree, self._machines.index, HARDWARE) if self._machines else {}

    @cached_property
    def _below(self) -> Mapping[str, int]:
        """Group -> the number of machines in it and below it."""
        return counts_below(self._tree, self._machines.index) if self._machines else {}

    @cached_property
    def _surroundings(self) -> Surroundings:
        return Surroundings(self.scope, self.groups)

    def _branch(self, name: str, depth: int) -> Branch:
        number, held = self.scope.customer.number, self._held.get(name, {})
        viewing = self._surroundings.viewing(self.groups.by_key[name])
        states = self._group_states.get(name, ())
        return Branch(
            name=name,
            address=links.record(number, GROUPS, name),
            depth=min(depth, DEEPEST),
            state=badges.badges([one for one in states if one.state is not State.ACTIVE], viewing.zone, viewing.now),
            pending=pending.notes(self.pending.of(GROUPS, name), viewing),
            plans=marks(self.plans.of(GROUPS, name), number),
            machines=self._counted(MACHINES, name),
            by_state=self._by_state(name),
            total=self._below.get(name, 0),
            service_users=self._counted(SERVICE_USERS, name),
            permissions=Counted(self._count(PERMISSIONS, name), links.action(number, GROUPS, name, "permissions")),
            cores=held.get("cores", 0),
            memory=numbers.amount_text(held.get("memory", 0), "MiB"),
            disk=numbers.amount_text(held.get("disk", 0), "GiB"),
            new_address=links.new(number, GROUPS, [("parent", name)]) if self.may_change else "",
        )

    def _count(self, type_name: str, group: str) -> int:
        listing = self.listings.get(type_name)
        return len(listing.index.by_group.get(group, ())) if listing is not None else 0

    def _counted(self, type_name: str, group: str) -> Counted:
        return Counted(self._count(type_name, group), self._list_of(type_name, group))

    def _by_state(self, group: str) -> list[Counted]:
        """The group's machines by state, in the order of precedence."""
        counts = self._machines_by_state.in_group.get(group, {}) if self._machines_by_state else {}
        return [self._in_state(group, state, counts[state]) for state in LOOKS if state in counts]

    def _in_state(self, group: str, state: State, count: int) -> Counted:
        badge = badges.badge(Status(state), BERLIN, self.groups.platform_now)
        return Counted(count, self._list_of(MACHINES, group, state.value), badge)

    def _list_of(self, type_name: str, group: str, state: str = "") -> str:
        pairs = [("resource_group", group), *([("state", state)] if state else [])]
        return links.of_type(self.scope.customer.number, type_name, pairs)


@require_http_methods(["GET", "HEAD", "POST"])
def list_or_tree(request: HttpRequest, customer_no: str, type_name: str) -> HttpResponseBase:
    """The list of a type; of resource groups also the tree, where the address asks for it."""
    if type_name == GROUPS and request.GET.get("view") == "tree":
        return _tree(request, customer_no)
    return resource_list(request, customer_no, type_name)


@noted
def _tree(request: HttpRequest, customer_no: str) -> HttpResponse:
    """The tree; its `#tree` for htmx. POST asks the platform again."""
    scope = get_scope(request.user, customer_no)
    scope.require(Verb.SEE, GROUPS)
    tree = Tree(scope, pending_of(scope))
    if request.method == "POST":
        for name in tree.listings:
            reads.refresh(scope, name)
        tree = Tree(scope, tree.pending)
        if not wants_part(request):
            return redirect(tree.own_address)
    if tree.is_live:
        watched_customers.watch(scope.customer)
    return render_live(request, scope, TEMPLATE, "tree", {"tree": tree}, tree, pending=tree.pending)
