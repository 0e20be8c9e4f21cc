"""Follows what is recorded until it is in force: one poll per key for all that is pending under it.

Often while somebody has a page open on it, now and then otherwise, and not at all when nothing is pending. Polls patch
the inventory, so pages see what they bring without asking the platform.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from portal import leasing
from portal.accounts.keys.sealing import Broken
from portal.accounts.models import ApiKey
from portal.api import ApiError
from portal.changes import settle, timing
from portal.changes.evidence import INSTALL, MAINTENANCE
from portal.changes.models import Item, KeyPoll, State
from portal.changes.platform_state import FEW
from portal.inventory import watched_customers
from portal.inventory.snapshots.current import known
from portal.inventory.snapshots.poll import poll
from portal.inventory.snapshots.snapshot_key import place_of
from portal.resources.spec import Record

logger = logging.getLogger(__name__)

MACHINES, MAINTENANCES = "virtualmachine", "maintenance"


def due_keys() -> list[str]:
    """Ids of keys under which something is pending and whose time for a poll has come."""
    watched = watched_customers.watched()
    settling = set(_unsettled().values_list("change__api_key", "evidence"))
    concerned = Q(customer__in=watched) | Q(pk__in={pk for pk, _evidence in settling})
    return [
        str(key.pk)
        for key in ApiKey.objects.filter(concerned).select_related("poll")
        if _is_due(key, {evidence for pk, evidence in settling if pk == key.pk}, watched=key.customer_id in watched)
    ]


def _is_due(api_key: ApiKey, awaited: set[str], *, watched: bool) -> bool:
    installing = INSTALL in awaited or (watched and bool(_being_installed(api_key)))
    if not installing and not awaited:
        return False
    before = timezone.now() - _interval(watched=watched, installing=installing)
    return not hasattr(api_key, "poll") or api_key.poll.is_free(before)


def follow(pk: str) -> None:
    """One poll for all that is pending under a key, unless somebody is at it or it is too early."""
    api_key = ApiKey.objects.filter(pk=pk).first()
    if api_key is None:
        return
    watched = api_key.customer_id in watched_customers.watched()
    items = list(_unsettled().filter(change__api_key=api_key).select_related("change"))
    machines = {item.key for item in items if item.evidence == INSTALL}
    if watched:
        machines |= _being_installed(api_key)
    maintenances = any(item.evidence == MAINTENANCE for item in items)
    if not machines and not maintenances:
        return
    latest = _take(api_key, _interval(watched=watched, installing=bool(machines)))
    if latest is None:
        return
    busy_until = None
    try:
        with leasing.renewed(lambda: _stay_busy(api_key)):
            _judge(api_key, items, sorted(machines), latest, maintenances=maintenances)
    except (ApiError, Broken) as error:
        logger.warning("What is pending under %s could not be followed: %s", api_key.resource_group, error)
        busy_until = timezone.now() + timedelta(seconds=timing.PAUSE_AFTER_FAILURE)
    finally:
        KeyPoll.objects.filter(pk=api_key.pk).update(busy_until=busy_until)


def _judge(
    api_key: ApiKey, items: Sequence[Item], machines: Sequence[str], latest: datetime, *, maintenances: bool
) -> None:
    seen = settle.Seen(
        machines=_poll_machines(api_key, machines) if machines else None,
        maintenances=_by_key(poll(api_key, MAINTENANCES)) if maintenances else None,
        platform_now=_platform_now(api_key),
        since_last=timezone.now() - latest,
    )
    for item in items:
        settle.judge(item, seen)
    settle.close(list({item.change_id: item.change for item in items}.values()))


def _poll_machines(api_key: ApiKey, names: Sequence[str]) -> dict[str, Record]:
    if len(names) > FEW:
        return _by_key(poll(api_key, MACHINES))
    return _by_key([record for name in names for record in poll(api_key, MACHINES, {"name": name})])


def _being_installed(api_key: ApiKey) -> set[str]:
    """Machines known to be installed now, whoever made them."""
    place = place_of(api_key, MACHINES)
    snapshot = known([place])[place].snapshot
    if snapshot is None:
        return set()
    return {key for key, record in snapshot.records.items() if record.get("needs_install") is True}


def _platform_now(api_key: ApiKey) -> datetime:
    """The platform's time, as its latest answer about maintenances told it; ours where it never did."""
    place = place_of(api_key, MAINTENANCES)
    snapshot = known([place])[place].snapshot
    ahead = snapshot.head.platform - snapshot.head.fetched if snapshot and snapshot.head.platform else 0.0
    return datetime.fromtimestamp(time.time() + ahead, UTC)


def _take(api_key: ApiKey, interval: timedelta) -> datetime | None:
    """The poll is ours: when the one before was; None where it is too early or somebody is at it."""
    now = timezone.now()
    row, _made = KeyPoll.objects.get_or_create(api_key=api_key)
    if not row.is_free(now - interval):
        return None
    free = KeyPoll.objects.filter(Q(busy_until=None) | Q(busy_until__lte=now), pk=api_key.pk, polled_at=row.polled_at)
    if not free.update(polled_at=now, busy_until=now + timing.lease()):
        return None
    return row.polled_at or now


def _stay_busy(api_key: ApiKey) -> None:
    KeyPoll.objects.filter(pk=api_key.pk).exclude(busy_until=None).update(busy_until=timezone.now() + timing.lease())


def _interval(*, watched: bool, installing: bool) -> timedelta:
    if not watched:
        return timedelta(seconds=timing.UNWATCHED_POLL)
    return timedelta(seconds=timing.WATCHED_POLL if installing else timing.WATCHED_MAINTENANCE_POLL)


def _unsettled() -> QuerySet[Item]:
    return Item.objects.filter(settled_at=None, change__state=State.SETTLING).exclude(evidence="")


def _by_key(records: Sequence[Record]) -> dict[str, Record]:
    return {record.key: record for record in records}
