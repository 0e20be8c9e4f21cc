"""Both Redis behind Sentinels: when the one that is written to dies, its copy takes over, and nothing is lost."""

from typing import Any

import pytest

from portal.broker.backlog import backlog
from portal.celery import QUEUES
from portal.inventory.redis_connection import Away, connected
from portal.monitoring.doctor import storage
from scripts.visitor import Visitor
from tests.support.doctor import doctor
from tests.support.going_on import LIST, MACHINE, describe, described, manager, readiness, wait_for
from tests.support.portal import NewPortal, Portal
from tests.support.sentinels import Sentinels


@pytest.fixture(scope="module")
def portal(sentinels: Sentinels, new_portal: NewPortal) -> Portal:
    return new_portal(CACHE_URL=sentinels.url(0), BROKER_URL=sentinels.url(1))


@pytest.fixture(scope="module")
def visitor(portal: Portal) -> Visitor:
    return manager(portal)


def test_each_database_is_one_of_the_redis_in_use(sentinels: Sentinels, settings: Any) -> None:
    settings.CACHE_URL, settings.BROKER_URL = sentinels.url(3), sentinels.url(4)
    with connected() as cache:
        cache.set("word", "kept")
        assert cache.get("word") == b"kept"
    with connected(settings.BROKER_URL) as broker:
        assert broker.get("word") is None
    assert backlog(QUEUES) == 0
    assert [str(one.level) for one in storage.broker()] == ["fine"]


@pytest.mark.parametrize("wrong", [("/portal/", "/others/"), ("p%40ss", "pass"), ("=s%2F", "=s"), None])
def test_what_cannot_be_reached_is_away(sentinels: Sentinels, wrong: tuple[str, str] | None) -> None:
    url = sentinels.url(0).replace(*wrong) if wrong else "redis+sentinel://127.0.0.1:1/portal"
    with pytest.raises(Away), connected(url) as client:
        client.get("word")


def test_changes_pass_through_it(portal: Portal, visitor: Visitor) -> None:
    describe(visitor, "by Sentinels")
    wait_for(lambda: described(portal) == "by Sentinels")
    assert doctor(portal, "--only", "broker", "queues") == {"broker": "fine", "queues": "fine"}


def test_the_copy_takes_over_while_people_work(sentinels: Sentinels, portal: Portal, visitor: Visitor) -> None:
    first = sentinels.in_use()
    sentinels.kill(first)
    assert MACHINE in visitor.get(LIST)
    describe(visitor, "asked for while nobody was written to")
    wait_for(lambda: described(portal) == "asked for while nobody was written to")
    wait_for(lambda: sentinels.in_use() != first)
    wait_for(lambda: {readiness(portal)[name] for name in ("cache", "broker")} == {"ok"})


def test_the_first_comes_back_as_the_copy_and_takes_over_again(
    sentinels: Sentinels, portal: Portal, visitor: Visitor
) -> None:
    second = sentinels.in_use()
    sentinels.start(1 - second)
    wait_for(lambda: sentinels.is_copy(1 - second))
    sentinels.kill(second)
    wait_for(lambda: sentinels.in_use() != second)
    describe(visitor, "asked for after it took over again")
    wait_for(lambda: described(portal) == "asked for after it took over again")
    assert all(process.is_alive for process in portal.workers)
