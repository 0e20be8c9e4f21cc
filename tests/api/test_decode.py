"""How answers are read, and that whatever comes is read or refused."""

from __future__ import annotations

import encodings.aliases
import random
import xmlrpc.client
from typing import Any

import pytest

from portal.api import ApiError, CreditLimitExceeded, Fault, ResourceLimitExceeded, Unreadable
from portal.api.decode import decode_answer
from portal.api.values import Value

from .server import fault_xml, xml


def value_in(inner: str) -> Value:
    """What is read from an answer whose one <value> holds `inner`."""
    return decode_answer(
        f"<methodResponse><params><param><value>{inner}</value></param></params></methodResponse>".encode()
    )


RECORD = {
    "__type__": "virtualmachine",
    "classes": ["role::generic"],
    "deletion": {"deadline": "", "stages": []},
    "interfaces": {"srv": {"mac": "02:00:00:03:10:04", "networks": {"192.168.0.0/24": ["192.168.0.2"]}}},
    "memory": 256,
    "online": True,
    "service_description": "Zürich 東京 🏔 <b>&amp;\ttab\nline",
    "kvm_host": None,
    "": "an empty key",
}


@pytest.mark.parametrize("value", ["pong", "", " a ", 0, -5, True, False, None, 1.5, [], {}, [[]], [RECORD, RECORD]])
def test_values_are_read_as_pythons_own_reader_reads_them(value: Any) -> None:
    read: Any = decode_answer(xml(value))
    assert read == xmlrpc.client.loads(xml(value))[0][0]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ("<i8>12345678104378</i8>", 12345678104378),
        ("<ex:i8>-12345678104378</ex:i8>", -12345678104378),
        ("<i4>7</i4>", 7),
        ("<ex:i1>7</ex:i1>", 7),
        ("<int>\n 7 </int>", 7),
        ("<nil/>", None),
        ("<nil></nil>", None),
        ("<ex:nil/>", None),
        ("text without a type", "text without a type"),
        ("", ""),
        ("  <string> s </string>  ", " s "),
        ("<string/>", ""),
        ("<string>a<!-- not here -->b<![CDATA[<c>]]></string>", "ab<c>"),
        ("<dateTime.iso8601>20150102T03:04:05</dateTime.iso8601>", "20150102T03:04:05"),
        ("<base64>\nAAEC\n</base64>", "AAEC"),
        ("<ex:bigdecimal>10.0000</ex:bigdecimal>", "10.0000"),
        ("<array><data/></array>", []),
        ("<struct/>", {}),
    ],
)
def test_api_15_all_types_of_the_format_are_plain_values(inner: str, value: Value) -> None:
    assert value_in(inner) == value


def test_namespaces_may_be_declared() -> None:
    body = b"<methodResponse xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'><params><param><value>"
    assert decode_answer(body + b"<ex:nil/></value></param></params></methodResponse>") is None


def test_other_encodings_are_read() -> None:
    text = "<?xml version='1.0' encoding='{}'?>" + xml("Zürich").decode().split("?>")[1]
    assert decode_answer(text.format("iso-8859-1").encode("iso-8859-1")) == "Zürich"
    assert decode_answer(text.format("utf-16").encode("utf-16")) == "Zürich"


def test_a_repeated_key_keeps_its_last_value() -> None:
    member = "<member><name>a</name><value><int>{}</int></value></member>"
    assert value_in(f"<struct>{member.format(1)}{member.format(2)}</struct>") == {"a": 2}


def test_api_16_limits_are_faults_of_their_own() -> None:
    for code, kind in ((3, ResourceLimitExceeded), (4, CreditLimitExceeded), (1, Fault), (99, Fault), (-1, Fault)):
        with pytest.raises(Fault) as caught:
            decode_answer(fault_xml(code, "services10: memory: no room & no <hope>"))
        assert type(caught.value) is kind
        assert (caught.value.code, caught.value.text) == (code, "services10: memory: no room & no <hope>")
        assert not caught.value.may_have_been_sent


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"pong",
        b"\x00\xff\xfe",
        b"{}",
        b"<!doctype html><html><body>Welcome</body></html>",
        b"<html><body><p>Maintenance</p></body></html>",
        b"<methodResponse/>",
        b"<methodResponse><params/></methodResponse>",
        b"<methodResponse><params><param/></params></methodResponse>",
        b"<methodCall><methodName>ping</methodName></methodCall>",
        xml([RECORD])[:-30],
        xml([RECORD]) + b"<more/>",
        xml("a\x01b"),
        fault_xml(1, "x").replace(b"<int>1</int>", b"<string>1</string>"),
        fault_xml(1, "x").replace(b"faultString", b"other"),
        b"<methodResponse><fault><value>no</value></fault></methodResponse>",
        b"<methodResponse><params><param><value>1</value></param><param><value>2</value></param></params></methodResponse>",
    ],
)
def test_what_is_no_answer_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        decode_answer(body)
    assert caught.value.may_have_been_sent


@pytest.mark.parametrize(
    "inner",
    [
        "<int>ten</int>",
        "<int></int>",
        "<int>1.5</int>",
        f"<int>{'9' * 5000}</int>",
        "<double>nan</double>",
        "<double>1e999</double>",
        "<double>x</double>",
        "<boolean>true</boolean>",
        "<boolean>2</boolean>",
        "<unknown>1</unknown>",
        "<int>1</int><int>2</int>",
        "<int>1</int><array><data/></array>",
        "<int><int>1</int></int>",
        "<array><int>1</int></array>",
        "<array><data><int>1</int></data></array>",
        "<struct><name>a</name></struct>",
        "<struct><member><name>a</name></member></struct>",
        "<struct><member><value>a</value></member></struct>",
        "<struct><member><value>a</value><name>a</name></member></struct>",
        "<struct><member><name>a</name><value>1</value><value>2</value></member></struct>",
        "<params><param><value>1</value></param></params>",
    ],
)
def test_values_against_the_grammar_are_unreadable(inner: str) -> None:
    with pytest.raises(Unreadable):
        value_in(inner)


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE methodResponse>",
        "<!DOCTYPE m SYSTEM 'file:///etc/passwd'>",
        "<!DOCTYPE m [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>",
        "<!DOCTYPE m [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE m [<!ENTITY % a SYSTEM 'http://127.0.0.1:1/'> %a;]>",
    ],
)
def test_document_types_and_entities_are_unreadable(prolog: str) -> None:
    body = prolog + xml("@").decode().split("?>")[1].replace("@", "&a;" if "ENTITY a" in prolog else "")
    with pytest.raises(Unreadable, match="document type"):
        decode_answer(body.encode())


def nested(levels: int) -> bytes:
    value = "<value><array><data>" * levels + "</data></array></value>" * levels
    return f"<methodResponse><params><param>{value}</param></params></methodResponse>".encode()


def test_deep_nests_are_unreadable() -> None:
    assert decode_answer(nested(50))
    for levels in (51, 20_000):
        with pytest.raises(Unreadable, match="too deep"):
            decode_answer(nested(levels))


@pytest.mark.parametrize("tag", ["value", "a", "struct", "methodResponse"])
def test_deep_nests_of_tags_are_unreadable(tag: str) -> None:
    with pytest.raises(Unreadable):
        decode_answer(f"<{tag}>".encode() * 100_000)


@pytest.mark.parametrize(
    "name", [*sorted(set(encodings.aliases.aliases.values())), "no-such", "unicode_escape", "x" * 99]
)
def test_no_declared_encoding_lets_another_error_out(name: str) -> None:
    body = f"<?xml version='1.0' encoding='{name}'?>".encode() + xml("pong é").split(b"?>")[1]
    try:
        decode_answer(body)
    except ApiError as error:
        assert isinstance(error, Unreadable)  # noqa: PT017 - an answer is as good


PIECES = (
    *(
        f"<{slash}{tag}>"
        for slash in ("", "/")
        for tag in ("value", "struct", "member", "name", "array", "data", "int")
    ),
    *(
        "<nil/>",
        "<ex:i8>",
        "</ex:i8>",
        "<fault>",
        "</fault>",
        "<string>",
        "</string>",
        "1",
        "a",
        "&lt;",
        "&x;",
        "\0",
        "é",
    ),
)


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    valid = xml([RECORD])
    for _ in range(500):
        mutated = bytearray(valid)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(mutated))
            mutated[at : at + chance.randint(0, 30)] = chance.randbytes(chance.randint(0, 4))
        shuffled = "".join(chance.choices(PIECES, k=chance.randint(0, 30)))
        wrapped = f"<methodResponse><params><param><value>{shuffled}</value></param></params></methodResponse>"
        for body in (bytes(mutated), chance.randbytes(chance.randint(0, 200)), wrapped.encode()):
            try:
                decode_answer(body)
            except ApiError as error:
                assert isinstance(error, Unreadable | Fault)  # noqa: PT017 - a value is as good
