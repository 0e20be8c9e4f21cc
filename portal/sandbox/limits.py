"""What cannot be had: more than the data centre has, or more than a group's credit covers (api_16).

Machines that are shut down for deletion count no more.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from portal.sandbox.billing import monthly_cost
from portal.sandbox.clock import berlin_day
from portal.sandbox.errors import CREDIT_LIMIT, RESOURCE_LIMIT, Fault
from portal.sandbox.models import Location, Machine, ResourceGroup
from portal.sandbox.scope import Scope, ancestry

_POOLS = {"rbd.hdd": "hdd", "rbd.ssd": "ssd"}


def check(scope: Scope) -> None:
    """Fault where a call, as a whole, has taken too much. Looks only if machines have grown or groups moved in it."""
    if scope.grown:
        _check_location(list(scope.grown.values())[-1], scope.now)
    for group, what in _heavier(scope).items():
        if group.credit_limit is not None:
            _check_credit(scope, group, group.credit_limit, what)


def _heavier(scope: Scope) -> dict[ResourceGroup, str]:
    """The groups that may cost more than before the call, and what each is told of: the record and key that did it."""
    found: dict[ResourceGroup, str] = {}
    for machine in scope.grown.values():
        for group in ancestry(scope.groups[machine.group_id]):
            found[group] = f"virtualmachine {machine.name}: resource_group"
    for pk, before in scope.moved.items():
        if pk in scope.groups:  # it may have been deleted after that
            moved = scope.groups[pk]
            new = [group for group in ancestry(moved) if group.pk not in before]
            found |= dict.fromkeys(new, f"resourcegroup {moved.name}: parent")
    return found


def _check_location(machine: Machine, now: datetime) -> None:
    location = Location.objects.filter(pk=machine.location).first()
    if location is None:
        return
    there = _standing(now).filter(location=location.pk)
    used = there.aggregate(cores=Sum("cores"), memory=Sum("memory")) | _disks(there)
    for what in ("cores", "memory", "hdd", "ssd"):
        capacity = getattr(location, what)
        if (used.get(what) or 0) > capacity:
            key = "disk" if what in _POOLS.values() else what
            text = f"the data centre {location.pk} has no more {what} to give (capacity {capacity})"
            raise Fault(RESOURCE_LIMIT, f"virtualmachine {machine.name}: {key}: {text}")


def _check_credit(scope: Scope, group: ResourceGroup, credit: Decimal, what: str) -> None:
    # Also what the key does not reach counts: the limit may be of a group above it.
    below = [one for one in scope.tree if group in ancestry(one)]
    cost = projected_cost(_standing(scope.now).filter(group__in=below))
    if cost > credit:
        text = f"projected monthly cost {cost:.2f} is over the credit limit {credit:.2f} of {group.name}"
        raise Fault(CREDIT_LIMIT, f"{what}: {text}")


def _standing(now: datetime) -> QuerySet[Machine]:
    """All machines but those that are shut down for deletion: from the day of their deadline on."""
    return Machine.objects.exclude(deadline__lte=berlin_day(now))


def projected_cost(machines: QuerySet[Machine]) -> Decimal:
    """What machines will cost in a month, as recorded."""
    total = Decimal()
    for row in machines.values("rbd_pool").annotate(c=Sum("cores"), m=Sum("memory"), d=Sum("disk")):
        total += monthly_cost(row["c"], row["m"], row["d"], row["rbd_pool"])
    return total


def _disks(machines: QuerySet[Machine]) -> dict[str, Any]:
    rows = machines.values_list("rbd_pool").annotate(Sum("disk"))
    return {_POOLS[pool]: disk for pool, disk in rows}
