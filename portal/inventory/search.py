"""Looks for a text in all that a scope sees, of every type, best first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.inventory.index import natural, plain
from portal.inventory.listing import Listing
from portal.resources.spec import Record

MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, and how many there are in all."""

    records: Sequence[Record]
    total: int


def search(listings: Iterable[Listing], text: str, *, most: int) -> Found:
    """Records that mention every word of the text, anywhere in what their type is searched by.

    First whose name is the text, then whose name begins with it, then whose name holds it; then the others. Among
    equals by the order of the listings, then by name; money comes last.
    """
    words = plain(text).split()[:MOST_WORDS]
    if not words:
        return Found((), 0)
    hits: list[tuple[int, int, Record]] = []
    for position, listing in enumerate(listings):
        texts = listing.index.texts
        for record in listing.records:
            mentioned = texts[record.key]
            if all(word in mentioned for word in words):
                hits.append((_rank(record, words), position, record))
    best = sorted(hits, key=lambda hit: (hit[0], hit[1], natural(hit[2].title)))[:most]
    return Found(tuple(record for _rank, _position, record in best), len(hits))


def _rank(record: Record, words: Sequence[str]) -> int:
    name = plain(record.title)
    whole = " ".join(words)
    if record.type.money:
        return 4
    if name == whole:
        return 0
    if name.startswith(whole):
        return 1
    return 2 if words[0] in name else 3
