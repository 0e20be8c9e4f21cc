"""The watch over one call: whatever comes at the very moment at which its time is up."""

import socket
from collections.abc import Iterator

import pytest

from portal.api.watch import Watch, sending_on


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def is_cut(line: tuple[socket.socket, socket.socket]) -> bool:
    _ours, theirs = line
    theirs.setblocking(False)
    try:
        return theirs.recv(1) == b""
    except BlockingIOError:
        return False


def test_at_its_time_whoever_waits_is_woken(line: tuple[socket.socket, socket.socket]) -> None:
    with Watch(60) as watch:
        sending_on(line[0])
        watch._cut()
        assert (watch.passed, watch.sent) == (True, True)
    assert is_cut(line)


def test_a_request_that_is_ready_too_late_does_not_go_out(line: tuple[socket.socket, socket.socket]) -> None:
    with Watch(60) as watch:
        watch._cut()  # while the connection was being made
        with pytest.raises(TimeoutError):
            sending_on(line[0])
    assert not watch.sent


def test_after_the_call_its_connection_is_left_alone(line: tuple[socket.socket, socket.socket]) -> None:
    with Watch(60) as watch:
        sending_on(line[0])
    watch._cut()
    assert not watch.passed
    assert not is_cut(line)


def test_a_connection_that_no_call_uses_has_no_deadline(line: tuple[socket.socket, socket.socket]) -> None:
    sending_on(line[0])
    assert line[0].gettimeout() is None
