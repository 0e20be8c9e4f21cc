"""What an earlier test has found out about Redis is forgotten."""

from collections.abc import Iterator

import pytest

from portal.inventory import redis_connection


@pytest.fixture(autouse=True)
def _redis_is_asked_anew() -> Iterator[None]:
    redis_connection.forget_absence()
    yield
    redis_connection.forget_absence()
