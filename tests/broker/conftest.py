"""Brokers of the tests' own: RabbitMQ, and two Redis that Sentinels look after."""

from collections.abc import Iterator

import pytest

from scripts.stack import REDIS
from tests.support.rabbitmq import PROGRAM, RabbitMQ
from tests.support.sentinels import Sentinels
from tests.support.services import require


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    require(PROGRAM)
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture(scope="module")
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    require(REDIS)
    with Sentinels(tmp_path_factory.mktemp("sentinels")) as servers:
        yield servers
