"""The index that the search over all customers looks into: tables of the database, shared by all processes.

Fed by a worker every few seconds from the snapshots that have changed since (one small read tells which), and then only
with the records that differ. So the pages that people wait for never pay for it, and a kill at any moment costs
nothing: what is not marked as indexed is done again. Of customers that nobody looks at, the worker has the snapshots
fetched anew now and then, a few at a time, so that they can be found as well.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b
from itertools import batched

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.accounts.models import ApiKey
from portal.celery import app
from portal.console.models import Entry, Indexed, Term
from portal.console.search.terms import FORMAT, terms_of
from portal.inventory.snapshots import store
from portal.inventory.snapshots.background_refresh import TASK as REFRESH
from portal.inventory.snapshots.current import known
from portal.inventory.snapshots.snapshot_key import SnapshotKey, place_of
from portal.inventory.snapshots.store import Seen
from portal.resources.spec import Record

TYPES = ("virtualmachine", "resourcegroup", "serviceuser", "permission", "invoice")
AT_ONCE = 1000
RENEWED_AFTER = 3600.0  # seconds after which a snapshot that nobody looks at is fetched again
MOST_RENEWED = 20  # in one run
FOR_AT_MOST = 20.0  # seconds of one run; the next goes on


def update() -> int:
    """Bring the index up to the snapshots; how many places were behind. Raises inventory.redis_connection.Away."""
    began, done = time.monotonic(), 0
    places = {place_of(key, name): key for key in ApiKey.objects.order_by("pk") for name in TYPES}
    at = {(one.api_key_id, one.type_name): one.version for one in Indexed.objects.all()}
    missing: list[tuple[ApiKey, str]] = []
    for some in batched(places, AT_ONCE):
        for place, seen in store.look(some).items():
            key = places[place]
            if _wants_renewal(key, seen):
                missing.append((key, place.type_name))
            if seen.head is not None and at.get((key.pk, place.type_name)) != _version(place, seen):
                done += _index(key, place, _version(place, seen))
                if time.monotonic() - began > FOR_AT_MOST:
                    return done
    with suppress(OperationalError):  # without a broker nobody could fetch them; the next run asks again
        for key, type_name in missing[:MOST_RENEWED]:
            app.send_task(REFRESH, args=(str(key.pk), type_name), expires=60)
    return done


def _wants_renewal(key: ApiKey, seen: Seen) -> bool:
    """Nothing is known, or it is old; a place that cannot be fetched is left to the pages that need it."""
    if key.refused_at is not None:
        return False
    if seen.failure is not None and time.time() < seen.failure.at + max(seen.failure.retry_in, 60.0):
        return False
    return seen.head is None or seen.head.fetched < time.time() - RENEWED_AFTER


def _version(place: SnapshotKey, seen: Seen) -> str:
    digest = seen.head.digest if seen.head else ""
    return f"{FORMAT}:{place.generation}:{digest}:{blake2b(seen.mark, digest_size=8).hexdigest()}"


def _index(key: ApiKey, place: SnapshotKey, version: str) -> bool:
    snapshot = known([place])[place].snapshot
    if snapshot is None:
        return False
    replace(key, place.type_name, snapshot.records)
    Indexed.objects.update_or_create(
        api_key=key, type_name=place.type_name, defaults={"version": version, "at": timezone.now()}
    )
    return True


def replace(key: ApiKey, type_name: str, records: Mapping[str, Record]) -> None:
    """Make exactly these records what is indexed by that key of that type; unchanged ones are left alone.

    In small transactions, so that nobody else who writes waits for long; the next run goes on with one that was killed.
    """
    wanted = {record.key: _entry(key, record) for record in records.values()}
    present = dict(Entry.objects.filter(api_key=key, type_name=type_name).values_list("key", "digest"))
    differing = [one for name, one in wanted.items() if present.get(name) != one.digest]
    entries = Entry.objects.filter(api_key=key, type_name=type_name)
    for gone in batched(sorted(present.keys() - wanted.keys()), 500):
        entries.filter(key__in=gone).delete()
    for some in batched(differing, 500):
        with transaction.atomic():
            entries.filter(key__in=[one.key for one in some]).delete()
            made = Entry.objects.bulk_create(some)
            terms = (Term(entry=one, term=term) for one in made for term in sorted(terms_of(records[one.key])))
            Term.objects.bulk_create(terms, batch_size=2000)


def _entry(key: ApiKey, record: Record) -> Entry:
    words = "\n".join(sorted(terms_of(record)))
    note = _note(record)
    digest = blake2b(f"{record.title}\n{note}\n{words}".encode(), digest_size=12).hexdigest()
    return Entry(
        api_key=key,
        customer_id=key.customer_id,
        type_name=record.type.name,
        key=record.key,
        title=record.title[:200],
        note=note[:200],
        words=words,
        digest=digest,
    )


def _note(record: Record) -> str:
    """What is said beside its title."""
    if record.type.money:
        return " ".join(_texts(record, ("total", "status")))
    lead = str(record.values.get(record.type.lead) or "") if record.type.lead else ""
    return " · ".join(part for part in (record.group or "", lead) if part and part != record.title)


def _texts(record: Record, names: Iterable[str]) -> list[str]:
    return [str(record.values[name]) for name in names if record.values.get(name)]
