"""A snapshot: all records of one type that one API key reaches, decoded. Immutable; a change makes a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from portal.inventory.snapshots.store import Head, Overlay, Raw, body_of
from portal.resources.spec import Record, ResourceType, UnreadableRecord, read, read_all


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one record after the query: its number, and the record, None for one that is gone."""

    number: int
    record: Record | None


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """`records` are those of the query with what was learned since laid over them.

    A record that has not changed is the very same object in the next snapshot, and a snapshot whose records have not
    changed has the same `version`, so whatever was made from them (rows, orderings, states) can be kept.
    """

    type: ResourceType
    head: Head
    base: Mapping[str, Record]
    unreadable: int
    learned: Mapping[str, Learned]
    records: Mapping[str, Record]
    version: str

    def number_of(self, key: str) -> int:
        """When what is known of a record, or of its absence, was learned."""
        learned = self.learned.get(key)
        return learned.number if learned else self.head.number


def decode(resource_type: ResourceType, head: Head, raws: Sequence[Raw], previous: Snapshot | None) -> Snapshot:
    """The snapshot of a query's records; what `previous` holds alike is taken from there."""
    read_records, unreadable = read_all(resource_type, raws)
    known = previous.records if previous else {}
    base: dict[str, Record] = {}
    for record in read_records:
        same = known.get(record.key)
        base[record.key] = same if same == record and same is not None else record
    return Snapshot(resource_type, head, base, unreadable, {}, base, head.digest)


def rebase(snapshot: Snapshot, head: Head) -> Snapshot:
    """The same records, fetched anew."""
    return relearn(replace(snapshot, head=head), snapshot.learned)


def learn(snapshot: Snapshot, overlay: Overlay) -> Snapshot:
    """The snapshot with more laid over it: of each record the latest counts."""
    learned = dict(snapshot.learned)
    for key, (number, raw) in overlay.items():
        before = learned.get(key)
        if before is None or before.number < number:
            learned[key] = Learned(number, _read(snapshot, key, raw))
    return relearn(snapshot, learned)


def relearn(snapshot: Snapshot, learned: Mapping[str, Learned]) -> Snapshot:
    """The snapshot with exactly this laid over it, as far as it is later than the query."""
    later = {key: one for key, one in learned.items() if one.number > snapshot.head.number}
    changed = {key: one.record for key, one in later.items() if one.record is not snapshot.base.get(key)}
    if not changed:
        return replace(snapshot, learned=later, records=snapshot.base, version=snapshot.head.digest)
    records = dict(snapshot.base)
    for key, record in changed.items():
        if record is None:
            records.pop(key, None)
        else:
            records[key] = record
    return replace(snapshot, learned=later, records=records, version=_version(snapshot.head, changed))


def digest_of(body: bytes) -> str:
    return blake2b(body, digest_size=12).hexdigest()


def _read(snapshot: Snapshot, key: str, raw: Raw | None) -> Record | None:
    """The record as learned, the known object where it is no different; None where it is gone."""
    if raw is None:
        return None
    try:
        record = read(snapshot.type, raw)
    except UnreadableRecord:
        return snapshot.records.get(key)
    for known in (snapshot.base.get(key), snapshot.records.get(key)):
        if known == record:
            return known
    return record


def _version(head: Head, changed: Mapping[str, Record | None]) -> str:
    """The same for the same records, in whatever process and order they were learned."""
    parts = [
        body_of([{"key": key, **({} if record is None else {"values": record.values, "further": record.further})}])
        for key, record in sorted(changed.items())
    ]
    return digest_of(b"\n".join((head.digest.encode(), *parts)))
