"""Plans that are through, for who looks for one: nothing of them is on pages, so they are looked up when asked for.

Their names are kept by this process for each `Customer.plans_version`, as `open_plans` are: who looks for something
else costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Prefetch

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.accounts.roles import CHANGES
from portal.inventory.weighted_cache import WeightedCache
from portal.plans.models import Entry, Plan, State, titled
from portal.plans.visibility import plans_of, visible_entries

MOST = 100  # with their entries; who looks for an older one gives its number or more of its name
MOST_KEPT = 20_000  # names, of all customers
SHOWN = ("plan", "type_name", "key", "group", "creates", "author")


@dataclass(frozen=True, slots=True)
class EndedPlan:
    """A plan that was applied; `count` is how many of its entries the person sees."""

    number: int
    name: str
    state: str
    count: int

    @property
    def title(self) -> str:
        return titled(self.number, self.name)


def applied_plans(scope: Scope, is_meant: Callable[[int, str], bool]) -> list[EndedPlan]:
    """The newest that the person sees and whose number and name are meant, newest first."""
    if not scope.customer.plans_version or not scope.may_see(CHANGES):
        return []
    meant = [pk for pk, number, name in _named(scope.customer) if is_meant(number, name)]
    if not meant:
        return []
    plans = plans_of(scope).filter(pk__in=meant[:MOST]).order_by("-number")
    shown = Prefetch("entries", Entry.objects.only(*SHOWN))
    found = ((plan, _count(scope, plan)) for plan in plans.prefetch_related(shown))
    return [
        EndedPlan(plan.number, plan.name, plan.state, count)
        for plan, count in found
        if count or not scope.root or plan.author_id == scope.user.pk
    ]


type Named = tuple[tuple[int, int, str], ...]
"""Key, number and name of each, newest first."""

_names: WeightedCache[object, Named] = WeightedCache(MOST_KEPT, lambda named: 1 + len(named))


def forget_all() -> None:
    """Keep nothing: for tests, whose databases are others each time."""
    _names.clear()


def _named(customer: Customer) -> Named:
    place = (customer.pk, customer.plans_version)
    found = _names.get(place)
    if found is None:
        plans = Plan.objects.filter(customer=customer, state=State.APPLIED).order_by("-number")
        found = tuple(plans.values_list("pk", "number", "name"))
        _names.put(place, found)
    return found


def _count(scope: Scope, plan: Plan) -> int:
    return len(visible_entries(scope, list(plan.entries.all())))
