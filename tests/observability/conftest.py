from collections.abc import Iterator

import pytest

from tests.support.collector import Collector


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    one = Collector()
    yield one
    one.end()
