"""A snapshot: all records of one type that one API key reaches, decoded. Immutable; a change makes a new one."""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import batched

from portal.inventory import spare_memory
from portal.inventory.snapshots.store import Head, Overlay, Raw, dump, lines_of
from portal.resources.spec import Reader, Record, ResourceType, UnreadableRecord, read

AT_ONCE = 1000  # lines


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one record after the query: its number, and the record, None for one that is gone."""

    number: int
    record: Record | None


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """What the lines of a body were read as: a mark of each, and the record; None for one that is unreadable."""

    marks: Sequence[int]
    records: Sequence[Record | None]


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """`records` are those of the query with what was learned since laid over them.

    A record that has not changed is the very same object in the next snapshot, and a snapshot whose records have not
    changed has the same `version`, so whatever was made from them (rows, orderings, states) can be kept.
    """

    type: ResourceType
    head: Head
    lines: Lines
    base: Mapping[str, Record]
    unreadable: int
    learned: Mapping[str, Learned]
    records: Mapping[str, Record]
    version: str

    def number_of(self, key: str) -> int:
        """When what is known of a record, or of its absence, was learned."""
        learned = self.learned.get(key)
        return learned.number if learned else self.head.number


def decode(resource_type: ResourceType, head: Head, body: bytes, previous: Snapshot | None) -> Snapshot:
    """The snapshot of a query's records. Lines that `previous` has read are not read again: a refresh takes as long as
    what is new in it. What it holds alike is taken from there."""
    lines = [line for _digest, line in lines_of(body)]
    marks = array("q", map(hash, lines))  # seeded by each process: nobody can make two lines have the same
    read = dict(zip(previous.lines.marks, previous.lines.records, strict=True)) if previous else {}
    known = previous.records if previous else {}
    new = [(mark, line) for mark, line in zip(marks, lines, strict=True) if mark not in read]
    with spare_memory.uncollected():
        for (mark, _line), record in zip(new, _read_lines(resource_type, [line for _, line in new]), strict=True):
            same = known.get(record.key) if record is not None else None
            read[mark] = same if same is not None and same == record else record
    records = [read[mark] for mark in marks]
    base = {record.key: record for record in records if record is not None}
    return Snapshot(resource_type, head, Lines(marks, records), base, records.count(None), {}, base, head.digest)


def _read_lines(resource_type: ResourceType, lines: Sequence[bytes]) -> Iterator[Record | None]:
    """By so many at a time, so that not all stand there raw at once."""
    reader = Reader(resource_type)
    for some in batched(lines, AT_ONCE):
        yield from reader.read_all(json.loads(b"[%b]" % b",".join(some)))


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
        dump({"key": key, **({} if record is None else {"values": record.values, "further": record.further})})
        for key, record in sorted(changed.items())
    ]
    return digest_of(b"\n".join((head.digest.encode(), *parts)))
