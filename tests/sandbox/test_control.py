"""`POST /control`: the clock, faults that can be switched on, and counts."""

import http.client
import json
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers.expat import ExpatError

import pytest

from portal.sandbox import clock
from portal.sandbox.models import Call, Machine, World
from portal.sandbox.server import Server
from tests.sandbox.conftest import START, Connect

Control = Callable[..., tuple[int, Any]]
NEW = {"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob"}


@pytest.fixture
def control(server: Server) -> Iterator[Control]:
    """Send a command, get status and answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)

    def control(command: Any, **headers: str) -> tuple[int, Any]:
        body = command if isinstance(command, bytes) else json.dumps(command)
        connection.request("POST", "/control", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if answer.status == 200 else text.decode()

    yield control
    connection.close()


def test_the_clock_moves_forward(control: Control, connect: Connect) -> None:
    connect().apply([NEW])
    assert control({"advance": 3600})[0] == 200
    assert 3600 <= (clock.now() - START).total_seconds() < 3660
    assert Machine.objects.get().needs_install is False


@pytest.mark.parametrize("step", [-1, "1", None, True, 10**11, [], float("nan"), 4 * 10**9])
def test_and_nowhere_else(control: Control, step: Any) -> None:
    assert control({"advance": step})[0] == 400
    assert (clock.now() - START).total_seconds() < 60


def test_installs_take_as_long_as_is_said(control: Control, connect: Connect) -> None:
    assert control({"install_seconds": 300})[0] == 200
    connect().apply([NEW])
    control({"advance": 290})
    assert connect().query("virtualmachine")[0]["needs_install"] is True
    control({"advance": 11})
    assert connect().query("virtualmachine")[0]["needs_install"] is False


def test_installs_may_take_no_time(control: Control, connect: Connect) -> None:
    control({"install_seconds": 0})
    assert connect().apply([NEW])[0]["needs_install"] is False


def test_calls_are_counted_by_method_key_and_type(control: Control, connect: Connect) -> None:
    connect().query("virtualmachine")
    connect().query("virtualmachine")
    connect("acme").query("invoice")
    connect("acme").ping()
    connect().log()
    with pytest.raises(xmlrpc.client.ProtocolError):
        connect("acme", "wrong").ping()
    assert control({"stats": True}) == (
        200,
        {
            "calls": {"query": 3, "ping": 1, "log": 1},
            "by_key": {"services": {"query": 2, "log": 1}, "acme": {"query": 1, "ping": 1}},
            "by_type": {"virtualmachine": 2, "invoice": 1},
        },
    )


def test_reset_forgets_faults_and_counts_but_not_the_world(control: Control, connect: Connect) -> None:
    connect().apply([NEW])
    control({"fault": {"kind": "drop_before", "times": 5}})
    control({"reset": True})
    assert connect().query("virtualmachine")[0]["name"] == "shop00"
    assert control({"stats": True})[1]["calls"] == {"query": 1}


@pytest.mark.parametrize(
    "command",
    [
        b"", b"{", b"[]", b"{}", b"null", b"[" * 100_000, b"\xff", {"explode": 1}, {"fault": {}}, {"fault": 1},
        {"fault": {"kind": "explode"}}, {"fault": {"kind": "delay"}}, {"fault": {"kind": "delay", "value": -1}},
        {"fault": {"kind": "status", "value": 99}}, {"fault": {"kind": "status", "value": "x"}},
        {"fault": {"kind": "truncate", "value": -1}}, {"fault": {"kind": "fault", "times": 0}},
        {"fault": {"kind": "fault", "times": "2"}}, {"fault": {"kind": "fault", "method": "reboot"}},
        {"fault": {"kind": ["fault"]}}, {"fault": {"kind": "fault", "surprise": 1}}, {"install_seconds": -1},
    ],
)  # fmt: skip
def test_what_is_no_command_is_400(control: Control, command: Any) -> None:
    assert control(command)[0] == 400
    assert World.objects.get().install_seconds == 20


def test_a_web_page_cannot_command(control: Control) -> None:
    assert control({"advance": 60}, Origin="https://example.com")[0] == 403
    assert (clock.now() - START).total_seconds() < 60


def test_only_the_loopback_interface_may_command(
    control: Control, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = server.RequestHandlerClass
    monkeypatch.setattr(handler, "client_address", property(lambda _: ("192.0.2.7", 1), lambda *_: None), raising=False)
    assert control({"advance": 60})[0] == 403


def test_drop_before_applies_nothing(control: Control, connect: Connect) -> None:
    control({"fault": {"kind": "drop_before", "method": "apply"}})
    with pytest.raises(http.client.RemoteDisconnected):
        once(connect()).apply([NEW])
    assert not Machine.objects.exists()
    assert not Call.objects.exists()


def test_drop_after_has_applied_it(control: Control, connect: Connect) -> None:
    control({"fault": {"kind": "drop_after", "method": "apply"}})
    with pytest.raises(http.client.RemoteDisconnected):
        once(connect()).apply([NEW])
    assert Machine.objects.exists()
    assert [call["method"] for call in connect().log()] == ["apply"]


def once(proxy: xmlrpc.client.ServerProxy) -> xmlrpc.client.ServerProxy:
    """The client without its habit of trying a dropped call a second time."""
    transport = proxy("transport")
    transport.request = transport.single_request
    return proxy


@pytest.mark.parametrize("value", [404, 500, 503, 418, 599])
def test_status_has_applied_it(control: Control, connect: Connect, value: int) -> None:
    control({"fault": {"kind": "status", "value": value, "method": "apply"}})
    with pytest.raises(xmlrpc.client.ProtocolError) as caught:
        connect().apply([NEW])
    assert caught.value.errcode == value
    assert Machine.objects.exists()


@pytest.mark.parametrize("value", [None, 0, 10])
def test_truncate_ends_the_answer_early_and_has_applied_it(
    control: Control, connect: Connect, value: int | None
) -> None:
    control({"fault": {"kind": "truncate", "value": value, "method": "apply"}})
    with pytest.raises(ExpatError):
        connect().apply([NEW])
    assert Machine.objects.exists()


@pytest.mark.parametrize("value", [None, "rubbish", "<methodResponse>", {"a": 1}])
def test_garbage_is_no_answer_and_has_applied_it(control: Control, connect: Connect, value: Any) -> None:
    control({"fault": {"kind": "garbage", "value": value, "method": "apply"}})
    with pytest.raises((xmlrpc.client.ResponseError, ExpatError)):
        connect().apply([NEW])
    assert Machine.objects.exists()


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (3, 3, "injected fault"),
        ("no more memory", 1, "no more memory"),
        ({"code": 4, "text": "too expensive"}, 4, "too expensive"),
        (None, 1, "injected fault"),
    ],
)
def test_fault_is_a_fault_and_has_applied_it(
    control: Control, connect: Connect, value: Any, code: int, text: str
) -> None:
    control({"fault": {"kind": "fault", "value": value, "method": "apply"}})
    with pytest.raises(xmlrpc.client.Fault) as caught:
        connect().apply([NEW])
    assert (caught.value.faultCode, caught.value.faultString) == (code, text)
    assert Machine.objects.exists()


def test_delay_holds_the_call_before_the_commit(control: Control, connect: Connect) -> None:
    control({"fault": {"kind": "delay", "value": 0.5, "method": "apply"}})
    began = time.monotonic()
    call = threading.Thread(target=connect().apply, args=([NEW],))
    call.start()
    assert not Machine.objects.exists()
    # Other calls go through meanwhile.
    assert connect().query("virtualmachine") == []
    call.join()
    assert time.monotonic() - began >= 0.5
    assert Machine.objects.exists()


def test_a_fault_strikes_its_method_only_and_so_many_times(control: Control, connect: Connect) -> None:
    control({"fault": {"kind": "status", "value": 503, "method": "query", "times": 2}})
    assert connect().ping() == "pong"
    for _ in range(2):
        with pytest.raises(xmlrpc.client.ProtocolError):
            connect().query("virtualmachine")
    assert connect().query("virtualmachine") == []


def test_a_star_strikes_every_method(control: Control, connect: Connect) -> None:
    control({"fault": {"kind": "status", "value": 503, "method": "*", "times": 2}})
    for method in ("ping", "log"):
        with pytest.raises(xmlrpc.client.ProtocolError):
            getattr(connect(), method)()


def test_a_refused_key_strikes_no_fault(control: Control, connect: Connect) -> None:
    control({"fault": {"kind": "status", "value": 503}})
    with pytest.raises(xmlrpc.client.ProtocolError) as caught:
        connect("services", "wrong").ping()
    assert caught.value.errcode == 401
    assert control({"stats": True})[1]["calls"] == {}
