"""The breaker: when it stops calls, who may try again, and that all processes stop together."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from portal.api import Call, NotReachable
from portal.inventory import redis_connection
from portal.inventory.platform import circuit_breaker


@pytest.fixture
def clock(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time, to be moved: `clock[0] += 30`."""
    redis_connection.forget_absence()
    now = [1_000_000.0]
    monkeypatch.setattr("portal.inventory.platform.circuit_breaker.time.time", lambda: now[0])
    yield now
    redis_connection.forget_absence()


def call(outcome: str) -> None:
    circuit_breaker.check()
    circuit_breaker.observe(Call("query", "virtualmachine", "services", 0.1, outcome, 0))


def fail(times: int, clock: list[float], *, apart: float = 1.0) -> None:
    for _ in range(times):
        call("NotReachable")
        clock[0] += apart


def is_stopped() -> bool:
    try:
        circuit_breaker.check()
    except NotReachable:
        return True
    return False


def test_five_failures_in_thirty_seconds_stop_calls(clock: list[float]) -> None:
    fail(4, clock)
    assert not is_stopped()
    fail(1, clock)
    assert is_stopped()
    assert circuit_breaker.state().is_open


def test_who_is_stopped_knows_that_nothing_was_sent_and_when_to_ask_again(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    with pytest.raises(NotReachable) as stopped:
        circuit_breaker.check()
    assert not stopped.value.may_have_been_sent
    assert stopped.value.retry_after == pytest.approx(5)


def test_as_many_over_a_longer_time_do_not(clock: list[float]) -> None:
    fail(20, clock, apart=8)
    assert not is_stopped()


@pytest.mark.parametrize("outcome", ["ok", "Fault", "Refused", "CreditLimitExceeded", "Unsendable"])
def test_an_answer_is_no_failure_whatever_it_says(clock: list[float], outcome: str) -> None:
    for _ in range(10):
        call(outcome)
    assert not is_stopped()


def test_what_cannot_be_read_is_a_failure(clock: list[float]) -> None:
    for _ in range(5):
        call("Unreadable")
    assert is_stopped()


def test_after_five_seconds_a_single_call_tries(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    clock[0] += 4
    assert is_stopped()
    assert not circuit_breaker.state().may_try
    clock[0] += 2
    assert circuit_breaker.state().may_try
    assert not is_stopped()  # the probe
    assert is_stopped()  # anybody else
    assert not circuit_breaker.state().may_try


def test_who_finds_another_one_trying_may_ask_soon(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    clock[0] += 6
    circuit_breaker.check()
    with pytest.raises(NotReachable) as stopped:
        circuit_breaker.check()
    assert stopped.value.retry_after == pytest.approx(2)


def test_a_probe_that_succeeds_lets_all_go(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    clock[0] += 6
    call("ok")
    assert not is_stopped()
    assert not is_stopped()
    assert not circuit_breaker.state().is_open


def test_a_probe_that_fails_stops_them_for_another_five_seconds(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    clock[0] += 6
    call("NotReachable")
    assert is_stopped()
    clock[0] += 4
    assert is_stopped()
    clock[0] += 2
    assert not is_stopped()


def test_it_says_since_when_calls_are_stopped_however_often_one_has_tried(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    since = circuit_breaker.state().since
    for _ in range(3):
        clock[0] += 6
        call("NotReachable")
    assert circuit_breaker.state().since == since
    clock[0] += 6
    call("ok")
    clock[0] += 1
    fail(5, clock, apart=0)
    assert circuit_breaker.state().since != since


def test_calls_that_were_under_way_when_it_opened_do_not_make_it_longer(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    since = circuit_breaker.state().since
    clock[0] += 5
    circuit_breaker.observe(Call("query", "virtualmachine", "services", 20.0, "NotReachable", 0))
    assert circuit_breaker.state().since == since


def test_what_one_process_has_seen_stops_the_others(redis_url: str) -> None:
    redis_connection.forget_absence()
    for _ in range(5):
        call("NotReachable")
    asked = (
        "import django; django.setup(); from portal.inventory.platform import circuit_breaker; circuit_breaker.check()"
    )
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "CACHE_URL": redis_url,
        "API_BREAKER_OPEN_FOR": "600",  # however long the other one takes to start
        "DEBUG": "1",
    }
    other = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=False)
    assert "not asked: the platform has failed again and again" in other.stderr


def test_staff_can_reset_it(clock: list[float]) -> None:
    fail(5, clock, apart=0)
    circuit_breaker.reset()
    assert not is_stopped()
    fail(4, clock, apart=0)
    assert not is_stopped()  # counted from nothing


def test_with_redis_away_calls_go_out(settings: Any) -> None:
    redis_connection.forget_absence()
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    for _ in range(10):
        circuit_breaker.observe(Call("query", "", "services", 0.1, "NotReachable", 0))
        circuit_breaker.check()
    assert not circuit_breaker.state().is_open


def test_that_the_platform_answers_again_is_said_once(clock: list[float]) -> None:
    call("ok")
    fail(5, clock, apart=0)
    assert not circuit_breaker.answers_again()
    clock[0] += 5
    call("ok")
    assert [circuit_breaker.answers_again() for _ in range(2)] == [True, False]


def test_failures_that_stop_nobody_are_no_end_of_anything(clock: list[float]) -> None:
    fail(4, clock)
    call("ok")
    assert not circuit_breaker.answers_again()
