"""Celery's connections to Redis, such that a worker outlives a Redis that goes away while it holds messages.

kombu (5.7) asks a closed channel for its connection, where a message is put back or acknowledged, and ends the whole
worker with an AttributeError. Messages are only nudges (`portal.celery`), so nothing has to be done with them: what
they stand for is found again by the sweeper.
"""

from kombu.transport import redis


class _Outliving(redis.Channel):
    do_restore = False

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        if not self.closed:
            super().basic_ack(delivery_tag, multiple=multiple)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not self.closed:
            super().basic_reject(delivery_tag, requeue=requeue)


class _OutlivingBehindSentinels(_Outliving, redis.SentinelChannel):
    pass


class RedisTransport(redis.Transport):
    Channel = _Outliving


class SentinelTransport(redis.SentinelTransport):
    Channel = _OutlivingBehindSentinels
