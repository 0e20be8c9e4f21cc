"""What is set right after a restore: the platform and Redis have gone on since the backup was made."""

from django.utils import timezone

from portal.changes.models import Change
from portal.inventory.redis_connection import Away, connected


def distrust_changes() -> int:
    """Of what had not been sent nobody knows whether it was since: the platform is looked at before it is. How many."""
    unsent = Change.objects.filter(done_at=None, recorded_at=None, sent_at=None)
    return unsent.update(sent_at=timezone.now())


def empty_cache() -> bool:
    """What Redis holds of another database is none of this one's. Whether that could be done."""
    try:
        with connected() as redis:
            redis.flushdb()
    except Away:
        return False
    return True
