"""A key shows nowhere: not in a repr, a URL, a log line, an exception, or a traceback with its local variables."""

from __future__ import annotations

import base64
import copy
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest

from portal.api import ApiError, Client, Unreadable

from .conftest import KEY
from .server import Platform, answer, drop, fault_xml, hang, raw, reply, reset, xml
from .test_client import METHODS

type Connect = Callable[..., Client]
SECRETS = (KEY, base64.b64encode(f"services:{KEY}".encode()).decode(), base64.b64encode(KEY.encode()).decode())


def echo(platform: Platform, connection: object, request: object) -> bool:
    """Answers with the key in each place of the answer that could be quoted."""
    return raw(f"HTTP/1.1 {KEY}\r\n{KEY}: {KEY}\r\n\r\n{KEY}".encode())(platform, connection, request)


def assert_no_secret(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text


FAILURES = {
    "dropped": drop,
    "reset": reset,
    "late": hang,
    "refused": reply(b"", 401),
    "out of order": reply(b"", 500),
    "redirected": reply(b"", 302, Location=f"http://{KEY}/"),
    "fault": reply(fault_xml(1, "no")),
    "nonsense": reply(b"nonsense"),
    "cut off": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"),
    "no gzip": reply(b"no gzip", Content_Encoding="gzip"),
    "no list": answer("no list"),
    "echo": echo,
}


@pytest.mark.parametrize("method", ["query", "apply"])
@pytest.mark.parametrize("reaction", FAILURES.values(), ids=FAILURES)
def test_no_failure_shows_the_key(
    connect: Connect,
    platform: Platform,
    caplog: pytest.LogCaptureFixture,
    reaction: Callable[..., bool],
    method: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.will(reaction, reaction)
    with pytest.raises(ApiError) as caught:
        METHODS[method](connect(read_timeout=0.2))
    error = caught.value
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert_no_secret("".join([str(error), repr(error), repr(vars(error)), *shown.format(), caplog.text]))
    assert error.__cause__ is None
    assert error.__context__ is None


QUOTING = {
    "no list": xml(KEY),
    "no XML": KEY.encode(),
    "no such tag": f"<{KEY}/>".encode(),
    "no such entity": f"<methodResponse>&{KEY};</methodResponse>".encode(),
    "a document type": f"<!DOCTYPE {KEY}><methodResponse/>".encode(),
    "no such encoding": f"<?xml version='1.0' encoding='{KEY}'?><methodResponse/>".encode(),
    "no number": xml(7).replace(b"7", KEY.encode()),
    "no fault code": fault_xml(7, "x").replace(b"7", KEY.encode()),
}


@pytest.mark.parametrize("body", QUOTING.values(), ids=QUOTING)
def test_no_error_quotes_an_unreadable_answer(
    client: Client, platform: Platform, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.will(reply(body))
    with pytest.raises(Unreadable) as caught:
        client.log()
    assert_no_secret("".join([repr(caught.value), *traceback.format_exception(caught.value), caplog.text]))


def test_an_unreachable_platform_does_not_show_the_key(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for url in ("http://127.0.0.1:1/v1", "https://127.0.0.1:1/v1", "http://no-such-host.invalid/"):
        with pytest.raises(ApiError) as caught:
            connect(url).ping()
        shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert_no_secret("".join([*shown.format(), caplog.text]))
        assert caught.value.__context__ is None


def test_no_repr_shows_the_key(client: Client) -> None:
    assert repr(client).startswith("<Client services at http://127.0.0.1:")
    seen: list[object] = [client]
    for thing in seen:  # what the client is made of, three steps deep
        assert_no_secret(repr(thing))
        if len(seen) < 200 and hasattr(thing, "__dict__"):
            seen.extend(value for value in vars(thing).values() if not isinstance(value, str))


def test_a_call_that_works_logs_no_key(client: Client, platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.ping()
    assert caplog.records
    assert_no_secret(caplog.text)
    assert_no_secret(platform.requests[0].line)


@pytest.mark.parametrize("reaction", FAILURES.values(), ids=FAILURES)
def test_errors_survive_copying_and_pickling(
    connect: Connect, platform: Platform, reaction: Callable[..., bool]
) -> None:
    platform.will(reaction)
    with pytest.raises(ApiError) as caught:
        METHODS["apply"](connect(read_timeout=0.2))
    for error in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert type(error) is type(caught.value)
        assert str(error) == str(caught.value)
        assert vars(error) == vars(caught.value)
