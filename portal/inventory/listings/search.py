"""Looks for a text in all that a scope sees, of every type, best first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from portal.inventory.listings.derived import mentioning, search_text
from portal.inventory.listings.listing import Listing
from portal.resources.spec import Record
from portal.resources.spelling import Words, mentions, natural, plain, words_of

MOST_WORDS = 8
NONE: Mapping[str, Sequence[Record]] = {}


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, and how many there are in all."""

    records: Sequence[Record]
    total: int


def search(
    listings: Iterable[Listing], text: str, *, most: int, beside: Mapping[str, Sequence[Record]] = NONE
) -> Found:
    """Records that mention every word of the text, anywhere in what their type is searched by.

    `beside` are records, by type, that the listings do not have yet.
    First whose name is the text, then whose name begins with it, then whose name holds it; then the others. Among
    equals by the order of the listings, then by name; money comes last.
    """
    words = words_of(text, MOST_WORDS)
    if not words:
        return Found((), 0)
    hits: list[tuple[int, int, Record]] = []
    for position, listing in enumerate(listings):
        found = mentioning(listing.records, listing.index.texts, words)
        further = (one for one in beside.get(listing.type.name, ()) if mentions(search_text(one), words))
        hits += [(_rank(record, words), position, record) for record in chain(found, further)]
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
