"""What each method sends and answers, and what is noted about a call."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.api import (
    Answer,
    Client,
    CreditLimitExceeded,
    Fault,
    NotReachable,
    Refused,
    ResourceLimitExceeded,
    Unreadable,
    Unsendable,
)

from .conftest import KEY
from .server import Platform, answer, fault_xml, message, raw, reply, xml

DATE = "Tue, 24 Nov 2026 14:03:10 GMT"
AT = datetime(2026, 11, 24, 14, 3, 10, tzinfo=UTC)
type Connect = Callable[..., Client]
METHODS: dict[str, Callable[[Client], Answer[Any]]] = {
    "ping": Client.ping,
    "query": lambda client: client.query("virtualmachine"),
    "apply": lambda client: client.apply([{"__type__": "virtualmachine", "name": "services10"}]),
    "log": Client.log,
}
any_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def test_api_01_ping_answers_pong(client: Client, platform: Platform) -> None:
    assert client.ping().value == "pong"
    assert platform.requests[0].call == ("ping", ())
    assert platform.requests[0].line == "POST /v1 HTTP/1.1"


def test_query_asks_for_a_type(client: Client, platform: Platform) -> None:
    records = [{"__type__": "virtualmachine", "name": "services10", "backy_schedule": "default", "traffic": None}]
    platform.will(answer(records))
    assert client.query("virtualmachine").value == records
    assert platform.requests[0].call == ("query", ("virtualmachine",))


def test_api_11_query_passes_a_filter_on(client: Client, platform: Platform) -> None:
    platform.will(answer([]))
    assert client.query("virtualmachine", {"name": "services10", "online": True}).value == []
    assert platform.requests[0].call == ("query", ("virtualmachine", {"name": "services10", "online": True}))


def test_apply_sends_the_records_in_order(client: Client, platform: Platform) -> None:
    records = [{"__type__": "resourcegroup", "name": "b"}, {"__type__": "virtualmachine", "name": "b10", "cores": 2}]
    platform.will(answer([{"name": "b"}, {"name": "b10"}]))
    assert client.apply(tuple(records)).value == [{"name": "b"}, {"name": "b10"}]
    assert platform.requests[0].call == ("apply", (records,))


def test_api_14_log_with_and_without_a_serial(client: Client, platform: Platform) -> None:
    platform.will(answer([{"serial": 7}]), answer([]))
    assert client.log().value == [{"serial": 7}]
    assert client.log(7).value == []
    assert [request.call for request in platform.requests] == [("log", ()), ("log", (7,))]


@pytest.mark.parametrize("value", [None, "pong", 1, {"name": "a"}, [1], [{"name": "a"}, None], [["a"]]])
@pytest.mark.parametrize("method", ["query", "apply", "log"])
def test_an_answer_that_is_no_list_of_structs_is_unreadable(
    client: Client, platform: Platform, method: str, value: object
) -> None:
    platform.will(answer(value))
    with pytest.raises(Unreadable) as caught:
        METHODS[method](client)
    assert caught.value.may_have_been_sent


def test_a_ping_that_answers_no_text_is_unreadable(client: Client, platform: Platform) -> None:
    platform.will(answer([]))
    with pytest.raises(Unreadable):
        client.ping()


# --- the platform's clock -----------------------------------------------------------------------------------------


def test_platform_time_is_that_of_the_date_header(client: Client, platform: Platform) -> None:
    platform.will(answer("pong", Date=DATE))
    time = client.ping().platform_time
    assert time == AT
    assert time.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["Tue, 24 Nov 2026 15:03:10 +0100", "Tue, 24 Nov 2026 14:03:10 -0000"])
def test_platform_time_is_utc_however_it_was_written(client: Client, platform: Platform, text: str) -> None:
    platform.will(answer("pong", Date=text))
    assert client.ping().platform_time == AT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "Tue, 24",
        "Tue, 99 Nov 2026 14:03:10 GMT",
        "Tue, 24 Nov 99999999999 14:03:10 GMT",
        "\xff",
        ", , ,",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "1 Jan 2026 00:00:00 +99999999999999",
    ],
)
def test_a_garbled_date_is_none(client: Client, platform: Platform, text: str) -> None:
    platform.will(answer("pong", Date=text))
    assert client.ping() == Answer("pong", None)


def test_a_missing_date_is_none(client: Client) -> None:
    assert client.ping().platform_time is None


# --- what the platform refuses ------------------------------------------------------------------------------------


@any_method
def test_api_16_faults_carry_code_and_words_and_are_not_applied(
    client: Client, platform: Platform, method: Callable[[Client], Any]
) -> None:
    for code, kind in ((5, Fault), (3, ResourceLimitExceeded), (4, CreditLimitExceeded)):
        platform.will(reply(fault_xml(code, "virtualmachine services10: memory: too much")))
        with pytest.raises(kind) as caught:
            method(client)
        assert (caught.value.code, caught.value.text) == (code, "virtualmachine services10: memory: too much")
        assert str(caught.value) == f"fault {code}: virtualmachine services10: memory: too much"
        assert not caught.value.may_have_been_sent


@any_method
@pytest.mark.parametrize("status", [401, 403])
def test_api_02_a_key_that_is_not_accepted_is_refused(
    client: Client, platform: Platform, method: Callable[[Client], Any], status: int
) -> None:
    platform.will(reply(b"no", status, WWW_Authenticate="Basic"))
    with pytest.raises(Refused) as caught:
        method(client)
    assert not caught.value.may_have_been_sent
    assert len(platform.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_platform_out_of_order_may_have_done_it(client: Client, platform: Platform, status: int) -> None:
    platform.will(reply(b"<h1>oops</h1>", status))
    with pytest.raises(NotReachable, match=f"HTTP {status}") as caught:
        client.ping()
    assert caught.value.may_have_been_sent
    assert caught.value.retry_after is None
    assert len(platform.requests) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Tue, 24 Nov 2026 14:05:10 GMT", 120.0),
        ("Tue, 24 Nov 2026 14:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("9" * 400, None),
        ("", None),
    ],
)
def test_retry_after_comes_in_seconds_of_the_platforms_clock(
    client: Client, platform: Platform, text: str, seconds: float | None
) -> None:
    platform.will(reply(b"", 503, Retry_After=text, Date=DATE), reply(b"", 429, Retry_After=text, Date=DATE))
    for may_have_been_sent in (True, False):
        with pytest.raises(NotReachable) as caught:
            client.ping()
        assert caught.value.retry_after == seconds
        assert caught.value.may_have_been_sent is may_have_been_sent


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 307, 308, 400, 404, 405, 407, 413, 451])
def test_any_other_status_is_unreadable(client: Client, platform: Platform, status: int) -> None:
    platform.will(reply(xml("pong") if status != 204 else b"", status, Location=platform.url))
    with pytest.raises(Unreadable, match=f"HTTP {status}") as caught:
        client.ping()
    assert caught.value.may_have_been_sent
    assert len(platform.requests) == 1


# --- user and key -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, "", "a:b:c", "schlüssel-東京", " spaced ", "%41&?#/@"])
def test_user_and_key_go_as_a_basic_header_in_utf_8(platform: Platform, key: str) -> None:
    with Client(platform.url, "grüppe", key) as client:
        client.ping()
    scheme, _, encoded = platform.requests[0].headers["authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode("utf-8") == f"grüppe:{key}"


@pytest.mark.parametrize("text", ["a\0", "a\ud800", "\x7f\x1b"])
def test_user_and_key_that_no_header_can_carry_are_unsendable(text: str) -> None:
    for user, key in ((text, "k"), ("u", text)):
        with pytest.raises(Unsendable):
            Client("http://127.0.0.1:1/", user, key)


def test_a_user_with_a_colon_is_unsendable() -> None:
    with pytest.raises(Unsendable) as caught:
        Client("http://127.0.0.1:1/", "a:b", "c")
    assert caught.value.field == "user"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8001",
        "ftp://127.0.0.1/",
        "http://",
        "http:///v1",
        "http://h:0/",
        "http://h:99999/",
        "http://[::1",
        f"http://services:{KEY}@127.0.0.1/",
        f"https://{KEY}@127.0.0.1/",
        f"http://u:{KEY}\uff1a@h/",
        "file:///etc/passwd",
    ],
)
def test_a_url_that_is_not_plain_http_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        Client(url, "services", "key")
    assert KEY not in str(caught.value)


def test_a_netrc_never_overrides_the_key(
    client: Client, platform: Platform, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login intruder password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client.ping()
    assert platform.requests[0].headers["authorization"].endswith(base64.b64encode(f"services:{KEY}".encode()).decode())


def test_proxies_of_the_environment_are_not_used(
    client: Client, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert client.ping().value == "pong"
    assert len(platform.requests) == 1


def test_cookies_are_not_kept(client: Client, platform: Platform) -> None:
    platform.will(answer("pong", Set_Cookie="session=1; Path=/"))
    client.ping()
    client.ping()
    assert "cookie" not in platform.requests[1].headers


# --- how an answer comes ------------------------------------------------------------------------------------------


def test_an_answer_may_be_compressed(client: Client, platform: Platform) -> None:
    platform.will(reply(gzip.compress(xml("pong")), Content_Encoding="gzip"))
    assert client.ping().value == "pong"
    assert platform.requests[0].headers["accept-encoding"] == "gzip, identity"


def test_an_answer_may_come_in_chunks_or_end_with_the_connection(client: Client, platform: Platform) -> None:
    body = xml("pong")
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n"
    platform.will(raw(chunked % (body[:5], len(body) - 5, body[5:]), keep=True), raw(b"HTTP/1.0 200 OK\r\n\r\n" + body))
    assert client.ping().value == "pong"
    assert client.ping().value == "pong"


def test_nothing_is_sent_that_cannot_be_written(client: Client, platform: Platform) -> None:
    with pytest.raises(Unsendable) as caught:
        client.apply([{"__type__": "virtualmachine", "service_description": "a\x00"}])
    assert caught.value.field == "service_description"
    assert not caught.value.may_have_been_sent
    assert platform.requests == []


def test_a_client_is_closed_by_its_context(platform: Platform) -> None:
    platform.will(raw(message(xml("pong")), keep=True))
    with Client(platform.url, "services", "key") as client:
        client.ping()
    assert client.ping().value == "pong"
    assert platform.connections == 2
    client.close()
