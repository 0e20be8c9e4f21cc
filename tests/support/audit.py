"""Emptying the database after a test: the audit trail too, which the database itself refuses; and quickly."""

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
        # Django's own permissions and content types, that nobody asks for here, need not come back each time.
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *_, **_options: None)
        yield
