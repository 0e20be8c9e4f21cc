"""Rule api_15 and the encoder: what goes over the wire comes back the same by Python's own client."""

import xmlrpc.client
from typing import Any

import pytest

from portal.sandbox import wire
from portal.sandbox.errors import Fault


def loads(answer: bytes) -> Any:
    return xmlrpc.client.loads(answer)[0][0]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        2**31 - 1,
        -(2**31),
        2**31,
        -(2**31) - 1,
        2**63 - 1,
        12345678104378,
        1.5,
        -0.1,
        "",
        "plain",
        " spaces around ",
        "a & b < c > d ]]> \"quoted\" 'too'",
        "lines\nand\ttabs\rand returns\r\n",
        "ümläut ☃ 🐢 \u200f \x85",
        [],
        {},
        [[], {}, [None]],
        {"a": [1, {"b": "c"}], "<key>&": "x", "": "empty"},
        {"ids": [2**40], "gone": None},
    ],
)
def test_api_15_values_survive_the_wire(value: Any) -> None:
    assert loads(wire.response(value)) == value


def test_api_15_over_32_bit_is_i8_and_null_is_nil() -> None:
    answer = wire.response([2**31, None])
    assert b"<i8>2147483648</i8>" in answer
    assert b"<nil/>" in answer
    assert b"<int>2147483647</int>" in wire.response(2**31 - 1)


def test_api_15_requests_may_carry_them_too() -> None:
    body = (
        b"<methodCall xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'><methodName>log</methodName>"
        b"<params><param><value><ex:i8>4294967296</ex:i8></value></param>"
        b"<param><value><i8>-4294967296</i8></value></param><param><value><ex:nil/></value></param>"
        b"<param><value><nil/></value></param></params></methodCall>"
    )
    assert wire.request(body) == ("log", [4294967296, -4294967296, None, None])


def test_what_xml_cannot_carry_is_replaced() -> None:
    assert loads(wire.response("a\x00b\x1bc\ud800d\uffff")) == "a\ufffdb\ufffdc\ufffdd\ufffd"


def test_a_fault_has_code_and_text() -> None:
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(wire.fault(4, "too <much> & more"))
    assert (caught.value.faultCode, caught.value.faultString) == (4, "too <much> & more")


def test_the_standard_clients_requests_are_read() -> None:
    arguments = ([{"__type__": "virtualmachine", "name": "x", "online": True, "cores": 2}], None, "text", 1.5)
    body = xmlrpc.client.dumps(arguments, "apply", allow_none=True).encode()
    assert wire.request(body) == ("apply", list(arguments))


def test_a_call_without_parameters() -> None:
    assert wire.request(b"<methodCall><methodName>ping</methodName></methodCall>") == ("ping", [])


def call_with(value: bytes) -> bytes:
    return (
        b"<methodCall><methodName>apply</methodName><params><param><value>" + value + b"</value></param></params>"
        b"</methodCall>"
    )


GARBAGE = [
    b"",
    b"\x00\xff\xfe",
    b"not xml",
    b"<methodCall>",
    b"<methodCall></methodCall>",
    b"<methodCall><methodName></methodName></methodCall>",
    b"<methodResponse><params><param><value>1</value></param></params></methodResponse>",
    b"<html><body>hello</body></html>",
    b"<methodCall><methodName>ping</methodName></methodCall><methodCall/>",
    b"<methodCall><methodName>ping</methodName><params><param></param></params></methodCall>",
    b"<methodCall><methodName>ping</methodName><params><value>1</value></params></methodCall>",
    call_with(b"1</value><value>2"),
    call_with(b"<int>one</int>"),
    call_with(b"<int></int>"),
    call_with(b"<boolean>2</boolean>"),
    call_with(b"<double>1e999</double>"),
    call_with(b"<double>nan</double>"),
    call_with(b"<i8>" + b"9" * 30 + b"</i8>"),
    call_with(b"<int>" + b"9" * 5000 + b"</int>"),
    call_with(b"<biginteger>" + b"9" * 30 + b"</biginteger>"),
    call_with(b"<bigdecimal>1.5</bigdecimal>"),
    call_with(b"<bigdecimal>x</bigdecimal>"),
    call_with(b"<struct><member><name>a</name></member></struct>"),
    call_with(b"<struct><member><value>a</value></member></struct>"),
    call_with(b"<struct><member><name><value><int>1</int></value></name><value>a</value></member></struct>"),
    call_with(b"<array>" * 5000 + b"</array>" * 5000),
    call_with(b"<array><data><value>" * 60 + b"</value></data></array>" * 60),
    call_with(b"\xff\xfe"),
    call_with(b"<string>\x01</string>"),
    b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + call_with(b"<string>&a;</string>"),
    b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x'><methodCall><methodName>ping</methodName></methodCall>",
    b"<?xml version='1.0' encoding='nonsense'?><methodCall><methodName>ping</methodName></methodCall>",
    "<methodCall><methodName>ping</methodName></methodCall>".encode("utf-16")[:-3],
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_call_is_a_fault(body: bytes) -> None:
    with pytest.raises(Fault) as caught:
        wire.request(body)
    assert caught.value.code == 1
    assert len(caught.value.text) < 300


def test_dates_and_bytes_are_values_that_no_record_takes() -> None:
    method, (value,) = wire.request(call_with(b"<dateTime.iso8601>20261124T10:00:00</dateTime.iso8601>"))
    assert (method, type(value)) == ("apply", xmlrpc.client.DateTime)
