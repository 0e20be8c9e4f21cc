"""What open plans ask of one record, in words: for its page and its forms."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.accounts.access import Scope
from portal.customer.changes.presenter import Line
from portal.customer.plans.presenter import EntryPresenter
from portal.inventory.reads import Listing
from portal.plans import open_plans
from portal.plans.models import Entry
from portal.ui import links


@dataclass(frozen=True, slots=True)
class InPlan:
    """An open plan, and its entry of the record."""

    title: str
    address: str
    line: Line


def in_plans(
    scope: Scope, type_name: str, key: str, known: Mapping[str, Listing] | None = None, *, but_for: int = 0
) -> list[InPlan]:
    """Each plan that asks something of the record, without the one of that number; no statement where none does."""
    numbers = [mark.plan_number for mark in open_plans.of(scope, known).of(type_name, key)]
    shown = [number for number in numbers if number != but_for]
    if not shown:
        return []
    of_customer = Entry.objects.filter(plan__customer=scope.customer, plan__number__in=shown, change=None)
    entries = of_customer.filter(type_name=type_name, key=key).select_related("plan").order_by("-plan__number")
    return [_in_plan(scope, entry) for entry in entries]


def _in_plan(scope: Scope, entry: Entry) -> InPlan:
    address = links.plan(scope.customer.number, entry.plan.number)
    return InPlan(entry.plan.title, address, EntryPresenter(scope, entry.plan, entry).line)
