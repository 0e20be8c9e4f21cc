"""Looks for a text in all that a scope sees, of every type, best first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.inventory.listing import Listing
from portal.resources.spec import Record
from portal.resources.spelling import Words, mentions, natural, plain, words_of

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
    words = words_of(text, MOST_WORDS)
    if not words:
        return Found((), 0)
    hits: list[tuple[int, int, Record]] = []
    for position, listing in enumerate(listings):
        texts = listing.index.texts
        found = (record for record in listing.records if mentions(texts[record.key], words))
        hits += [(_rank(record, words), position, record) for record in found]
    best = sorted(hits, key=lambda hit: (hit[0], hit[1], natural(hit[2].title)))[:most]
    return Found(tuple(record for _rank, _position, record in best), len(hits))


def _rank(record: Record, words: Words) -> int:
    name = plain(record.title)
    whole = " ".join(word[0] for word in words)
    if record.type.money:
        return 4
    if name == whole:
        return 0
    if name.startswith(whole):
        return 1
    return 2 if words[0][0] in name else 3
