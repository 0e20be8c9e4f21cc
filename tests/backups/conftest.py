"""Backups are PostgreSQL's: without one there is nothing to test."""

import pytest

from scripts.databases import is_postgresql
from tests.support.database import SERVER
from tests.support.services import require


@pytest.fixture(autouse=True, scope="session")
def _postgresql() -> None:
    require("pg_dump")
    if not is_postgresql(SERVER):
        pytest.skip("the tests run on SQLite (scripts/test.py fails in CI then)")
