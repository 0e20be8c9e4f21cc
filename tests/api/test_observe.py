"""What is noted about each call: in the log, and for statistics."""

from __future__ import annotations

import logging

import pytest

from portal.api import ApiError, Call, Client, Fault, Refused

from .server import Platform, answer, fault_xml, reply, xml
from .test_client import Connect


def test_an_observer_hears_of_each_call(connect: Connect, platform: Platform) -> None:
    calls: list[Call] = []
    client = connect(observe=calls.append)
    platform.will(answer([]), reply(fault_xml(5, "no")), reply(b"", 401), answer("text"))
    client.query("resourcegroup")
    for records in ([{"__type__": "permission"}, {"__type__": "permission"}, {"__type__": "serviceuser"}], [], [{}]):
        with pytest.raises(ApiError):
            client.apply(records)
    assert [(call.method, call.type, call.user, call.outcome) for call in calls] == [
        ("query", "resourcegroup", "services", "ok"),
        ("apply", "permission,serviceuser", "services", "Fault"),
        ("apply", "", "services", "Refused"),
        ("apply", "?", "services", "Unreadable"),
    ]
    assert [call.received for call in calls] == [len(xml([])), len(fault_xml(5, "no")), 0, len(xml("text"))]
    assert all(call.seconds >= 0 for call in calls)


def test_an_observer_that_fails_does_not_fail_the_call(
    connect: Connect, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(call: Call) -> None:
        raise RuntimeError("no room for statistics")

    assert connect(observe=fail).ping().value == "pong"
    platform.will(reply(b"", 401))
    with pytest.raises(Refused):
        connect(observe=fail).ping()
    assert "no room for statistics" in caplog.text


def test_calls_are_logged_with_what_matters(
    client: Client, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portal.api")
    platform.will(answer([]), reply(fault_xml(5, "no")))
    client.query("virtualmachine")
    with pytest.raises(Fault):
        client.apply([{"__type__": "virtualmachine", "name": "forged\nline"}])
    first, second = [record for record in caplog.records if record.name == "portal.api"]
    assert first.levelno == logging.INFO
    assert first.getMessage().startswith("query 'virtualmachine' as 'services': ok, ")
    assert first.getMessage().endswith(f" s, {len(xml([]))} bytes")
    assert second.levelno == logging.WARNING
    assert second.getMessage().startswith("apply 'virtualmachine' as 'services': Fault, ")
