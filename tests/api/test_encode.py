"""How calls are written."""

from __future__ import annotations

import xmlrpc.client
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.api import ApiError, Unsendable
from portal.api.encode import encode_call


def sent(value: Any) -> Any:
    """What Python's own XML-RPC reads in a call with `value`."""
    (read,), method = xmlrpc.client.loads(encode_call("apply", value))
    assert method == "apply"
    return read


@pytest.mark.parametrize(
    "value",
    [
        "",
        "services10",
        "  leading and trailing  ",
        "Zürich 東京 🏔 <b>&amp;]]></b>",
        "tab\tand line\nand \r\n and a lone \r stay",
        0,
        -1,
        2**31 - 1,
        -(2**31),
        True,
        False,
        None,
        0.1,
        -2.5,
        1e300,
        [],
        {},
        [[], [None, {"": ""}]],
        {"__type__": "virtualmachine", "classes": ["role::generic"], "deletion": {"stages": []}},
    ],
)
def test_values_arrive_as_they_were(value: Any) -> None:
    assert sent(value) == value
    assert type(sent(value)) is type(value)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 12345678104378, 2**63 - 1, -(2**63)])
def test_api_15_integers_over_32_bit_travel_as_i8(value: int) -> None:
    assert sent(value) == value
    assert b"<i8>%d</i8>" % value in encode_call("apply", value)


def test_integers_within_32_bit_travel_as_int() -> None:
    assert b"<int>-7</int>" in encode_call("apply", -7)


def test_api_15_none_travels_as_nil() -> None:
    assert b"<nil/>" in encode_call("apply", None)


def test_tuples_travel_as_arrays() -> None:
    assert sent((1, 2)) == [1, 2]


def test_a_call_has_as_many_params_as_given() -> None:
    assert xmlrpc.client.loads(encode_call("log")) == ((), "log")
    assert xmlrpc.client.loads(encode_call("query", "virtualmachine", {})) == (("virtualmachine", {}), "query")


@pytest.mark.parametrize(
    "text", ["\0", "a\x01b", "\x0b", "\x1f", "\ud800", "end \udfff", "\ufffe", "\uffff", "x" * 9 + "\x08"]
)
def test_characters_that_xml_does_not_allow_are_refused_before_sending(text: str) -> None:
    with pytest.raises(Unsendable) as caught:
        encode_call("apply", [{"name": "services10", "service_description": [text]}])
    assert caught.value.field == "service_description"
    assert str(caught.value).startswith("service_description: the character U+")
    assert not caught.value.may_have_been_sent


def test_keys_of_a_struct_are_checked_too() -> None:
    with pytest.raises(Unsendable):
        encode_call("apply", [{"a\0": 1}])


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, float("nan"), float("inf"), 10**300])
def test_numbers_that_the_format_cannot_carry_are_refused(value: float) -> None:
    with pytest.raises(Unsendable) as caught:
        encode_call("apply", [{"cores": value}])
    assert caught.value.field == "cores"


def test_a_loop_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(Unsendable):
        encode_call("apply", loop)


def test_unsendable_is_both_an_api_error_and_a_value_error() -> None:
    assert issubclass(Unsendable, ApiError)
    assert issubclass(Unsendable, ValueError)


@pytest.mark.parametrize("value", [b"bytes", bytearray(b"x"), datetime(2026, 1, 1, tzinfo=UTC), {1: 2}, {3}, object()])
def test_types_that_the_api_does_not_know_are_a_type_error(value: object) -> None:
    with pytest.raises(TypeError):
        encode_call("apply", value)
