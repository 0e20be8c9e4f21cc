"""How the records of an answer are read that is like one before: only what is new in it, and never otherwise than as a
whole."""

from __future__ import annotations

import random
from typing import Any

import pytest

from portal.api import ApiError, Client, Fault, Unreadable
from portal.api.decode import decode_answer
from portal.api.pieces import as_records, read_records
from portal.api.values import Record

from .server import Platform, answer, fault_xml, xml

RECORDS: list[Record] = [
    {
        "__type__": "virtualmachine",
        "name": f"shop{number:02}",
        "interfaces": {"srv": {"networks": {"10.0.0.0/8": [f"10.0.0.{number}"]}}},
        "classes": ["role::generic", "<data>"],
    }
    for number in range(5)
]
EMPTY_STRUCT = "<value><struct></struct></value>"


def compact(body: bytes) -> bytes:
    """As a platform writes that puts no lines into it."""
    return body.replace(b"\n", b"")


def read(body: bytes, known: dict[str, Record] | None = None) -> tuple[list[Record], list[Record], dict[str, Record]]:
    """All records; those that were read for it; and what is known from then on."""
    known = known or {}
    new: list[Record] = []

    def make(record: Record) -> Record:
        new.append(record)
        return record

    found = read_records(body, known, make)
    records = [known[digest] if record is None else record for digest, record in found]
    return records, new, dict(zip([digest for digest, _ in found], records, strict=True))


@pytest.mark.parametrize("written", [xml, lambda records: compact(xml(records))])
def test_of_the_same_answer_nothing_is_read_again(written: Any) -> None:
    records, new, known = read(written(RECORDS))
    assert records == new == RECORDS
    assert read(written(RECORDS), known)[:2] == (RECORDS, [])


def test_of_another_answer_only_what_is_new_is_read() -> None:
    *_, known = read(xml(RECORDS))
    changed = {**RECORDS[2], "name": "shop99"}
    other = [RECORDS[4], changed, *RECORDS[:2]]
    assert read(xml(other), known)[:2] == (other, [changed])


def test_records_that_are_there_twice_are_answered_twice() -> None:
    twice = [*RECORDS, *RECORDS]
    *_, known = read(xml(twice))
    assert read(xml(twice), known)[:2] == (twice, [])


def test_bytes_mean_something_else_in_another_encoding() -> None:
    record: Record = {"__type__": "virtualmachine", "name": "Zürich"}
    *_, known = read(xml([record]))
    latin = b"<?xml version='1.0' encoding='iso-8859-1'?>" + xml([record]).partition(b"?>")[2]
    assert read(latin, known)[0] == decode_answer(latin)


@pytest.mark.parametrize(
    "body",
    [
        xml([]),
        xml([{}, *RECORDS]),
        xml([RECORDS[0], {}, RECORDS[1]]),
        xml([RECORDS[0], {"other": 1}, RECORDS[1]]),
        xml([{"__type__": "a", "within": [{"__type__": "b"}, {"__type__": "c"}]}]),
        xml([{"__type__": {"__type__": {"__type__": 1}}}] * 2),
        xml([RECORDS[0]]).replace(b"<data>", b"<data><!-- <data> -->", 1),
        xml(RECORDS).replace(b"</struct></value>\n<value><struct>", b"</struct></value><!--\n<value><struct>", 1)
        + b"<!-- -->",
        xml(RECORDS).replace(b"shop02", b"<![CDATA[shop02]]>"),
        xml(RECORDS).replace(b"shop02", b"<?shop 02?>"),
    ],
)
def test_what_can_be_read_is_read_as_it_is_as_a_whole(body: bytes) -> None:
    try:
        whole = as_records(decode_answer(body))
    except Unreadable:
        with pytest.raises(Unreadable):
            read(body)
        return
    records, _, known = read(body)
    assert records == whole
    assert read(body, known)[0] == whole


def test_a_comment_that_reaches_from_one_record_to_the_next_hides_what_is_between() -> None:
    start = xml(RECORDS).index(b"<value><struct>", xml(RECORDS).index(b"shop01"))
    end = xml(RECORDS).index(b"<value><struct>", xml(RECORDS).index(b"shop02"))
    hidden = xml(RECORDS)[:start] + b"<!--" + xml(RECORDS)[start:end] + b"-->" + xml(RECORDS)[end:]
    *_, known = read(xml(RECORDS))
    assert read(hidden, known)[0] == decode_answer(hidden) != RECORDS


@pytest.mark.parametrize("seed", range(200))
def test_damaged_answers_are_read_or_refused_as_they_are_as_a_whole(seed: int) -> None:
    chance = random.Random(seed)
    body = bytearray(xml(RECORDS))
    *_, known = read(bytes(body))
    pieces = [b"<value>", b"</value>", b"</data>", b"<!--", b"-->", b"<?", b"?>", b"</struct></value>", b"\xff", b""]
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(body))
        body[at : at + chance.choice((0, 1, 7, 300))] = chance.choice(pieces)
    try:
        whole: Any = as_records(decode_answer(bytes(body)))
    except ApiError as error:
        whole = type(error)
    try:
        found: Any = read(bytes(body), known)[0]
    except ApiError as error:
        found = type(error)
    assert found == whole


def test_faults_and_what_is_no_list_are_said() -> None:
    with pytest.raises(Fault):
        read(fault_xml(1, "no"))
    for value in ("pong", [1], {"a": RECORDS}):
        with pytest.raises(Unreadable, match="no list"):
            read(xml(value))


def test_a_client_asks_for_what_is_new(platform: Platform, client: Client) -> None:
    platform.will(answer(RECORDS), answer([*RECORDS[1:], {**RECORDS[0], "name": "new"}]))
    first = client.query_anew("virtualmachine", {}, lambda record: record["name"]).value
    assert [name for _, name in first] == [record["name"] for record in RECORDS]
    second = client.query_anew("virtualmachine", dict(first), lambda record: record["name"]).value
    assert [name for _, name in second] == [None, None, None, None, "new"]
    assert [digest for digest, _ in second[:4]] == [digest for digest, _ in first[1:]]
    assert platform.requests[1].call == ("query", ("virtualmachine",))
