"""XML-RPC on the wire: requests into plain values, answers into bytes, with `nil` and `i8` (api_15).

An encoder of our own: `xmlrpc.client.dumps` refuses integers over 32 bit and is several times slower.
"""

import math
import re
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Binary, DateTime, ResponseError, Unmarshaller

from defusedxml.common import DefusedXmlException
from defusedxml.xmlrpc import DefusedExpatParser
from django.conf import settings

from portal.sandbox.errors import INVALID, Fault

_INT32 = 2**31
_INT64 = 2**63
# What cannot stand in XML text as it is; most strings hold none of it, and come back as they are.
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


def response(value: Any) -> bytes:
    """The answer that carries `value` (str, bool, int, float, None, lists and dicts of these)."""
    return (
        f"<?xml version='1.0'?>\n<methodResponse><params><param>{_value(value)}</param></params></methodResponse>\n"
    ).encode()


def fault(code: int, text: str) -> bytes:
    """The answer that carries a fault."""
    body = _value({"faultCode": code, "faultString": text})
    return f"<?xml version='1.0'?>\n<methodResponse><fault>{body}</fault></methodResponse>\n".encode()


def _text(text: str) -> str:
    return _SPECIAL.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], "\ufffd")


def _value(value: Any) -> str:
    match value:
        case str():
            return f"<value><string>{_text(value)}</string></value>"
        case bool():
            return f"<value><boolean>{value:d}</boolean></value>"
        case int():
            tag = "int" if -_INT32 <= value < _INT32 else "i8"
            return f"<value><{tag}>{value}</{tag}></value>"
        case None:
            return "<value><nil/></value>"
        case dict():
            members = "".join(
                [f"<member><name>{_text(key)}</name>{_value(item)}</member>" for key, item in value.items()]
            )
            return f"<value><struct>{members}</struct></value>"
        case list() | tuple():
            return f"<value><array><data>{''.join(map(_value, value))}</data></array></value>"
        case float():
            return f"<value><double>{value!r}</double></value>"
        case _:
            raise TypeError(f"no XML-RPC form for {type(value).__name__}")


def request(body: bytes) -> tuple[str, list[Any]]:
    """Method name and arguments of a call. Fault 1 for anything that isn't one."""
    target = _Request()
    try:
        parser = DefusedExpatParser(target, forbid_dtd=True)
        parser.feed(body)
        parser.close()
        method = target.getmethodname()
        arguments = list(target.close())
        if target.values_of_call != len(arguments):
            raise ValueError("malformed parameters")
        _check(arguments)
    except DefusedXmlException:
        raise Fault(INVALID, "request: no document type, no entities") from None
    except (
        ExpatError, ResponseError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, UnicodeError,
    ) as error:  # fmt: skip
        reason = str(error)[:200] or type(error).__name__
        raise Fault(INVALID, f"request: not an XML-RPC call ({reason})") from None
    if not isinstance(method, str) or not method:
        raise Fault(INVALID, "request: not an XML-RPC call (no method name)")
    return method, arguments


class _Request(Unmarshaller):
    """The standard library's unmarshaller with a bound on nesting: what follows may recurse."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.values_of_call = 0

    def start(self, tag: str, attrs: Any) -> None:
        if len(self._open) > 4 * settings.MAX_REQUEST_DEPTH:
            raise ValueError("nested too deeply")
        if not self._open and tag != "methodCall":
            raise ValueError("no methodCall")
        self.values_of_call += self._open == ["methodCall", "params"] and tag == "param"
        self._open.append(tag)
        super().start(tag, attrs)

    def end(self, tag: str) -> None:
        self._open.pop()
        super().end(tag)


def _check(values: list[Any]) -> None:
    """ValueError for what no record can hold: integers over 64 bit, infinities, keys that aren't names."""
    for value in values:
        match value:
            case int() if not -_INT64 <= value < _INT64:
                raise ValueError("integer over 64 bit")
            case float() if not math.isfinite(value):
                raise ValueError("not a finite number")
            case dict():
                if not all(isinstance(key, str) for key in value):
                    raise ValueError("member without a name")
                _check(list(value.values()))
            case list():
                _check(value)
            case DateTime() | Binary() | str() | int() | float() | None:
                pass
            case _:
                raise ValueError("value of no known type")
