"""The server over HTTP: authentication (api_02), Python's own client, and bytes that nobody should send."""

import base64
import http.client
import json
import socket
import xmlrpc.client
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest
from django.conf import settings as django_settings

from portal.sandbox import clock
from portal.sandbox.models import Call, Machine, ResourceGroup
from portal.sandbox.server import Server
from tests.sandbox.conftest import START, Connect
from tests.sandbox.test_wire import GARBAGE, call_with

PING = b"<methodCall><methodName>ping</methodName></methodCall>"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


AUTH = {"Authorization": basic("services", "services-demo-key")}


@pytest.fixture
def http_client(server: Server) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    yield connection
    connection.close()


def post(
    connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str] | None = None, path: str = "/v1"
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("POST", path, body, AUTH if headers is None else headers)
    answer = connection.getresponse()
    return answer, answer.read()


def raw(server: Server, data: bytes) -> bytes:
    """What comes back for bytes that are then followed by nothing."""
    with socket.create_connection(server.server_address, timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer


def test_api_01_ping_by_pythons_own_client(connect: Connect) -> None:
    assert connect().ping() == "pong"


def test_every_documented_call_by_pythons_own_client(connect: Connect) -> None:
    api = connect()
    assert api.query("virtualmachine") == []
    (group,) = api.apply([{"__type__": "resourcegroup", "name": "fresh"}])
    (machine,) = api.apply(
        [{"__type__": "virtualmachine", "name": "fresh00", "resource_group": "fresh", "location": "rzob"}]
    )
    assert api.query("virtualmachine", {"name": "fresh00"}) == [machine]
    (leaving,) = api.apply(
        [{"__type__": "virtualmachine", "__action__": "delete", "deadline": "2027-01-01", "name": "fresh00"}]
    )
    assert leaving["deletion"]["deadline"] == "2027-01-01"
    assert api.apply([{"__type__": "virtualmachine", "name": "fresh00"}])[0]["deletion"]["deadline"] == ""
    assert group in api.query("resourcegroup", None)
    for kind in ("serviceuser", "permission", "maintenance", "invoice"):
        assert api.query(kind) == []
    assert {record["type"] for record in api.query("consumption")} == {"traffic"}
    serial = api.log()[-1]["serial"]
    assert api.log(serial) == []
    with pytest.raises(xmlrpc.client.Fault, match="unknown type"):
        api.query("spaceship")
    assert [call["method"] for call in api.log(serial)] == ["query"]


def test_api_15_large_numbers_reach_pythons_own_client(connect: Connect) -> None:
    ResourceGroup.objects.filter(name="acme").update(traffic_rate=2**62 // 10**6)
    post_control(connect, {"advance": 3600 * 24 * 3})
    (record,) = connect("acme").query("consumption")
    assert record["parameters"]["traffic"] > 2**45


def post_control(connect: Connect, command: dict[str, object]) -> None:
    proxy = connect()
    host = str(proxy("transport")._connection[0] or _host_of(proxy))
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("POST", "/control", json.dumps(command))
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    connection.close()


def _host_of(proxy: xmlrpc.client.ServerProxy) -> str:
    assert proxy.ping() == "pong"
    return str(proxy("transport")._connection[0]).rpartition("@")[2]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        basic("services", "wrong"),
        basic("services", ""),
        basic("example", ""),
        basic("example", "example-demo-key"),
        basic("nowhere", "nowhere-demo-key"),
        basic("acme", "services-demo-key"),
        basic("services\0", "services-demo-key "),
        basic("", ""),
        "Bearer services-demo-key",
        basic("services", "services-demo-key").replace("Basic", "Digest"),
    ],
)
def test_api_02_no_or_wrong_credentials_are_401_and_reveal_nothing(
    http_client: http.client.HTTPConnection, header: str | None
) -> None:
    answer, body = post(http_client, PING, {} if header is None else {"Authorization": header})
    assert (answer.status, body) == (401, b"Unauthorized\n")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="API"'


def test_api_02_right_credentials_after_wrong_ones_on_the_same_connection(
    http_client: http.client.HTTPConnection,
) -> None:
    assert post(http_client, PING, {})[0].status == 401
    assert post(http_client, PING)[0].status == 200


def test_connections_are_kept_alive_and_lengths_are_right(http_client: http.client.HTTPConnection) -> None:
    post(http_client, PING)
    first = http_client.sock
    answer, body = post(http_client, PING)
    assert http_client.sock is first
    assert int(answer.headers["Content-Length"]) == len(body)
    assert answer.headers["Content-Type"].startswith("text/xml")


def test_the_date_header_is_the_platforms_time(http_client: http.client.HTTPConnection) -> None:
    answer, _ = post(http_client, PING)
    first = parsedate_to_datetime(answer.headers["Date"])
    assert 0 <= (first - START).total_seconds() < 60
    post(http_client, b'{"advance": 864000}', path="/control")
    answer, _ = post(http_client, PING, {})
    assert 864000 <= (parsedate_to_datetime(answer.headers["Date"]) - first).total_seconds() < 864060


def test_the_callers_address_is_in_the_log(http_client: http.client.HTTPConnection) -> None:
    post(http_client, PING)
    assert Call.objects.get().ipaddress == "127.0.0.1"


def test_any_bytes_as_body_get_a_fault(http_client: http.client.HTTPConnection) -> None:
    for body in GARBAGE:
        answer, text = post(http_client, body)
        assert answer.status == 200
        with pytest.raises(xmlrpc.client.Fault):
            xmlrpc.client.loads(text)


ODD_VALUES = [
    b"<int>1</int>",
    b"<nil/>",
    b"<struct></struct>",
    b"<dateTime.iso8601>20261124T10:00:00</dateTime.iso8601>",
    b"<base64>AAEC</base64>",
    b"<array><data><value><base64>AAEC</base64></value></data></array>",
]
MEMBER = b"<member><name>%s</name><value>%s</value></member>"


def test_any_value_at_any_place_of_a_record_gets_a_fault_and_changes_nothing(
    http_client: http.client.HTTPConnection, connect: Connect
) -> None:
    connect().apply([{"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob"}])
    before = list(Machine.objects.values())
    for key in (b"__type__", b"__action__", b"name", b"classes", b"interfaces", b"service_description", b"online"):
        for value in ODD_VALUES:
            given = {
                b"__type__": b"virtualmachine", b"name": b"shop00", b"cores": b"<int>8</int>", key: value,
            }  # fmt: skip
            members = b"".join(MEMBER % item for item in given.items())
            body = call_with(b"<array><data><value><struct>" + members + b"</struct></value></data></array>")
            answer, text = post(http_client, body)
            assert answer.status == 200
            with pytest.raises(xmlrpc.client.Fault):
                xmlrpc.client.loads(text)
    assert list(Machine.objects.values()) == before


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1\r\n\r\n",
        b"POST /v1 HTTP/9.9\r\n\r\n",
        b"POST /v1 SPDY/1\r\n\r\n",
        b"BREW /v1 HTTP/1.1\r\n\r\n",
        b"POST " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        b"POST /v1 HTTP/1.1\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /v1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /v1 HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this",
    ],
    ids=range(19),
)
def test_any_bytes_as_request_get_a_plain_error_or_nothing(server: Server, data: bytes) -> None:
    answer = raw(server, data)
    assert b"Traceback" not in answer
    assert b"<html" not in answer.lower()
    if answer:
        status = int(answer.split()[1])
        assert 400 <= status <= 505
        assert status != 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1", 405),
        ("PUT", "/v1", 405),
        ("HEAD", "/v1", 405),
        ("GET", "/control", 405),
        ("GET", "/", 404),
        ("POST", "/", 404),
        ("POST", "/v2", 404),
        ("POST", "/v1/../etc/passwd", 404),
    ],
)
def test_other_methods_and_places(http_client: http.client.HTTPConnection, method: str, path: str, status: int) -> None:
    http_client.request(method, path, b"", AUTH)
    answer = http_client.getresponse()
    body = answer.read()
    assert answer.status == status
    assert answer.headers["Allow"] == ("POST" if status == 405 else None)
    assert b"<" not in body


def test_a_request_that_is_too_large_is_413(server: Server) -> None:
    head = b"POST /v1 HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (django_settings.MAX_REQUEST_BYTES + 1)
    assert b"413" in raw(server, head).split(b"\r\n")[0]


def test_an_error_inside_is_a_plain_500(
    http_client: http.client.HTTPConnection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("portal.sandbox.dispatch.call", broken)
    answer, body = post(http_client, PING)
    assert (answer.status, body) == (500, b"Internal error\n")
    assert "secret detail" in caplog.text


def test_the_world_stays_when_the_server_is_started_again(server: Server, connect: Connect) -> None:
    from tests.sandbox.conftest import running_server

    api = connect()
    api.apply([{"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob"}])
    post_control(connect, {"advance": 3600, "install_seconds": 7})
    before = api.query("virtualmachine"), api.query("resourcegroup"), api.log()
    moment = clock.now()
    with running_server() as second:
        url = f"http://services:services-demo-key@127.0.0.1:{second.server_address[1]}/v1"
        with xmlrpc.client.ServerProxy(url, allow_none=True) as again:
            assert (again.query("virtualmachine"), again.query("resourcegroup")) == before[:2]
            assert again.log()[: len(before[2])] == before[2]
    assert 0 <= (clock.now() - moment).total_seconds() < 60
