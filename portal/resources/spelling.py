"""One text, many ways to write it: what is compared, put in order and looked for, in lists, search and trail alike.

Addresses and hardware addresses are found however they are written (IPv6 in full, in brackets, with a port or a prefix;
`02-00-00-02-10-04`, `0200.0002.1004`, the last three bytes): `spellings` has them as the platform writes them.
"""

import re
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

type SortKey = Any
type Words = Sequence[Sequence[str]]
"""Words that were typed, each in all its spellings."""

_DIGITS = re.compile("([0-9]+)")
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"})
# [2001:db8::2], [2001:db8::2]:443, [2001:db8::2]/64, 203.0.113.2:443
_BRACKETED = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5}|/[0-9]{1,3})?|([0-9.]+):[0-9]{1,5}")
_MAC = re.compile(
    r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){2}(?:(?:[:-][0-9a-f]{2}){3})?"  # 02:00:00:02:10:04, 02-10-04
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{2}\.?[0-9a-f]{4}|[0-9a-f]{12}"
)


def plain(text: str) -> str:
    """The text as it is compared: no difference of case, or of how its letters are composed or how wide they are."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()


def natural(text: str) -> SortKey:
    """A sort key by which shop2 comes before shop10, in any case of letters, and Ä with A, as dictionaries have it."""
    parts: list[Any] = _DIGITS.split(_letters(text))
    for position in range(1, len(parts), 2):
        number = parts[position].lstrip("0")
        parts[position] = (len(number), number)
    return tuple(parts), text.lower()


def words_of(text: str, most: int | None = None) -> Words:
    """The words of what was typed, each in all its spellings."""
    return [spellings(word) for word in plain(text).split()[:most]]


def mentions(text: str, words: Words) -> bool:
    """Whether a plain text has each of the words, in one of its spellings."""
    return all(any(spelling in text for spelling in word) for word in words)


def spellings(word: str) -> tuple[str, ...]:
    """How records may have a plain word: as it is, and, where it is an address, as the platform writes that."""
    found = [word]
    if address := address_in(word):
        found.append(str(address))
    if network := _beginning_of(word):
        found.append(network)
    if digits := mac_digits(word):
        found.append(":".join(re.findall("..", digits)))
    return tuple(dict.fromkeys(found))


def whole_number(text: str) -> int | None:
    """A number as addresses and forms of ours have it, nine digits at most: a column of the database holds it. None for
    anything else, such as a sign, blanks, and digits of other scripts."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def address_in(word: str) -> IPv4Address | IPv6Address | None:
    """The IP address that is meant, without brackets, port, prefix and zone."""
    bracketed = _BRACKETED.fullmatch(word)
    text = (bracketed[1] or bracketed[2]) if bracketed else word
    try:
        address = ip_address(text.partition("/")[0].partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def mac_digits(word: str) -> str:
    """The hexadecimal digits of a hardware address, or of its last three bytes; '' for anything else."""
    return re.sub(r"[:.-]", "", word) if _MAC.fullmatch(word) else ""


def _letters(text: str) -> str:
    """Without accents and strokes: what comes first when texts are put in order."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded).translate(_STROKES)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _beginning_of(word: str) -> str:
    """What all addresses of a whole network begin with: 203.0.113. for 203.0.113.0/24; '' for anything else."""
    if "/" not in word:
        return ""
    try:
        network = ip_network(word)
    except ValueError:
        return ""
    if network.version == 4 and network.prefixlen in (8, 16, 24):
        return ".".join(str(network.network_address).split(".")[: network.prefixlen // 8]) + "."
    return ""
