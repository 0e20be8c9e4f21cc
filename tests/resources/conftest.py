"""What a resource type is, tested without Django, database or network (`make mutants` runs these tests alone)."""

import time
from collections.abc import Iterator

import pytest

import tests.support.properties  # noqa: F401


@pytest.fixture(autouse=True)
def _far_away() -> Iterator[None]:
    """The computer is in a time zone 13 hours ahead of Berlin's: nothing may depend on where it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        yield
    time.tzset()
