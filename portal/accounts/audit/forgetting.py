"""Old entries of the audit trail go, where a setting says so: from a chain's beginning, and what is left is whole.

The chain then begins after the last one that went. A later entry (`trail.FORGOTTEN`) has its number and its digest, so
that nobody can cut off more unseen.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from portal.accounts import retention
from portal.accounts.audit import append_only, trail
from portal.accounts.models import AuditEntry, Customer

MOST = 20_000  # entries of a chain that go at once: whoever adds to it waits meanwhile


def forget_old() -> int:
    """Removes what is older than settings.KEEP_TRAIL_DAYS, never anything where that is 0. How many entries."""
    if not settings.KEEP_TRAIL_DAYS:
        return 0
    before = retention.since(settings.KEEP_TRAIL_DAYS)
    chains = AuditEntry.objects.order_by("chain").filter(at__lt=before).values_list("chain", flat=True).distinct()
    return sum(_forget(chain, before) for chain in chains)


@transaction.atomic
def _forget(chain: str, before: datetime) -> int:
    trail.hold(chain)
    entries = AuditEntry.objects.filter(chain=chain).order_by("sequence")
    kept = entries.filter(at__gte=before).first()
    old = entries.filter(sequence__lt=kept.sequence) if kept else entries
    gone = list(old.values_list("sequence", "digest")[:MOST])
    if gone:
        until, digest = gone[-1]
        customer = Customer(number=chain) if chain else None
        said = {"until": until, "digest": digest, "records": len(gone)}
        trail.record(trail.FORGOTTEN, customer=customer, target="trail", after=said)
        with append_only.lifted(connection):
            entries.filter(sequence__lte=until).delete()
    return len(gone)
