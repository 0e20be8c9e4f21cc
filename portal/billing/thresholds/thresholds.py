"""Limits are set and removed, and one that is passed is noted: once for a limit and month, in one transaction with
the audit trail's entry, from which people hear of it (portal.notify).
"""

from collections.abc import Iterator
from decimal import Decimal

from django.db import IntegrityError, transaction

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import Customer, User
from portal.accounts.roles import THRESHOLDS, Role, Verb
from portal.billing.thresholds.models import Measure, Passed, Threshold
from portal.billing.thresholds.progress import Limit, limit_of
from portal.billing.usage import months, usage
from portal.billing.usage.estimate import estimate
from portal.inventory import reads
from portal.inventory.reads import Source

MOST_VALUE = Decimal(10) ** 19  # that the column holds


def put(scope: Scope, measure: Measure, group: str, limit: Decimal) -> Threshold:
    """Set a limit, in EUR or bytes, instead of the one that is there. PermissionDenied."""
    scope.require(Verb.CHANGE, THRESHOLDS)
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=scope.customer.pk)
        present = Threshold.objects.filter(customer=customer, measure=measure, group=group).first()
        if present is not None and present.limit == limit:
            return present  # a double click
        if present is not None:
            present.delete()
        made = Threshold.objects.create(customer=customer, measure=measure, group=group, limit=limit)
        before = {"limit": _plain(present)} if present else None
        trail.record("threshold.set", customer=customer, target=_target(made), before=before, after=_after(made))
    return made


def remove(scope: Scope, threshold: Threshold) -> None:
    """Forget a limit. PermissionDenied."""
    scope.require(Verb.CHANGE, THRESHOLDS)
    with transaction.atomic():
        deleted, _by_model = Threshold.objects.filter(pk=threshold.pk, customer=scope.customer).delete()
        if deleted:
            before = {"limit": _plain(threshold)}
            trail.record("threshold.removed", customer=scope.customer, target=_target(threshold), before=before)


def note_passed() -> int:
    """Look at all limits of all customers, and note those that are passed. How many. Nothing waits for the platform."""
    noted = 0
    for customer in Customer.objects.filter(thresholds__isnull=False).distinct():
        for limit, month in standing(customer):
            if limit.is_passed and not limit.threshold.passed.filter(month=month).exists():
                noted += _note(limit, month)
    return noted


def standing(customer: Customer) -> Iterator[tuple[Limit, str]]:
    """Each limit in the running month, and in the one before: its last hours may not have been looked at."""
    scope = Scope(customer, User(), Role.BILLING)  # as a bookkeeper would see it
    known = reads.listings(scope, ("consumption", "invoice"), wait=False)
    consumption = known["consumption"]
    if consumption.source is Source.NEVER:
        return
    used, now = usage.used(scope, consumption), consumption.platform_now
    running = months.running(now)
    for month in (months.before(running), running):
        estimated = estimate(used, known["invoice"].records, month, months.elapsed(month, now))
        for threshold in Threshold.objects.filter(customer=customer):
            end = months.end(month)
            if end and end > threshold.created:
                yield limit_of(threshold, used, estimated, month), month


def _note(limit: Limit, month: str) -> bool:
    """Whether it was ours to note: one worker only, once."""
    threshold, value = limit.threshold, min(limit.value or Decimal(), MOST_VALUE)
    try:
        with transaction.atomic():
            Passed.objects.create(threshold=threshold, month=month, value=value)
            after = _after(threshold) | {"month": month[:7], "value": str(limit.value)}
            trail.record("threshold.passed", customer=threshold.customer, target=_target(threshold), after=after)
    except IntegrityError:  # passed_once, or the limit was removed meanwhile
        return False
    return True


def _target(threshold: Threshold) -> str:
    return f"{threshold.measure} {threshold.group}".strip()


def _after(threshold: Threshold) -> dict[str, str]:
    return {"limit": _plain(threshold)}


def _plain(threshold: Threshold) -> str:
    """For the trail: 1200.0000 EUR, 5000000000 B."""
    is_amount = threshold.measure == Measure.AMOUNT
    return f"{threshold.limit:f} EUR" if is_amount else f"{int(threshold.limit)} B"
