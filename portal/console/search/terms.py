"""What a record is found by, and what a text typed into the search stands for. Pure functions.

A term is found whole or by its beginning. Addresses are there as they are written, and as `ip4:`/`ip6:` with all their
digits, so that a prefix (185.105.252.0/24) is a range of terms; a MAC address is `mac:` and its digits, and `mac3:` and
those of its last three bytes, however it was written; an amount is the number with two decimals.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Address, IPv6Address, ip_network

from portal.resources.spec import Kind, Record, Value
from portal.resources.spelling import address_in, mac_digits, plain

LONGEST = 80
FORMAT = "2"  # another one where records are found by other terms than before: then all are indexed anew
_SEPARATORS = re.compile(r"[^\w@.]+|_+")
_PART_OF_MAC = re.compile(r"(?:[0-9a-f]{1,2}[:-]){2,5}[0-9a-f]{0,2}")  # while it is being typed
_AMOUNT = re.compile(r"[0-9][0-9.,' ]*")

type Range = tuple[str, str]
"""From the first term, that one included, up to the second, that one not."""


def terms_of(record: Record) -> set[str]:
    """Everything that the record is found by."""
    found: set[str] = set()
    for text in (record.title, record.key):
        found |= {plain(text), *words_of(text)}
    for field in record.type.fields:
        value = record.values[field.name]
        if field.kind is Kind.INTERFACES:
            found |= set(_network_terms(value))
        elif field.kind is Kind.MONEY:
            found |= {amount} if (amount := amount_term(str(value))) else set()
        elif field.name in record.type.search and isinstance(value, str):
            found |= set(words_of(value))
    return {term[:LONGEST] for term in found if term}


def words_of(text: str) -> Iterator[str]:
    """The words of a text, and each from where it can be said to begin: web12.example.com, web12."""
    for word in _SEPARATORS.split(plain(text)):
        if word:
            yield word


def ranges(text: str) -> list[Range]:
    """What the typed text, taken as a whole, stands for; best first."""
    text = plain(text).strip()
    found = [_prefixed(text)] if text else []
    if "/" in text and (network := _network_range(text)):
        found.insert(0, network)
    if address := address_in(text):
        found.insert(0, _prefixed(_term_of(address)))
    if _PART_OF_MAC.fullmatch(text):
        found.insert(0, _prefixed(f"mac:{_digits_of_parts(text)}"))
    if digits := mac_digits(text):
        found.insert(0, _prefixed(f"mac:{digits}" if len(digits) == 12 else f"mac3:{digits}"))
    if _AMOUNT.fullmatch(text.removesuffix("€").removesuffix("eur").strip()) and (amount := amount_term(text)):
        found.append(_prefixed(amount))
    return list(dict.fromkeys(found))


def word_range(word: str) -> Range:
    """What one word of several stands for."""
    return _prefixed(plain(word))


def amount_term(text: str) -> str:
    """1234.56, of "1234.5600", "1.234,56 €" or "1234,56"; '' for what is no amount."""
    digits = text.lower().removesuffix("€").removesuffix("eur").strip().replace("'", "").replace(" ", "")
    if "," in digits and digits.rfind(",") > digits.rfind("."):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        number = Decimal(digits.replace(",", ""))
    except InvalidOperation:
        return ""
    return f"{number:.2f}" if number.is_finite() and abs(number) < 10**12 else ""


def _prefixed(text: str) -> Range:
    return text[:LONGEST], f"{text[:LONGEST]}\U0010ffff"


def _network_terms(interfaces: Value) -> Iterator[str]:
    """Addresses and MAC addresses, however deep they stand (vm_15)."""
    if isinstance(interfaces, dict):
        for name, inner in interfaces.items():
            yield from _network_terms(name)
            yield from _network_terms(inner)
    elif isinstance(interfaces, list):
        for inner in interfaces:
            yield from _network_terms(inner)
    elif isinstance(interfaces, str):
        text = plain(interfaces)
        if "/" in text:  # a network, in which its addresses stand
            return
        if address := address_in(text):
            yield str(address)
            yield _term_of(address)
        elif digits := mac_digits(text):
            yield f"mac:{digits}"
            yield f"mac3:{digits[-6:]}"


def _term_of(address: IPv4Address | IPv6Address) -> str:
    return f"ip{address.version}:{address.packed.hex()}"


def _network_range(text: str) -> Range | None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    first, last = network.network_address, network.broadcast_address
    head = f"ip{network.version}:"
    return f"{head}{first.packed.hex()}", f"{head}{last.packed.hex()}\U0010ffff"


def _digits_of_parts(text: str) -> str:
    parts = re.split("[:-]", text)
    whole = [part.zfill(2) for part in parts[:-1]]
    return "".join((*whole, parts[-1] if len(parts) < 6 else parts[-1].zfill(2) if parts[-1] else ""))
