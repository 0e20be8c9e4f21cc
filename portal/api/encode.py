"""Writes a call as XML-RPC.

`xmlrpc.client.dumps` refuses integers over 32 bit, lets control characters through that no XML parser accepts,
and loses carriage returns on the way; hence an encoder of our own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from .errors import Unsendable

MAX_DEPTH = 50
"""Structs and arrays inside each other. Records have three; without a limit a loop would end in RecursionError."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INT = range(-(2**31), 2**31)
_I8 = range(-(2**63), 2**63)


def encode_call(method: str, *params: object) -> bytes:
    """The request body for `method(*params)`, UTF-8.

    Raises `Unsendable` for values that the format cannot carry, `TypeError` for types that it does not know.
    """
    parts = ["<?xml version='1.0' encoding='utf-8'?>\n<methodCall><methodName>", method, "</methodName><params>"]
    for param in params:
        parts.append("<param>")
        _write(param, parts, None, MAX_DEPTH)
        parts.append("</param>")
    parts.append("</params></methodCall>")
    return "".join(parts).encode()


def check_text(text: str, field: str | None = None) -> None:
    """Raises `Unsendable` if `text` holds a character that XML 1.0 does not allow."""
    if found := _NOT_XML.search(text):
        raise Unsendable(f"the character U+{ord(found[0]):04X} cannot be sent", field)


def _write(value: object, parts: list[str], field: str | None, depth: int) -> None:
    if depth < 0:
        raise Unsendable("nested too deeply", field)
    parts.append("<value>")
    match value:
        case str():
            parts += ("<string>", _text(value, field), "</string>")
        case None | bool() | int() | float():
            parts.append(_scalar(value, field))
        case Mapping():
            _write_struct(value, parts, field, depth)
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            parts.append("<array><data>")
            for item in value:
                _write(item, parts, field, depth - 1)
            parts.append("</data></array>")
        case _:
            raise TypeError(f"{type(value).__name__} is no type of the platform's API")
    parts.append("</value>")


def _write_struct(struct: Mapping[object, object], parts: list[str], field: str | None, depth: int) -> None:
    parts.append("<struct>")
    for key, value in struct.items():
        if not isinstance(key, str):
            raise TypeError("the keys of a struct are strings")
        parts += ("<member><name>", _text(key, field), "</name>")
        _write(value, parts, key, depth - 1)
        parts.append("</member>")
    parts.append("</struct>")


def _scalar(value: float | None, field: str | None) -> str:
    if value is None:
        return "<nil/>"
    if isinstance(value, bool):
        return f"<boolean>{value:d}</boolean>"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unsendable("not a finite number", field)
        return f"<double>{value!r}</double>"
    if value in _INT:
        return f"<int>{value:d}</int>"
    if value in _I8:
        return f"<i8>{value:d}</i8>"
    raise Unsendable("the number has more than 64 bit", field)


def _text(text: str, field: str | None) -> str:
    check_text(text, field)
    # A bare carriage return would be read as a line feed: XML normalizes line ends.
    return escape(text, {"\r": "&#13;"})
