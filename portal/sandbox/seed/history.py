"""The months before a seeded world begins: consumption of each, and invoices made from it."""

from datetime import date, datetime, timedelta
from random import Random

from django.conf import settings

from portal.sandbox import billing
from portal.sandbox.clock import midnight, month_of, next_month, previous_month
from portal.sandbox.models import Consumption, Contract, Event, Invoice
from portal.sandbox.seed.customer import Built

_BATCH = 500


def write(built: Built, random: Random, at: datetime, *, months: int) -> None:
    """Closed months of a customer. The last one is still being reviewed, the others are final."""
    plan = built.plan
    for contract_id, description, quantity in plan.contracts:
        Contract.objects.create(
            customer_no=plan.customer_no,
            contract_id=contract_id,
            description=description,
            quantity=quantity,
        )
    month = last = previous_month(month_of(at))
    uses: list[Consumption] = []
    invoices: list[Invoice] = []
    for age in range(months):
        used = _machines(built, month) + _traffic(built, month, random, age)
        used += _bygone(built, month, age, months) + billing.contracts_of(plan.customer_no, month)
        if used:
            uses += used
            invoices.append(billing.invoice(plan.customer_no, month, used))
            invoices[-1].status = "pending" if month == last else "final"
        month = previous_month(month)
    Consumption.objects.bulk_create(uses, batch_size=_BATCH)
    Invoice.objects.bulk_create(invoices, batch_size=_BATCH)


def schedule_review(at: datetime) -> None:
    """The last month's invoices become final when their review is over, some days from now at least."""
    month = month_of(at)
    review = midnight(month) + timedelta(days=settings.INVOICE_REVIEW_DAYS)
    due = max(review, at + timedelta(days=3))
    Event.objects.create(kind="invoices_final", due=due, name=previous_month(month).isoformat())


def _machines(built: Built, month: date) -> list[Consumption]:
    """What ran in a month, from when it was made."""
    end = midnight(next_month(month))
    used = []
    for machine in built.machines.values():
        running = built.hardware.get(machine.pk)
        seconds = int((end - max(machine.creation_date, midnight(month))).total_seconds())
        if running is not None and seconds > 0:
            details = {
                "cores": running.cores,
                "disk": running.disk,
                "memory": running.memory,
                "rbd_pool": machine.rbd_pool,
            }
            used.append(_use(built, month, "virtualmachine", machine.name, seconds, details))
    return used


def _traffic(built: Built, month: date, random: Random, age: int) -> list[Consumption]:
    """Growing over the years, with ups and downs."""
    hours = (midnight(next_month(month)) - midnight(month)).total_seconds() / 3600
    return [
        _use(built, month, "traffic", group.name, int(group.traffic_rate * hours * factor * 0.97**age), {})
        for group in built.groups.values()
        for factor in [random.uniform(0.75, 1.25)]
    ]


def _bygone(built: Built, month: date, age: int, months: int) -> list[Consumption]:
    """Machines that are gone by now: each was there until some time in these months."""
    details = {"cores": 1, "disk": 10, "memory": 512, "rbd_pool": "rbd.hdd"}
    return [
        _use(built, month, "virtualmachine", name, 700 * 3600, details)
        for turn, name in enumerate(built.plan.bygone, start=1)
        if age >= turn * months // (len(built.plan.bygone) + 1) and name not in built.machines
    ]


def _use(built: Built, month: date, kind: str, name: str, amount: int, details: dict[str, object]) -> Consumption:
    return Consumption(
        customer_no=built.plan.customer_no,
        period=month,
        type=kind,
        type_id=name,
        amount=amount,
        details=details,
    )
