"""The database itself refuses to change or delete entries of the audit trail."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from portal.accounts.audit import append_only


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.protect(schema_editor.connection)


def unprotect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unprotect(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_people")]

    operations = [migrations.RunPython(protect, unprotect)]
