"""A Redis that is away or hangs: asked once, then left alone for a moment by the whole process."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.inventory import counters, reads, redis_connection, watched_customers
from tests.inventory.conftest import machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"


class Mute:
    """Takes connections and what is sent on them, and says nothing."""

    def __init__(self) -> None:
        self.connections: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.getsockname()[1]}/0"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self.connections.append(self._server.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        for one in (*self.connections, self._server):
            one.close()


@pytest.fixture
def mute(settings: Any) -> Iterator[Mute]:
    server = Mute()
    settings.CACHE_URL = server.url
    yield server
    server.close()


def test_pages_come_without_it_and_ask_it_once(mute: Mute, scope: Scope, platform: Platform) -> None:
    platform.records["services", VM] = [machine("services00")]
    for _ in range(3):
        assert [record.key for record in reads.listing(scope_of(scope.customer), VM).records] == ["services00"]
        watched_customers.watch(scope.customer)
    assert len(mute.connections) == 1


def test_everybody_who_asks_at_once_waits_once(mute: Mute) -> None:
    def ask(_number: int) -> float:
        started = time.monotonic()
        with pytest.raises(redis_connection.Away), redis_connection.connected() as redis:
            redis.ping()
        return time.monotonic() - started

    with ThreadPoolExecutor(8) as pool:
        waited = list(pool.map(ask, range(8)))
    assert max(waited) < 2 * redis_connection.READ_TIMEOUT
    assert ask(0) < redis_connection.READ_TIMEOUT


def test_it_is_asked_again_after_a_moment(mute: Mute, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(redis_connection.Away):
        counters.totals()
    with pytest.raises(redis_connection.Away):
        counters.totals()
    assert len(mute.connections) == 1
    later = time.monotonic() + redis_connection.AWAY_FOR
    monkeypatch.setattr(redis_connection.time, "monotonic", lambda: later)
    with pytest.raises(redis_connection.Away):
        counters.totals()
    assert len(mute.connections) == 2


def test_one_that_is_away_takes_no_other_with_it(mute: Mute, redis_server: str) -> None:
    with pytest.raises(redis_connection.Away), redis_connection.connected() as redis:
        redis.ping()
    with redis_connection.connected(f"{redis_server}/1") as redis:
        assert redis.ping()
