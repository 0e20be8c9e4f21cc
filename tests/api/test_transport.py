"""Connections, retries, deadlines and sizes: each way in which an answer can fail to come."""

from __future__ import annotations

import gzip
import random
import socket
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.api import ApiError, Client, NotReachable, Unreadable

from .server import (
    SLOW,
    Platform,
    Request,
    answer,
    answer_and_hang_up,
    bomb,
    drip,
    drop,
    hang,
    message,
    raw,
    reply,
    reset,
    xml,
)
from .test_client import METHODS

type Connect = Callable[..., Client]
RECORD = {"__type__": "virtualmachine", "name": "services10"}
READS = ("ping", "query", "log")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# --- connections and retries --------------------------------------------------------------------------------------


def test_reads_share_a_connection(client: Client, platform: Platform) -> None:
    platform.will(answer("pong"), answer([]), answer([]))
    client.ping()
    client.query("virtualmachine")
    client.log()
    assert platform.connections == 1


def test_apply_goes_out_on_a_connection_of_its_own(client: Client, platform: Platform) -> None:
    platform.will(answer("pong"), answer([]), answer([]), answer("pong"))
    client.ping()
    client.apply([RECORD])
    client.apply([RECORD])
    client.ping()
    assert [request.connection for request in platform.requests] == [1, 2, 3, 1]


def test_a_stale_connection_does_not_disturb_a_read(client: Client, platform: Platform) -> None:
    platform.will(answer("pong"), drop, answer("pong"))
    client.ping()
    assert client.ping().value == "pong"
    assert [request.connection for request in platform.requests] == [1, 1, 2]


def test_a_connection_closed_while_idle_does_not_disturb_anything(client: Client, platform: Platform) -> None:
    platform.will(answer_and_hang_up, answer_and_hang_up, answer_and_hang_up, answer([]))
    for _ in range(3):
        assert client.ping().value == "pong"
    assert client.apply([RECORD]).value == []


@pytest.mark.parametrize("breakage", [drop, reset])
@pytest.mark.parametrize("method", READS)
def test_a_read_is_tried_once_more_when_the_connection_breaks(
    client: Client, platform: Platform, method: str, breakage: Callable[..., bool]
) -> None:
    platform.will(breakage, answer("pong" if method == "ping" else []))
    METHODS[method](client)
    assert len(platform.requests) == 2
    platform.will(breakage, breakage, answer([]))
    with pytest.raises(NotReachable) as caught:
        METHODS[method](client)
    assert caught.value.may_have_been_sent
    assert len(platform.requests) == 4


@pytest.mark.parametrize("breakage", [drop, reset])
def test_apply_is_never_sent_twice(client: Client, platform: Platform, breakage: Callable[..., bool]) -> None:
    platform.will(breakage)
    with pytest.raises(NotReachable) as caught:
        client.apply([RECORD])
    assert caught.value.may_have_been_sent
    assert len(platform.requests) == 1
    assert platform.connections == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_refused_connection_has_sent_nothing(connect: Connect, method: str) -> None:
    with pytest.raises(NotReachable, match="Connection refused") as caught:
        METHODS[method](connect(f"http://127.0.0.1:{free_port()}/v1"))
    assert not caught.value.may_have_been_sent


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".invalid", "xn--.invalid", ".invalid", "ä" * 70])
def test_a_host_that_does_not_exist_has_been_sent_nothing(connect: Connect, host: str) -> None:
    with pytest.raises(NotReachable) as caught:
        connect(f"http://{host}/v1").ping()
    assert not caught.value.may_have_been_sent


def test_a_platform_that_does_not_accept_has_been_sent_nothing(connect: Connect) -> None:
    with socket.socket() as deaf:  # its queue is full: no more handshakes
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        with pytest.raises(NotReachable, match=r"no connection within 0\.2 s") as caught:
            connect(f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", connect_timeout=0.2).ping()
        assert not caught.value.may_have_been_sent
        for filler in fillers:
            filler.close()


def test_a_client_serves_several_threads(client: Client, platform: Platform) -> None:
    platform.will(*[answer([{"serial": 1}])] * 80)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda serial: client.log(serial).value, range(80)))
    assert answers == [[{"serial": 1}]] * 80


# --- time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_no_answer_within_the_read_timeout_may_have_been_sent(
    connect: Connect, platform: Platform, method: str
) -> None:
    platform.will(hang)
    with pytest.raises(NotReachable, match=r"no answer within 0\.2 s") as caught:
        METHODS[method](connect(read_timeout=0.2))
    assert caught.value.may_have_been_sent
    assert len(platform.requests) == 1


def stop_in_the_body(platform: Platform, connection: socket.socket, request: Request) -> bool:
    connection.sendall(message(xml("pong"))[:-10])
    return hang(platform, connection, request)


def test_an_answer_that_stops_in_the_middle_is_not_waited_for_longer_than_one_that_does_not_begin(
    connect: Connect, platform: Platform
) -> None:
    platform.will(stop_in_the_body)
    with pytest.raises(NotReachable, match=r"no answer within 0\.2 s") as caught:
        connect(read_timeout=0.2).apply([RECORD])
    assert caught.value.may_have_been_sent


DRIPS = {
    "from the first byte": drip(SLOW),
    "in the headers": drip(SLOW, at_once=60),
    "in the body": drip(SLOW, at_once=5_100),
    "endless interim answers": drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 400),
    "chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 2_000, at_once=50),
    "until the connection ends": drip(b"HTTP/1.0 200 OK\r\n\r\n" + xml("p" * 5_000), at_once=25),
    "compressed": drip(message(bomb(5_000_000), headers=[("Content-Encoding", "gzip")]), at_once=200),
    "nothing": hang,
}


@pytest.mark.parametrize("method", ["ping", "apply"])
@pytest.mark.parametrize("reaction", DRIPS.values(), ids=DRIPS)
def test_a_dripping_platform_is_cut_off_at_the_deadline(
    connect: Connect, platform: Platform, reaction: Callable[..., bool], method: str
) -> None:
    platform.will(reaction)
    with pytest.raises(NotReachable, match=r"no complete answer within 0\.5 s") as caught:
        METHODS[method](connect(deadline=0.5))
    assert caught.value.may_have_been_sent
    assert len(platform.requests) == 1


def test_a_platform_that_does_not_read_is_cut_off_at_the_deadline(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        client = connect(f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", deadline=0.5)
        with pytest.raises(NotReachable, match=r"no complete answer within 0\.5 s") as caught:
            client.apply([{**RECORD, "service_description": "x" * 20_000_000}])
        assert caught.value.may_have_been_sent


def test_a_client_works_on_after_a_deadline(connect: Connect, platform: Platform) -> None:
    client = connect(deadline=0.5)
    platform.will(hang)
    with pytest.raises(NotReachable):
        client.ping()
    assert client.ping().value == "pong"


# --- size ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [9_999, 10_000, 10_001, 10_000_000])
@pytest.mark.parametrize("how", ["plain", "gzip", "until the end"])
def test_an_answer_is_read_up_to_the_limit(connect: Connect, platform: Platform, how: str, size: int) -> None:
    packed = bomb(size)
    body = gzip.decompress(packed)
    platform.will(
        {
            "plain": reply(body),
            "gzip": reply(packed, Content_Encoding="gzip"),
            "until the end": raw(b"HTTP/1.0 200 OK\r\n\r\n" + body),
        }[how]
    )
    client = connect(max_bytes=10_000)
    if size <= 10_000:
        assert set(client.ping().value) == {"a"}
    else:
        with pytest.raises(Unreadable, match="larger than 10000 bytes") as caught:
            client.ping()
        assert caught.value.may_have_been_sent
    assert len(platform.requests) == 1


def test_a_bomb_takes_no_more_memory_than_the_limit(connect: Connect, platform: Platform) -> None:
    platform.will(reply(bomb(100_000_000), Content_Encoding="gzip"))
    client = connect(max_bytes=1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match="larger than"):
            client.query("virtualmachine")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_in_a_redirect_or_an_error_is_not_even_read(client: Client, platform: Platform) -> None:
    statuses = (302, 401, 404, 500)
    endless = "1000000000000"
    platform.will(
        *(
            raw(f"HTTP/1.1 {status} X\r\nLocation: /v2\r\nContent-Length: {endless}\r\n\r\n".encode(), keep=True)
            for status in statuses
        )
    )
    for status in statuses:
        with pytest.raises(ApiError, match=f"HTTP {status}"):
            client.ping()
    assert len(platform.requests) == len(statuses)


BROKEN = {
    "no HTTP": raw(b"nonsense\r\n\r\n"),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "half a status line": raw(b"HTTP/1.1 20"),
    "a line without an end": raw(b"\xff" * 70_000),
    "headers without an end": raw(b"HTTP/1.1 200 OK\r\n" + b"X-Header: x\r\n" * 200),
    "shorter than promised": raw(message(xml("pong"))[:-10]),
    "chunks that end early": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"),
    "chunks that are none": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
    "half a document": reply(xml("pong")[:-10]),
    "nothing": reply(b""),
    "no gzip": reply(xml("pong"), Content_Encoding="gzip"),
    "half a gzip": reply(gzip.compress(xml("pong"))[:-12], Content_Encoding="gzip"),
    "a gzip without its checksum": reply(gzip.compress(xml("pong"))[:-4], Content_Encoding="gzip"),
    "two gzips": reply(gzip.compress(xml("pong")) * 2, Content_Encoding="gzip"),
    "gzip in gzip": reply(gzip.compress(gzip.compress(xml("pong"))), Content_Encoding="gzip, gzip"),
    "deflate": reply(xml("pong"), Content_Encoding="deflate"),
    "an unknown encoding": reply(xml("pong"), Content_Encoding="\xff"),
    "a web page": reply(b"<!doctype html><title>Login</title>", Content_Type="text/html"),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reaction", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_unreadable_and_not_asked_for_again(
    client: Client, platform: Platform, reaction: Callable[..., bool], method: str
) -> None:
    platform.will(reaction)
    with pytest.raises(Unreadable) as caught:
        METHODS[method](client)
    assert caught.value.may_have_been_sent
    assert len(platform.requests) == 1


HEADERS = ("Content-Length", "Transfer-Encoding", "Content-Encoding", "Set-Cookie", "Location", "Date", "Retry-After")
TEXTS = (
    "",
    "-1",
    "gzip",
    "chunked",
    "0",
    "5",
    "\x80\xff",
    "a=b; expires=x; Max-Age=y",
    "//[",
    "http://[::1",
    "%",
    "\t;,=",
)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_server_writes_only_api_errors_come_out(connect: Connect, platform: Platform, seed: int) -> None:
    chance = random.Random(seed)
    client = connect(read_timeout=5, deadline=10)
    whole = message(xml([RECORD]), headers=[("Date", "Tue, 24 Nov 2026 14:03:10 GMT")])
    for _ in range(40):
        headers = [(chance.choice(HEADERS), chance.choice(TEXTS)) for _ in range(chance.randint(0, 4))]
        odd = message(xml("pong"), chance.choice([200, 200, 302, 404, 503, 999]), headers)
        mutated = bytearray(chance.choice([whole, odd]))
        for _ in range(chance.randint(0, 4)):
            at = chance.randrange(len(mutated))
            mutated[at : at + chance.randint(0, 20)] = chance.randbytes(chance.randint(0, 4))
        platform.will(*[raw(chance.choice([bytes(mutated), odd, chance.randbytes(chance.randint(0, 300))]))] * 2)
        try:
            client.query("virtualmachine")
        except ApiError as error:
            assert error.__context__ is None  # noqa: PT017 - an answer is as good
