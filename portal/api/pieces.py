"""Reads the records of an answer, but for those that stand in it as they did before, byte for byte.

An answer of 10,000 machines takes more than a second to read, and a minute later mostly one or two of them are others.
So it is cut before each record, where the tags are with which the first one begins, and only pieces with another digest
are parsed. What a piece says depends on nothing around it: the parser has to stand after it where it stood before it,
one record further, and comments, instructions and the like, which could reach over a cut, are in none. An answer that
is written in another way is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from hashlib import blake2b

from .decode import Entries, decode_answer
from .errors import Unreadable
from .values import Record, Value

_FIRST = re.compile(rb"<data>\s*(<value>\s*<struct>\s*<member>\s*<name>[^<]*</name>)")
_MAY_REACH_FURTHER = (b"<!", b"<?")


class _Otherwise(Exception):
    """The answer is not a list of records that can be told from each other."""


def read_records[T](body: bytes, known: Container[str], make: Callable[[Record], T]) -> list[tuple[str, T | None]]:
    """Digest and what `make` made of each record; None for those whose digest is known.

    The digest is '' where the answer could only be read as a whole. Raises what `decode_answer` does.
    """
    first = _FIRST.search(body)
    if first is not None:
        try:
            return _read_pieces(body, first[1], known, make)
        except (_Otherwise, Unreadable):
            pass  # what is wrong with it, if anything is, is said of the whole
    return [("", make(record)) for record in as_records(decode_answer(body))]


def as_records(value: Value) -> list[Record]:
    """The value, if it is a list of records. Raises Unreadable."""
    if not isinstance(value, list):
        raise Unreadable("the answer is no list")
    records = [item for item in value if isinstance(item, dict)]
    if len(records) < len(value):
        raise Unreadable("the answer is no list of structs")
    return records


def _read_pieces[T](
    body: bytes, begin: bytes, known: Container[str], make: Callable[[Record], T]
) -> list[tuple[str, T | None]]:
    head, *pieces = body.split(begin)
    pieces[-1], end, rest = pieces[-1].rpartition(b"</data>")
    entries = Entries()
    entries.feed(head)
    common = blake2b(head + begin, digest_size=12)  # the encoding is declared in it
    found: list[tuple[str, T | None]] = []
    for piece in pieces:
        own = common.copy()
        own.update(piece)
        digest = own.hexdigest()
        found.append((digest, None if digest in known else make(_read(entries, begin + piece))))
    entries.feed(end + rest)
    entries.close()
    return found


def _read(entries: Entries, piece: bytes) -> Record:
    if any(one in piece for one in _MAY_REACH_FURTHER):
        raise _Otherwise
    entries.feed(piece)
    read = entries.take()
    if len(read) != 1 or not isinstance(read[0], dict):
        raise _Otherwise
    return read[0]
