"""Indexes of PostgreSQL for the search: terms by their bytes, in which a range is one stretch that is in order already,
and titles by what stands in their middle. SQLite compares bytes anyway."""

import logging

from django.db import DatabaseError, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.transaction import atomic

logger = logging.getLogger(__name__)
BY_BYTES, MIDDLE = "term_by_bytes", "entry_title_middle"


def add(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor != "postgresql":
        return
    editor.execute(f'CREATE INDEX {BY_BYTES} ON console_term (term COLLATE "C")')
    if _has_trigrams(editor):
        editor.execute(f"CREATE INDEX {MIDDLE} ON console_entry USING gin (UPPER(title::text) gin_trgm_ops)")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP INDEX IF EXISTS {BY_BYTES}, {MIDDLE}")


def _has_trigrams(editor: BaseDatabaseSchemaEditor) -> bool:
    """Whether the database can look into the middle of texts, made so where that may be done.

    The extension is part of PostgreSQL, but a package of its own for some, and not every role may create it: without,
    all titles are read, as before.
    """
    try:
        with atomic(editor.connection.alias), editor.connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        logger.warning("Search goes without an index of the middle of titles: %s", str(error).splitlines()[0])
        return False
    return True


class Migration(migrations.Migration):
    dependencies = [("console", "0005_visit_outlives_membership")]
    operations = [migrations.RunPython(add, remove)]
