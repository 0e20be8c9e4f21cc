"""What Celery is told of the broker, whatever address it has."""

import pytest
from kombu import Connection

from portal.broker.celery_settings import celery_settings
from portal.broker.transports import RedisTransport, SentinelTransport

SENTINELS = "redis+sentinel://me:p%40ss@one,[::1]:5000/portal/1?sentinel_password=s%2Fecret"


def connection(url: str) -> Connection:
    """As Celery makes it."""
    said = celery_settings(url)
    return Connection(
        said["broker_url"],
        transport=said.get("broker_transport"),
        ssl=said.get("broker_use_ssl", False),
        transport_options=said["broker_transport_options"],
    )


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://:p%40ss@cache:6380/1", ("cache", 6380, "", "p@ss", "1")),
        ("amqp://me:p%2Fss@broker/portal", ("broker", None, "me", "p/ss", "portal")),
        ("amqp://me:p%2Fss@broker:5673", ("broker", 5673, "me", "p/ss", "/")),
        (SENTINELS, ("one", 26379, "me", "p@ss", "1")),
    ],
)
def test_it_is_reached_where_the_address_says(url: str, place: tuple[object, ...]) -> None:
    found = connection(url)
    assert (found.hostname, found.port, found.userid or "", found.password, found.virtual_host) == place


def test_sentinels_are_all_asked_and_each_by_its_own_password() -> None:
    found = connection(SENTINELS)
    assert found.alt == ["sentinel://me:p%40ss@one:26379/1", "sentinel://me:p%40ss@[::1]:5000/1"]
    assert found.transport_options["master_name"] == "portal"
    assert found.transport_options["sentinel_kwargs"]["password"] == "s/ecret"


def test_sentinels_without_passwords_are_asked_without() -> None:
    found = connection("redis+sentinel://one/portal")
    assert found.alt == []
    assert (found.password or "", found.virtual_host) == ("", "0")
    assert "password" not in found.transport_options["sentinel_kwargs"]


def test_a_worker_outlives_redis_also_after_another_sentinel_was_asked() -> None:
    found = connection(SENTINELS)
    for address in found.alt:
        assert found.get_transport_cls() is SentinelTransport
        found.switch(address)
    assert found.get_transport_cls() is SentinelTransport
    assert connection("rediss://cache/1").get_transport_cls() is RedisTransport


@pytest.mark.parametrize("url", ["redis://cache/1", "amqp://broker", SENTINELS])
def test_the_command_celery_does_not_go_by_the_environment(url: str) -> None:
    """It would take BROKER_URL as it stands there, which is not how kombu writes Sentinels."""
    said = celery_settings(url)
    assert said["broker_read_url"] == said["broker_write_url"] == said["broker_url"]


def test_only_amqps_is_encrypted_and_for_its_host() -> None:
    assert connection("amqps://broker:5671/portal").ssl == {"server_hostname": "broker"}
    assert not connection("amqp://broker/portal").ssl
