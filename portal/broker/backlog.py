"""How much waits in the broker, and whether it takes any more."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from amqp import Connection, Message
from amqp.exceptions import NotFound
from django.conf import settings
from kombu import Connection as Address
from redis.exceptions import OutOfMemoryError

from portal.broker.celery_settings import encryption, is_rabbitmq
from portal.inventory.redis_connection import Away, connected

TAKES_MESSAGES = "portal:takes-messages"  # written to Redis, or sent to nobody, to see whether it can be
CONNECT_TIMEOUT = 1.0  # seconds to reach RabbitMQ
ANSWER_TIMEOUT = 2.0  # seconds for whatever it is asked

logger = logging.getLogger(__name__)


class Full(Away):
    """Its memory or its disk is full, and it may forget nothing: it answers, but takes no messages."""


def backlog(queues: Iterable[str]) -> int:
    """How many messages no worker has finished with; in RabbitMQ, how many none has taken.

    Raises inventory.redis_connection.Away, or Full.
    """
    if is_rabbitmq(settings.BROKER_URL):
        with rabbitmq() as connection:
            return _backlog_of_rabbitmq(connection, queues)
    with connected(settings.BROKER_URL) as redis:
        try:
            redis.set(TAKES_MESSAGES, 1, ex=60)
        except OutOfMemoryError:
            raise Full from None
        waiting = sum(int(redis.llen(name)) for name in queues)
        return waiting + int(redis.hlen("unacked"))


@contextmanager
def rabbitmq() -> Iterator[Connection]:
    """A connection for a few questions. Raises Away for whatever is wrong with it, or Full."""
    address = Address(
        settings.BROKER_URL,
        ssl=encryption(settings.BROKER_URL),
        connect_timeout=CONNECT_TIMEOUT,
        transport_options={
            "confirm_publish": True,
            "read_timeout": ANSWER_TIMEOUT,
            "write_timeout": ANSWER_TIMEOUT,
            "on_blocked": _refuse,
        },
    )
    connection = None
    try:
        connection = address.transport.establish_connection()
        yield connection
        connection.close()
    except (*address.connection_errors, *address.channel_errors) as error:
        logger.warning("RabbitMQ is away: %s", type(error).__name__)
        raise Away from error
    finally:
        if connection is not None:
            connection.collect()  # also without a farewell, for which one that is full would let us wait


def _refuse(_reason: str) -> None:
    raise Full


def _backlog_of_rabbitmq(connection: Connection, queues: Iterable[str]) -> int:
    waiting = sum(_messages(connection, name) for name in queues)
    message = Message("", expiration="0")  # nobody takes it, and it waits for nobody
    connection.channel().basic_publish(message, routing_key=TAKES_MESSAGES, confirm_timeout=ANSWER_TIMEOUT)
    return waiting


def _messages(connection: Connection, queue: str) -> int:
    """In a queue; none where nobody has sent any, or taken."""
    with closing(connection.channel()) as channel:
        try:
            declared = channel.queue_declare(queue, passive=True)
            return int(declared.message_count)  # type: ignore[union-attr]  # a named tuple
        except NotFound:
            return 0
