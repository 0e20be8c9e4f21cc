"""With Redis stopped or hanging, people read and change on; what they asked for goes out when it is back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from portal.celery import CHANGES
from scripts.chaos import done
from scripts.visitor import Visitor
from tests.support.going_on import LIST, MACHINE, describe, described, manager, readiness, suspended, wait_for
from tests.support.portal import Portal


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


@pytest.fixture(scope="module")
def visitor(portal_stack: Portal) -> Visitor:
    return manager(portal_stack)


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
        wait_for(lambda: readiness(portal_stack)["broker"] == "takes no messages, since its memory or disk is full")
        wait_for(lambda: portal_stack.worker.output().count("OutOfMemoryError") > refused)
    wait_for(lambda: described(portal_stack) == "asked for while it was full")
    wait_for(lambda: readiness(portal_stack)["broker"] == "ok")
