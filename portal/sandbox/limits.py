"""What cannot be had: more than the data centre has, or more than a group's credit covers (api_16)."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from portal.sandbox.billing import monthly_cost
from portal.sandbox.errors import CREDIT_LIMIT, RESOURCE_LIMIT, Fault
from portal.sandbox.models import Location, Machine
from portal.sandbox.scope import Scope, ancestry

_POOLS = {"rbd.hdd": "hdd", "rbd.ssd": "ssd"}


def check(scope: Scope) -> None:
    """Fault where a call, as a whole, has taken too much. Looks only if machines have grown in it."""
    if not scope.grown:
        return
    machine = list(scope.grown.values())[-1]
    _check_location(machine)
    for pk in {grown.group_id for grown in scope.grown.values()}:
        for group in ancestry(scope.groups[pk]):
            if group.credit_limit is not None:
                _check_credit(scope, group.pk, group.name, group.credit_limit, machine)


def _check_location(machine: Machine) -> None:
    location = Location.objects.filter(pk=machine.location).first()
    if location is None:
        return
    used = Machine.objects.filter(location=location.pk).aggregate(cores=Sum("cores"), memory=Sum("memory"))
    used |= _disks(Machine.objects.filter(location=location.pk))
    for what in ("cores", "memory", "hdd", "ssd"):
        capacity = getattr(location, what)
        if (used.get(what) or 0) > capacity:
            key = "disk" if what in _POOLS.values() else what
            text = f"the data centre {location.pk} has no more {what} to give (capacity {capacity})"
            raise Fault(RESOURCE_LIMIT, f"virtualmachine {machine.name}: {key}: {text}")


def _check_credit(scope: Scope, pk: int, name: str, credit: Decimal, machine: Machine) -> None:
    # Also what the key does not reach counts: the limit may be of a group above it.
    below = [group.pk for group in scope.tree if pk in [one.pk for one in ancestry(group)]]
    cost = projected_cost(Machine.objects.filter(group__in=below))
    if cost > credit:
        text = f"projected monthly cost {cost:.2f} is over the credit limit {credit:.2f} of {name}"
        raise Fault(CREDIT_LIMIT, f"virtualmachine {machine.name}: resource_group: {text}")


def projected_cost(machines: QuerySet[Machine]) -> Decimal:
    """What machines will cost in a month, as recorded."""
    total = Decimal()
    for row in machines.values("rbd_pool").annotate(c=Sum("cores"), m=Sum("memory"), d=Sum("disk")):
        total += monthly_cost(row["c"], row["m"], row["d"], row["rbd_pool"])
    return total


def _disks(machines: QuerySet[Machine]) -> dict[str, Any]:
    rows = machines.values_list("rbd_pool").annotate(Sum("disk"))
    return {_POOLS[pool]: disk for pool, disk in rows}
