"""Indexes of PostgreSQL for the search: terms by their bytes, in which a range is one stretch that is in order already,
and titles by what stands in their middle. SQLite compares bytes anyway."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BY_BYTES, MIDDLE = "term_by_bytes", "entry_title_middle"


def add(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor != "postgresql":
        return
    editor.execute(f'CREATE INDEX {BY_BYTES} ON console_term (term COLLATE "C")')
    if _has_trigrams(editor):  # part of PostgreSQL, but a package of its own for some; without it all titles are read
        editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        editor.execute(f"CREATE INDEX {MIDDLE} ON console_entry USING gin (UPPER(title::text) gin_trgm_ops)")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP INDEX IF EXISTS {BY_BYTES}, {MIDDLE}")


def _has_trigrams(editor: BaseDatabaseSchemaEditor) -> bool:
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        return cursor.fetchone() is not None


class Migration(migrations.Migration):
    dependencies = [("console", "0005_visit_outlives_membership")]
    operations = [migrations.RunPython(add, remove)]
