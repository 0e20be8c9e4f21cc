"""What things cost and how use adds up: consumption that grows with the clock, months that close into invoices.

A machine or a group carries since when its use is not yet in a `Consumption` row. `settle` moves what has
accrued into the row of the month; reading the running month adds the open rest without storing it.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import batched

from portal.sandbox.clock import midnight, month_of, next_month
from portal.sandbox.models import Consumption, Contract, Invoice, Machine, ResourceGroup

MONTH_SECONDS = 730 * 3600
#: Monthly prices before tax: of a core, a GiB of memory, a GiB of disk by pool; of a TB out; of a contract.
CORE = Decimal("9.50")
MEMORY_GIB = Decimal("6.20")
DISK_GIB = {"rbd.hdd": Decimal("0.08"), "rbd.ssd": Decimal("0.22")}
TRAFFIC_TB = Decimal("24.00")
CONTRACT = Decimal("150.00")
_CENTS = Decimal("0.0001")

_Thing = tuple[str, str]  # type, type_id


def monthly_cost(cores: int, memory: int, disk: int, rbd_pool: str) -> Decimal:
    """What a machine costs in a month; memory in MiB, disk in GiB."""
    return cores * CORE + Decimal(memory) / 1024 * MEMORY_GIB + disk * DISK_GIB[rbd_pool]


def parameters(use: Consumption) -> dict[str, object]:
    """The `parameters` of a record, by its type (co_02)."""
    if use.type == "traffic":
        return {"traffic": use.amount}
    if use.type == "virtualmachine":
        return {**use.details, "hours": use.amount // 3600}
    return {**use.details, "quantity": use.amount}


def consumption_of(customer_no: str, now: datetime) -> list[Consumption]:
    """All that a customer has used, the running month up to now; ordered by period, type and thing."""
    month = month_of(now)
    rows = list(Consumption.objects.filter(customer_no=customer_no))
    running = {(row.type, row.type_id): row for row in rows if row.period == month}
    groups = list(ResourceGroup.objects.filter(customer_no=customer_no))
    _accrue(running, groups, _machines(groups), now, month)
    for use in contracts_of(customer_no, month):
        running[use.type, use.type_id] = use
    rows = [row for row in rows if row.period != month] + list(running.values())
    return sorted(rows, key=lambda row: (row.period, row.type, row.type_id))


def contracts_of(customer_no: str, month: date) -> list[Consumption]:
    """A customer's contracts as unsaved uses of a month."""
    return [_contract_use(contract, month) for contract in Contract.objects.filter(customer_no=customer_no)]


def settle(groups: Iterable[ResourceGroup], now: datetime, month: date | None = None) -> None:
    """Put all open use of the groups and their machines into the month's rows, for their present customer.

    The month is that of `now` unless given: at the instant a month ends, that is the one after.
    """
    groups = list(groups)
    settle_machines(_machines(groups), now, month)
    settle_traffic(groups, now, month)


def settle_traffic(groups: list[ResourceGroup], now: datetime, month: date | None = None) -> None:
    """Put the open traffic of groups into the month's rows."""
    _store(groups, [], now, month or month_of(now))
    for group in groups:
        group.accounted_since = now
    ResourceGroup.objects.bulk_update(groups, ["accounted_since"], batch_size=500)


def settle_machines(machines: list[Machine], now: datetime, month: date | None = None) -> None:
    """Put the open hours of machines into the month's rows; they go on being accounted from `now`."""
    _store([], machines, now, month or month_of(now))
    for machine in machines:
        machine.accounted_since = now
    for some in batched(machines, 500):
        Machine.objects.filter(pk__in=[one.pk for one in some]).update(accounted_since=now)


def close_month(month: date) -> None:
    """Settle all use at the month's end and make each customer's invoice of it (in_02)."""
    settle(ResourceGroup.objects.all(), midnight(next_month(month)), month)
    contracts = [_contract_use(contract, month) for contract in Contract.objects.all()]
    Consumption.objects.bulk_create(contracts, ignore_conflicts=True)
    uses: dict[str, list[Consumption]] = {}
    for use in Consumption.objects.filter(period=month).order_by("type", "type_id"):
        uses.setdefault(use.customer_no, []).append(use)
    Invoice.objects.bulk_create(
        [invoice(customer_no, month, items) for customer_no, items in uses.items()],
        ignore_conflicts=True,
        batch_size=500,
    )


def invoice(customer_no: str, month: date, uses: Iterable[Consumption]) -> Invoice:
    """The unsaved invoice of a customer's month: an item for each thing used, total their sum."""
    items = [item(use) for use in uses]
    return Invoice(
        customer_no=customer_no,
        start=month,
        end=date.fromordinal(next_month(month).toordinal() - 1),
        items=items,
        total=sum((Decimal(one["price"]) for one in items), Decimal()),
    )


def item(use: Consumption) -> dict[str, str]:
    """The invoice item of one use; its price has four places (in_01)."""
    if use.type == "traffic":
        price = use.amount * TRAFFIC_TB / 10**12
        description, product = f"Traffic of {use.type_id}: {use.amount / 10**9:.1f} GB", "TRAFFIC"
    elif use.type == "virtualmachine":
        what = use.details
        price = monthly_cost(**what) * use.amount / MONTH_SECONDS
        description = (
            f"{use.type_id}: {what['cores']} cores, {what['memory']} MiB, {what['disk']} GiB, {use.amount // 3600} h"
        )
        product = "VM-" + what["rbd_pool"].removeprefix("rbd.").upper()
    else:
        price = use.amount * CONTRACT
        description, product = f"{use.details['description']} × {use.amount}", "CONTRACT"
    return {"description": description, "price": str(price.quantize(_CENTS)), "product": product}


def _machines(groups: Iterable[ResourceGroup]) -> list[Machine]:
    """The accounted machines of groups, with their hardware: an installed one has some."""
    rows = Machine.objects.filter(accounted_since__isnull=False).select_related("group", "hardware")
    pks = [group.pk for group in groups]
    return [machine for some in batched(pks, 500) for machine in rows.filter(group__in=some)]


def _accrue(
    uses: dict[_Thing, Consumption],
    groups: Iterable[ResourceGroup],
    machines: Iterable[Machine],
    now: datetime,
    month: date,
) -> None:
    """Add to the uses of one customer's month what is open at `now`."""
    begin = midnight(month)

    def use_of(customer_no: str, kind: str, name: str) -> Consumption:
        blank = Consumption(customer_no=customer_no, period=month, type=kind, type_id=name, amount=0)
        return uses.setdefault((kind, name), blank)

    for group in groups:
        use = use_of(group.customer_no, "traffic", group.name)
        # By whole minutes, so that two looks in a row see the same.
        minutes = int((now - max(group.accounted_since, begin)).total_seconds()) // 60
        use.amount += max(minutes * group.traffic_rate // 60, 0)
    for machine in machines:
        use = use_of(machine.group.customer_no, "virtualmachine", machine.name)
        since = max(machine.accounted_since or now, begin)
        use.amount += max(int((now - since).total_seconds()), 0)
        running = machine.hardware
        use.details = {
            "cores": running.cores,
            "disk": running.disk,
            "memory": running.memory,
            "rbd_pool": machine.rbd_pool,
        }


def _store(groups: list[ResourceGroup], machines: list[Machine], now: datetime, month: date) -> None:
    """Add open use to the stored rows of a month."""
    by_customer: dict[str, tuple[list[ResourceGroup], list[Machine]]] = {}
    for group in groups:
        by_customer.setdefault(group.customer_no, ([], []))[0].append(group)
    for machine in machines:
        by_customer.setdefault(machine.group.customer_no, ([], []))[1].append(machine)
    for customer_no, (its_groups, its_machines) in by_customer.items():
        rows = Consumption.objects.filter(customer_no=customer_no, period=month)
        uses = {(row.type, row.type_id): row for row in rows}
        _accrue(uses, its_groups, its_machines, now, month)
        stored = [use for use in uses.values() if use.pk is not None]
        Consumption.objects.bulk_update(stored, ["amount", "details"], batch_size=500)
        Consumption.objects.bulk_create([use for use in uses.values() if use.pk is None], batch_size=500)


def _contract_use(contract: Contract, month: date) -> Consumption:
    return Consumption(
        customer_no=contract.customer_no,
        period=month,
        type="contract",
        type_id=contract.contract_id,
        amount=contract.quantity,
        details={"description": contract.description},
    )
