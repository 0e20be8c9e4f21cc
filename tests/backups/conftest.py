"""Backups are PostgreSQL's: without one there is nothing to test."""

import pytest

from tests.support.database import require_postgresql
from tests.support.services import require


@pytest.fixture(autouse=True, scope="session")
def _postgresql() -> None:
    require("pg_dump")
    require_postgresql()
