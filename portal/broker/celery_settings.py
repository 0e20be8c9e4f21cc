"""How Celery reaches the broker that BROKER_URL names."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from kombu.transport import TRANSPORT_ALIASES

from portal.environment import sentinels

# Seconds after which Redis hands a message out again; the same everywhere, and longer than any task.
VISIBLE_AGAIN_AFTER = 600
REDIS_OPTIONS: Mapping[str, Any] = {
    "visibility_timeout": VISIBLE_AGAIN_AFTER,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 30,
}
TRANSPORTS = "portal.broker.transports"
# With several addresses, kombu goes by their scheme, and not by what transport it was told, once one has failed.
TRANSPORT_ALIASES["sentinel"] = f"{TRANSPORTS}:SentinelTransport"
# Seconds between the signs of life of both sides of a connection to RabbitMQ; without two of them it is lost.
HEARTBEAT = 10
# Seconds for which one that takes nothing more, because its memory or disk is full, may hold up who sends.
WRITE_TIMEOUT = 10


def is_rabbitmq(url: str) -> bool:
    return urlsplit(url).scheme in ("amqp", "amqps")


def celery_settings(url: str) -> dict[str, Any]:
    """Of Celery, for the broker at that address."""
    if is_rabbitmq(url):
        found = _of_rabbitmq(url)
    elif sentinels.is_theirs(url):
        found = _of_sentinels(sentinels.parse(url))
    else:
        found = _of_redis(url)
    # The command `celery` would take BROKER_URL from the environment as it stands there, if these were not given.
    return found | {"broker_read_url": found["broker_url"], "broker_write_url": found["broker_url"]}


def encryption(url: str) -> dict[str, Any] | bool:
    """Of the connection to RabbitMQ: with `amqps` its certificate has to be right, and for the host of the address."""
    return {"server_hostname": urlsplit(url).hostname} if urlsplit(url).scheme == "amqps" else False


def _of_redis(url: str) -> dict[str, Any]:
    return {
        "broker_url": url,
        "broker_transport": f"{TRANSPORTS}:RedisTransport",
        "broker_transport_options": dict(REDIS_OPTIONS),
    }


def _of_rabbitmq(url: str) -> dict[str, Any]:
    return {
        "broker_url": url,
        "broker_heartbeat": HEARTBEAT,
        "broker_use_ssl": encryption(url),
        "broker_transport_options": {"write_timeout": WRITE_TIMEOUT},
        # Once more, at once: without it, what has sent before a connection was lost (beat) sends into it for ever.
        "task_publish_retry": True,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
    }


def _of_sentinels(known: sentinels.Sentinels) -> dict[str, Any]:
    who = f"{quote(known.username, safe='')}:{quote(known.password, safe='')}@" if known.password else ""
    places = (f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name, port in known.hosts)
    sockets = {name: value for name, value in REDIS_OPTIONS.items() if name.startswith("socket_")}
    return {
        "broker_url": ";".join(f"sentinel://{who}{place}/{known.database}" for place in places),
        "broker_transport_options": {
            **REDIS_OPTIONS,
            "master_name": known.service,
            "sentinel_kwargs": sockets | ({"password": known.sentinel_password} if known.sentinel_password else {}),
        },
    }
