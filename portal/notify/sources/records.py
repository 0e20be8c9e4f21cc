"""What records say beside their dates: a machine that is ready, an invoice that is new, a budget that is near.

`data` of its facts: {} · {"month", "total", "before"} amounts as the platform has them · {"measure", "group", "month",
"value", "limit"}.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from decimal import Decimal

from django.utils import timezone

from portal.accounts.models import Customer
from portal.billing.invoices import amounts
from portal.billing.invoices.invoice import previous_of
from portal.billing.thresholds import thresholds
from portal.billing.usage import months
from portal.inventory.reads import Listing
from portal.notify.facts import Fact
from portal.resources.spec import Record
from portal.resources.times import parse_day

MUCH_HIGHER = Decimal("1.3")  # times the one before …
AT_LEAST = Decimal(10)  # … and so much more, EUR
DRAFT = "pending"  # in_02


def installing(machines: Listing) -> list[str]:
    """Machines that are being installed now."""
    return sorted(key for key, machine in machines.by_key.items() if machine.get("needs_install") is True)


def ready(machines: Listing, before: Iterable[str], now: datetime) -> Iterator[Fact]:
    """Machines that were being installed when it was looked last, and are so no more."""
    for key in before:
        machine = machines.by_key.get(key)
        if machine is not None and machine.get("needs_install") is False:
            yield Fact(
                kind="machine.ready",
                key=f"ready/{key}/{now.isoformat()}",
                at=now,
                thread=f"ready/{key}",
                type_name="virtualmachine",
                record=key,
                group=machine.group or "",
            )


def invoices(listing: Listing) -> Iterator[Fact]:
    """Those that are final."""
    for record in listing.records:
        if record.get("status") != DRAFT:
            yield from _of_invoice(record, previous_of(record, listing.records))


def near_limits(customer: Customer) -> Iterator[Fact]:
    """Budgets of which little is left in the running month."""
    for limit, month in thresholds.standing(customer):
        if limit.state != "near" or month != months.running(timezone.now()):
            continue
        one = limit.threshold
        yield Fact(
            kind="limit.near",
            key=f"limit/{one.pk}/{month}/near",
            at=timezone.now(),
            thread=f"limit/{one.pk}",
            data={
                "measure": one.measure,
                "group": one.group,
                "month": month,
                "value": str(limit.value),
                "limit": f"{one.limit:f}",
            },
        )


def _of_invoice(record: Record, previous: Record | None) -> Iterator[Fact]:
    total = amounts.parse(record.get("total"))
    before = amounts.parse(previous.get("total")) if previous else None
    is_higher = total is not None and before is not None and _is_much_higher(total, before)
    until = parse_day(str(record.get("consumption_end") or record.key))
    yield Fact(
        kind="invoice.higher" if is_higher else "invoice.new",
        key=f"invoice/{record.key}",
        at=timezone.now(),
        dated=datetime.combine(until, time(), UTC) if until else None,
        thread=f"invoice/{record.key}",
        type_name="invoice",
        record=record.key,
        data={"month": record.key, "total": str(total or ""), "before": str(before or "")},
    )


def _is_much_higher(total: Decimal, before: Decimal) -> bool:
    return total >= before * MUCH_HIGHER and total - before >= AT_LEAST
