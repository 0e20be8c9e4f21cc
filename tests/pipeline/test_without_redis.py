"""With Redis stopped or hanging, people read and change on; what they asked for goes out when it is back."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from portal.celery import CHANGES
from scripts.chaos import done
from scripts.processes import Process
from scripts.visitor import Visitor
from tests.support.portal import Portal

LIST = "/c/10001/virtualmachine/"
MACHINE = "shop10"


@contextmanager
def suspended(process: Process) -> Iterator[None]:
    """The process takes connections and says nothing."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def described(portal: Portal) -> str:
    with portal.platform.proxy() as proxy:
        (record,) = proxy.query("virtualmachine", {"name": MACHINE})
    return str(record["service_description"])


def describe(visitor: Visitor, text: str) -> None:
    visitor.send(f"{LIST}{MACHINE}/-/edit?next=/healthz", service_description=text)


@contextmanager
def full(portal: Portal) -> Iterator[None]:
    """The memory of Redis is full, and it may forget nothing; messages wait, and the worker takes one of them."""
    with redis.Redis(port=portal.redis_port, db=1) as client:
        with suspended(portal.worker):
            wait_for(lambda: bool(client.llen(CHANGES)))
            client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


def broker_according_to(portal: Portal) -> str:
    """What `/readyz` says of it."""
    try:
        with urllib.request.urlopen(f"{portal.url}/readyz") as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        said = json.load(error)
    return str(said["checks"]["broker"])


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def visitor(portal_stack: Portal) -> Visitor:
    visitor = Visitor(portal_stack.url, "manager@example.com")
    visitor.get(LIST)
    return visitor


def test_a_change_asked_for_while_redis_is_stopped_goes_out_when_it_is_back(
    portal_stack: Portal, visitor: Visitor
) -> None:
    portal_stack.stop_redis()
    assert MACHINE in visitor.get(LIST)
    describe(visitor, "asked for without Redis")
    portal_stack.start_redis()
    wait_for(lambda: described(portal_stack) == "asked for without Redis")
    wait_for(lambda: done(portal_stack) == 1)


def test_a_redis_that_hangs_holds_up_neither_pages_nor_forms(portal_stack: Portal, visitor: Visitor) -> None:
    wait_for(lambda: MACHINE in visitor.get(LIST))
    with suspended(portal_stack.redis):
        for _ in range(3):
            assert MACHINE in visitor.get(LIST)
        describe(visitor, "asked for while Redis was hanging")
    wait_for(lambda: described(portal_stack) == "asked for while Redis was hanging")


def test_the_worker_takes_up_its_work_again_after_redis_was_emptied(portal_stack: Portal, visitor: Visitor) -> None:
    with redis.Redis(port=portal_stack.redis_port) as client:
        client.flushall()
    describe(visitor, "asked for after it was emptied")
    wait_for(lambda: described(portal_stack) == "asked for after it was emptied")


def test_the_worker_outlives_a_redis_whose_memory_is_full(portal_stack: Portal, visitor: Visitor) -> None:
    refused = portal_stack.worker.output().count("OutOfMemoryError")
    with full(portal_stack):
        assert MACHINE in visitor.get(LIST)
        describe(visitor, "asked for while it was full")
        wait_for(lambda: broker_according_to(portal_stack) == "its memory is full")
        wait_for(lambda: portal_stack.worker.output().count("OutOfMemoryError") > refused)
    wait_for(lambda: described(portal_stack) == "asked for while it was full")
    wait_for(lambda: broker_according_to(portal_stack) == "ok")
