"""Emptying the database after a test that committed: quickly, and the audit trail too, which the database refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

from portal.accounts.audit import append_only


@pytest.fixture(autouse=True, scope="session")
def _emptying_is_quick() -> Iterator[None]:
    """Django would ask for the names of all tables, empty all of them, and bring back permissions and content types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty())
        yield


@cache
def tables() -> list[str]:
    return connection.introspection.django_table_names(include_views=False)


def empty() -> None:
    """Deletes all rows; most tables have none."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'EXISTS (SELECT 1 FROM {table})' for table in tables())}")
        full = [table for table, has_rows in zip(tables(), cursor.fetchone(), strict=True) if has_rows]
        with _unprotected(full):
            for table in full:
                cursor.execute(f"DELETE FROM {table}")


@contextmanager
def _unprotected(full: list[str]) -> Iterator[None]:
    """PostgreSQL leaves out its triggers where it is told to; SQLite's are taken away for a while."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
    elif append_only.TABLE in full:
        with append_only.lifted(connection):
            yield
    else:
        yield
