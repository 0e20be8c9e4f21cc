"""What every page knows of a customer's open plans: which there are, and what they ask of which records.

Kept by this process for each `Customer.plans_version`. That number comes with the customer's row, by which a person's
membership is looked up for each page anyway: while it stands, a page asks for nothing more, and of a customer without
plans never. It is read before the plans are, so what is kept under it is never older than it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.accounts.roles import CHANGES
from portal.inventory import reads
from portal.inventory.reads import Listing
from portal.inventory.weighted_cache import WeightedCache
from portal.plans.models import SHOWN_EVERYWHERE, Current, Entry, Plan, State, titled
from portal.plans.visibility import GROUP, visible_entries

MOST = 20_000  # entries kept by a process, of all customers


@dataclass(frozen=True, slots=True)
class Mark:
    """That an open plan asks something of a record. `group` places it, as it does an Entry."""

    plan_number: int
    plan_name: str
    type_name: str
    key: str
    group: str
    action: str
    creates: bool

    @property
    def plan_title(self) -> str:
        return titled(self.plan_number, self.plan_name)


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A plan, with those of its entries that are not through and that the person sees."""

    number: int
    name: str
    state: str
    author: int | None
    not_before: datetime | None
    obstacle: str
    marks: tuple[Mark, ...]

    @property
    def title(self) -> str:
        return titled(self.number, self.name)

    @property
    def count(self) -> int:
        return len(self.marks)


@dataclass(frozen=True)
class OpenPlans:
    """What one person sees of them, newest first; `chosen` is the number of the one they put changes into."""

    plans: tuple[OpenPlan, ...] = ()
    chosen: int = 0
    by_record: Mapping[tuple[str, str], tuple[Mark, ...]] = field(default_factory=dict)

    @cached_property
    def editable(self) -> tuple[OpenPlan, ...]:
        """Those that changes can be put into."""
        return tuple(plan for plan in self.plans if plan.state == State.OPEN)

    @cached_property
    def current(self) -> OpenPlan | None:
        """The one that the person puts changes into, while that is possible."""
        return next((plan for plan in self.editable if plan.number == self.chosen), None)

    def of(self, type_name: str, key: str) -> tuple[Mark, ...]:
        """What they ask of that record: at most one mark for each plan."""
        return self.by_record.get((type_name, key), ())

    def created(self, type_name: str) -> list[Mark]:
        """Records of that type that they would create."""
        return [mark for plan in self.plans for mark in plan.marks if mark.creates and mark.type_name == type_name]


NONE = OpenPlans()


def of(scope: Scope, known: Mapping[str, Listing] | None = None) -> OpenPlans:
    """What the person sees of the customer's open plans; `known` are listings that the page has at hand."""
    if not scope.customer.plans_version or not scope.may_see(CHANGES):
        return NONE
    whole, chosen = _whole(scope.customer)
    found = _seen(scope, whole, known) if whole.plans else NONE
    plans = tuple(plan for plan in found.plans if plan.marks or not scope.root or plan.author == scope.user.pk)
    return replace(found, plans=plans, chosen=chosen.get(scope.user.pk, 0))


type Whole = tuple[OpenPlans, Mapping[int, int]]
"""All open plans of a customer, and person → the number of their current one."""

_wholes: WeightedCache[object, Whole] = WeightedCache(MOST, lambda whole: _weight(whole[0]))
_cuts: WeightedCache[object, OpenPlans] = WeightedCache(MOST, lambda cut: _weight(cut))


def forget_all() -> None:
    """Keep nothing: for tests, whose databases are others each time."""
    _wholes.clear()
    _cuts.clear()


def _whole(customer: Customer) -> Whole:
    place = (customer.pk, customer.plans_version)
    found = _wholes.get(place)
    if found is None:
        found = _look_up(customer)
        _wholes.put(place, found)
    return found


def _look_up(customer: Customer) -> Whole:
    plans = list(Plan.objects.filter(customer=customer, state__in=SHOWN_EVERYWHERE).order_by("-number"))
    marks: dict[int, list[Mark]] = {plan.pk: [] for plan in plans}
    numbers = {plan.pk: plan for plan in plans}
    shown = ("type_name", "key", "group", "action", "creates")
    asked = Entry.objects.filter(plan__in=plans, change=None) if plans else Entry.objects.none()
    for pk, *values in asked.order_by("pk").values_list("plan", *shown):
        marks[pk].append(Mark(numbers[pk].number, numbers[pk].name, *values))
    chosen = Current.objects.filter(plan__in=plans).values_list("user", "plan__number") if plans else ()
    return _index([_open_plan(plan, marks[plan.pk]) for plan in plans]), dict(chosen)


def _open_plan(plan: Plan, marks: Sequence[Mark]) -> OpenPlan:
    return OpenPlan(
        number=plan.number,
        name=plan.name,
        state=plan.state,
        author=plan.author_id,
        not_before=plan.not_before,
        obstacle=plan.obstacle,
        marks=tuple(marks),
    )


def _seen(scope: Scope, whole: OpenPlans, known: Mapping[str, Listing] | None) -> OpenPlans:
    """What everybody of that role sees within that group."""
    groups = (known or {}).get(GROUP) or reads.listing(scope, GROUP, wait=False) if scope.root else None
    customer = scope.customer
    place = (customer.pk, customer.plans_version, scope.role, scope.root, groups.version if groups else "")
    found = _cuts.get(place)
    if found is None:
        by_key = groups.by_key if groups else None
        found = _index([replace(one, marks=tuple(visible_entries(scope, one.marks, by_key))) for one in whole.plans])
        _cuts.put(place, found)
    return found


def _index(plans: Sequence[OpenPlan]) -> OpenPlans:
    by_record: dict[tuple[str, str], tuple[Mark, ...]] = {}
    for plan in plans:
        for mark in plan.marks:
            place = (mark.type_name, mark.key)
            by_record[place] = (*by_record.get(place, ()), mark)
    return OpenPlans(tuple(plans), by_record=by_record)


def _weight(plans: OpenPlans) -> int:
    return 1 + len(plans.plans) + sum(plan.count for plan in plans.plans)
