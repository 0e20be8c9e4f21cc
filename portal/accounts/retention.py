"""How long things are kept: settings say (KEEP_…), tasks carry it out, and the portal's own trail has what went.

It is reckoned by whole days, so that a task which looks each hour finds something once a day.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from portal.accounts.audit import trail


def since(days: int) -> datetime:
    """From when on things are kept: the beginning of a day, UTC, at least so many days ago."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days)


def note(what: str, count: int) -> None:
    """That so many went; nothing where there was none. Belongs into the transaction that removes them."""
    if count:
        trail.record("retention.applied", target=what, after={"records": count})
