"""Consumption and invoices that the platform lists no more, beside those that it does (co_04: they outlive things).

`keep_all` holds what is known of each customer against its rows, and writes what differs. Only a customer whose every
key answers is looked at: what an absent platform or a refused key does not say has not vanished. `complete` lays what
has vanished over a listing, for who sees the whole customer; for a member of a group nobody could tell where it stood.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import batched

from django.db import transaction
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey, Customer, User
from portal.accounts.roles import MONEY, Role
from portal.billing.archive.models import ArchivedRecord, Held
from portal.inventory import reads
from portal.inventory.listings.merging import View, merged
from portal.inventory.reads import Listing, Source
from portal.inventory.snapshots.freshness import Part, keys_of, part_of
from portal.inventory.weighted_cache import WeightedCache
from portal.resources.spec import Record, UnreadableRecord, read
from portal.resources.spelling import natural
from portal.resources.types import TYPES

BATCH = 500  # rows in one transaction: nobody waits long for another writer
AT_LEAST = timedelta(days=1)  # the platform is asked, where nobody looks


@dataclass(frozen=True, eq=False, slots=True)
class Complete:
    """A listing with what has vanished from the platform; `gone`: when that was last listed, by key."""

    listing: Listing
    gone: Mapping[str, datetime] = field(default_factory=dict)


_known: WeightedCache[tuple[int, str, str, int], Complete] = WeightedCache(
    200_000, lambda one: len(one.listing.records) + 1
)


def complete(scope: Scope, listing: Listing) -> Complete:
    """The listing as it is, where nothing has vanished: one small query."""
    name = listing.type.name
    held = None if scope.root else Held.objects.filter(customer=scope.customer, type=name, gone__gt=0).first()
    if held is None:
        return Complete(listing)
    key = (scope.customer.pk, name, listing.version, held.turns)
    found = _known.get(key)
    if found is None or found.listing.source is not listing.source or found.listing.as_of != listing.as_of:
        found = _lay_over(scope.customer, listing, held.turns)
        _known.put(key, found)
    return replace(found, listing=replace(found.listing, platform_now=listing.platform_now))


def _lay_over(customer: Customer, listing: Listing, turns: int) -> Complete:
    rows = ArchivedRecord.objects.filter(customer=customer, type=listing.type.name, gone_since__isnull=False)
    records: dict[str, Record] = {}
    gone: dict[str, datetime] = {}
    for row in rows:
        if row.key in listing.by_key or row.gone_since is None:
            continue
        try:
            records[row.key] = read(listing.type, json.loads(row.raw))
        except (UnreadableRecord, ValueError):
            continue  # written by another version, which read it otherwise
        gone[row.key] = row.gone_since
    by_key = {**listing.by_key, **records}
    ordered = tuple(sorted(by_key.values(), key=lambda one: natural(one.key)))
    version = f"{listing.version}+{turns}"
    return Complete(replace(listing, records=ordered, by_key=by_key, version=version), gone)


def keep_all() -> None:
    """Bring the rows of all customers up to what is known of them."""
    for customer in Customer.objects.filter(pk__in=ApiKey.objects.values("customer")):
        for name in MONEY:
            keep(customer, name)


def keep(customer: Customer, name: str) -> None:
    """The same for one customer and type."""
    parts = [part_of(key, name) for key in keys_of(customer)]
    held = Held.objects.filter(customer=customer, type=name).first()
    if not parts or any(part.source is not Source.FRESH for part in parts):
        if held is None or held.seen < timezone.now() - AT_LEAST:
            reads.listing(Scope(customer, User(), Role.BILLING), name, wait=False)  # asks behind it
        return
    view = merged(customer, TYPES[name], [part.state.snapshot for part in parts if part.state.snapshot])
    seen = _fetched(parts)
    if held is None or held.version != view.version:
        _write(customer, name, view, held.seen if held else seen)
        gone = ArchivedRecord.objects.filter(customer=customer, type=name, gone_since__isnull=False).count()
        turns = (held.turns if held else 0) + 1
        state = {"version": view.version, "seen": seen, "gone": gone, "turns": turns}
        Held.objects.update_or_create(customer=customer, type=name, defaults=state)
    elif held.seen < seen:
        Held.objects.filter(pk=held.pk).update(seen=seen)


def _write(customer: Customer, name: str, view: View, last_seen: datetime) -> None:
    """Rows that differ from what is listed. It may be done twice, or be broken off and done again."""
    rows = ArchivedRecord.objects.filter(customer=customer, type=name)
    stored = {key: (digest, gone) for key, digest, gone in rows.values_list("key_digest", "digest", "gone_since")}
    listed = {_digest(record.key): record for record in view.records}
    made = (_kept(customer, key, record) for key, record in listed.items())
    changed = [one for one in made if stored.get(one.key_digest) != (one.digest, None)]
    for some in batched(changed, BATCH):
        ArchivedRecord.objects.bulk_create(
            some,
            update_conflicts=True,
            unique_fields=["customer", "type", "key_digest"],
            update_fields=["digest", "raw", "gone_since"],
        )
    vanished = [key for key, (_digest_of, gone) in stored.items() if gone is None and key not in listed]
    for keys in batched(vanished, BATCH):
        with transaction.atomic():
            rows.filter(key_digest__in=keys).update(gone_since=last_seen)


def _kept(customer: Customer, key_digest: str, record: Record) -> ArchivedRecord:
    values = {**record.values, **record.further}
    raw = json.dumps({name: value for name, value in values.items() if value is not None}, default=str)
    return ArchivedRecord(
        customer=customer,
        type=record.type.name,
        key=record.key,
        key_digest=key_digest,
        digest=_digest(raw),
        raw=raw,
    )


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _fetched(parts: Sequence[Part]) -> datetime:
    """When the oldest of them was fetched."""
    return datetime.fromtimestamp(min(part.state.snapshot.head.fetched for part in parts if part.state.snapshot), UTC)
