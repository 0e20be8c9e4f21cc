"""A worker outlives a Redis that goes away while it holds messages."""

import pytest
from kombu.transport import redis

from portal.broker.transports import RedisTransport, SentinelTransport


@pytest.mark.parametrize("transport", [RedisTransport, SentinelTransport])
@pytest.mark.parametrize("closed", [True, False])
def test_a_channel_that_is_closed_lets_messages_be(
    monkeypatch: pytest.MonkeyPatch, transport: type[redis.Transport], closed: bool
) -> None:
    told: list[str] = []
    for name in ("basic_ack", "basic_reject"):
        monkeypatch.setattr(redis.Channel, name, lambda self, tag, **options: told.append(tag))
    channel = transport.Channel.__new__(transport.Channel)
    channel.closed = closed
    channel.basic_ack("taken")
    channel.basic_reject("left")
    assert told == ([] if closed else ["taken", "left"])


@pytest.mark.parametrize("transport", [RedisTransport, SentinelTransport])
def test_nothing_is_put_back_where_the_connection_is_lost(transport: type[redis.Transport]) -> None:
    assert not transport.Channel.do_restore
