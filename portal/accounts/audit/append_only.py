"""Triggers by which the database refuses to change or delete what the audit trail holds."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "accounts_auditentry"
SAYS = "the audit trail is append-only"

SQLITE = tuple(
    f"CREATE TRIGGER IF NOT EXISTS audit_no_{event} BEFORE {event} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    for event in ("update", "delete")
)
_BODY = f"$$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$"
_REFUSE = f"CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS {_BODY}"
_NO_CHANGE = f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
_NO_TRUNCATE = f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
POSTGRESQL = (
    _REFUSE,
    f"CREATE OR REPLACE TRIGGER audit_no_change {_NO_CHANGE}",
    f"CREATE OR REPLACE TRIGGER audit_no_truncate {_NO_TRUNCATE}",
)
PROTECT = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
UNPROTECT = {
    "sqlite": ("DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"),
    "postgresql": (
        f"DROP TRIGGER IF EXISTS audit_no_change ON {TABLE}",
        f"DROP TRIGGER IF EXISTS audit_no_truncate ON {TABLE}",
    ),
}


def protect(connection: BaseDatabaseWrapper) -> None:
    """From now on only rows may be added."""
    _execute(connection, PROTECT[connection.vendor])


def unprotect(connection: BaseDatabaseWrapper) -> None:
    """As any table again."""
    _execute(connection, UNPROTECT[connection.vendor])


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Rows may be changed meanwhile, in a transaction: nobody else sees any of it."""
    unprotect(connection)
    yield
    protect(connection)


def _execute(connection: BaseDatabaseWrapper, statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
