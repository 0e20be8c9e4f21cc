"""Old entries of the audit trail go, where a setting says so: from a chain's beginning, and what is left is whole.

The chain then begins after the last one that went. A later entry (`trail.FORGOTTEN`) has its number and its digest, so
that nobody can cut off more unseen.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from portal.accounts import retention
from portal.accounts.audit import append_only, trail
from portal.accounts.models import AuditEntry, AuditHead, Customer

MOST = 20_000  # entries of a chain that go at once: whoever adds to it waits meanwhile


def forget_old() -> int:
    """Removes what is older than settings.KEEP_TRAIL_DAYS, never anything where that is 0. How many entries."""
    if not settings.KEEP_TRAIL_DAYS:
        return 0
    before = retention.since(settings.KEEP_TRAIL_DAYS)
    return sum(_forget(chain, before) for chain in AuditHead.objects.order_by("chain").values_list("chain", flat=True))


def _forget(chain: str, before: datetime) -> int:
    entries = AuditEntry.objects.filter(chain=chain).order_by("sequence")
    if not entries.filter(at__lt=before).exists():
        return 0
    with transaction.atomic():
        trail.hold(chain)
        kept = entries.filter(at__gte=before).first()
        old = list(entries.filter(sequence__lt=kept.sequence)[:MOST] if kept else entries[:MOST])
        if old:
            said = {"until": old[-1].sequence, "digest": old[-1].digest, "records": len(old)}
            customer = Customer(number=chain) if chain else None
            trail.record(trail.FORGOTTEN, customer=customer, target="trail", after=said)
            with append_only.lifted(connection):
                AuditEntry.objects.filter(chain=chain, sequence__lte=old[-1].sequence).delete()
    return len(old)
