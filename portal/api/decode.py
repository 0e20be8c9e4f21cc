"""Reads an XML-RPC answer into plain values.

Works on expat's events through defusedxml (no DTD, no entities, nothing external) and checks the grammar on the
way, so that an HTML page or a deep nest ends here, as `Unreadable`, and not as odd data or RecursionError later.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.xmlrpc import DefusedExpatParser

from .errors import Unreadable, fault
from .values import Value

MAX_DEPTH = 50
"""Structs and arrays inside each other; records have three or four."""


def decode_answer(body: bytes) -> Value:
    """The value that `body` answers.

    Raises `Fault` if it answers one, and `Unreadable` if it is no XML-RPC answer.
    """
    reader = _Reader()
    parser = _parser(reader)
    _unreadable_unless(lambda: parser.feed(body))
    _unreadable_unless(parser.close)
    if reader.is_fault:
        _raise_fault(reader.root)
    return reader.root


class Entries:
    """Reads an answer that is a list, a piece at a time; each piece ends where an entry of the list does.

    Raises `Unreadable` where it is no XML-RPC, or something else than such a list.
    """

    def __init__(self) -> None:
        self._reader = _Reader()
        self._parser = _parser(self._reader)

    def feed(self, piece: bytes) -> None:
        _unreadable_unless(lambda: self._parser.feed(piece))

    def take(self) -> list[Value]:
        """The entries that have been read since they were taken last."""
        taken = list(self._list)
        self._list.clear()
        return taken

    def close(self) -> None:
        """There is no more to come."""
        _unreadable_unless(self._parser.close)
        if self._reader.is_fault:
            raise Unreadable("the answer is a fault")

    @property
    def _list(self) -> list[Value]:
        found = self._reader.outermost
        if found is None:
            raise Unreadable("the answer is no list")
        return found


def _parser(reader: _Reader) -> DefusedExpatParser:
    return DefusedExpatParser(reader, forbid_dtd=True)  # type: ignore[arg-type]  # any target will do


def _unreadable_unless(read: Callable[[], None]) -> None:
    """Whatever is wrong with an answer is an `Unreadable`; raised outside of the `except`, whose errors quote it."""
    problem = ""
    try:
        read()
    except _Malformed as error:
        problem = str(error)
    except ExpatError as error:
        problem = f"not well-formed XML ({error})"
    except DefusedXmlException:
        problem = "it holds a document type or entities"
    except (ValueError, LookupError, Warning):  # no number; an encoding unknown to Python, or one it warns of
        problem = "it holds a value that does not fit its type, or an unknown encoding"
    if problem:
        raise Unreadable(f"the answer is not XML-RPC: {problem}")


def _raise_fault(value: Value) -> None:
    if not isinstance(value, dict):
        raise Unreadable("the answer is not XML-RPC: a fault that is no struct")
    code, text = value.get("faultCode"), value.get("faultString")
    if not isinstance(code, int) or not isinstance(text, str):
        raise Unreadable("the answer is not XML-RPC: a fault without code or words")
    raise fault(code, text)


class _Malformed(ValueError):
    """The answer breaks the grammar of XML-RPC."""


def _boolean(text: str) -> bool:
    if text.strip() not in ("0", "1"):
        raise _Malformed("a boolean that is neither 0 nor 1")
    return text.strip() == "1"


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Malformed("a number that is not finite")
    return value


_SCALARS: Final[dict[str, Callable[[str], Value]]] = {
    "string": str,
    "boolean": _boolean,
    "double": _number,
    "float": _number,
    "nil": lambda text: None,
    **dict.fromkeys(("int", "i1", "i2", "i4", "i8", "biginteger"), int),
    **dict.fromkeys(("base64", "bigdecimal", "dateTime", "dateTime.iso8601"), str.strip),
}

_PARENTS: Final[dict[str, frozenset[str]]] = {
    "methodResponse": frozenset({""}),
    "params": frozenset({"methodResponse"}),
    "fault": frozenset({"methodResponse"}),
    "param": frozenset({"params"}),
    "value": frozenset({"param", "fault", "data", "member"}),
    "data": frozenset({"array"}),
    "member": frozenset({"struct"}),
    "name": frozenset({"member"}),
    **dict.fromkeys(("array", "struct", *_SCALARS), frozenset({"value"})),
}


class _Absent:
    """The type of `_ABSENT`: None is a value."""


_ABSENT: Final = _Absent()


class _Reader:
    """Target of the parser's events: keeps the open tags, the open containers, and the text since the last tag."""

    def __init__(self) -> None:
        self.root: Value = None
        self.is_fault = False
        self._has_root = False
        self._tags = [""]
        self._containers: list[list[Value] | dict[str, Value]] = []
        self._names: list[str | None] = []  # of the open members
        self._known_names: dict[str, str] = {}  # 10,000 records share one "memory"
        self._value: Value | _Absent = _ABSENT  # what the typed element in the open <value> holds
        self._text: list[str] = []
        self.data = self._text.append

    @property
    def outermost(self) -> list[Value] | None:
        """The list that the answer is, while it is open and nothing within it is."""
        if len(self._containers) != 1 or self._tags[-1] != "data":
            return None
        container = self._containers[0]
        return container if isinstance(container, list) else None

    def xml(self, encoding: str | None, standalone: int | None) -> None:
        """Part of the parser's protocol; nothing to do."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if ":" in tag:
            tag = tag.rpartition(":")[2]  # ex:i8, ex:nil
        if self._tags[-1] not in _PARENTS.get(tag, ()):
            raise _Malformed("a tag that has no place there")
        self._tags.append(tag)
        self._text.clear()
        if tag == "struct":
            self._open({})
        elif tag == "array":
            self._open([])
        elif tag == "member":
            self._names.append(None)
        elif tag == "fault":
            self.is_fault = True

    def end(self, tag: str) -> None:
        tag = self._tags.pop()
        if tag == "value":
            self._place()
        elif tag == "name":
            text = "".join(self._text)
            self._names[-1] = self._known_names.setdefault(text, text)
        elif scalar := _SCALARS.get(tag):
            self._take(scalar("".join(self._text)))
        elif tag in ("struct", "array"):
            self._take(self._containers.pop())
        elif tag == "member":
            if self._names.pop() is not None:
                raise _Malformed("a member without a value")
        elif tag == "methodResponse" and not self._has_root:
            raise _Malformed("no value")

    def _open(self, container: list[Value] | dict[str, Value]) -> None:
        if self._value is not _ABSENT:
            raise _Malformed("two values in one")
        if len(self._containers) == MAX_DEPTH:
            raise _Malformed("nested too deeply")
        self._containers.append(container)

    def _take(self, value: Value) -> None:
        if self._value is not _ABSENT:
            raise _Malformed("two values in one")
        self._value = value

    def _place(self) -> None:
        """Puts the value that just ended where it belongs; one without a type is text."""
        value: Value = "".join(self._text) if isinstance(self._value, _Absent) else self._value
        self._value = _ABSENT
        if not self._containers:
            if self._has_root:
                raise _Malformed("more than one value")
            self.root, self._has_root = value, True
            return
        container = self._containers[-1]
        if isinstance(container, list):
            container.append(value)
            return
        name = self._names[-1]
        if name is None:
            raise _Malformed("a member without a name, or with two values")
        container[name] = value
        self._names[-1] = None
