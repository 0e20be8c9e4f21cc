"""Tests that empty their database have to empty the audit trail too, which the database itself refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations

from portal.accounts import append_only


@pytest.fixture(autouse=True, scope="session")
def _flushing_may_empty_the_audit_trail() -> Iterator[None]:
    flush = BaseDatabaseOperations.execute_sql_flush

    def unprotected(operations: BaseDatabaseOperations, statements: Any) -> None:
        append_only.unprotect(operations.connection)
        flush(operations, statements)
        append_only.protect(operations.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", unprotected)
        yield
