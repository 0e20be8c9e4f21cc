"""Whether a database is of a newer release than the code."""

from django.db.migrations.loader import MigrationLoader


def unknown_migrations(loader: MigrationLoader) -> list[str]:
    """Those that the database has been through and this release does not know: it is of a newer one."""
    known = loader.graph.nodes
    return sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if (app, name) not in known and app in loader.migrated_apps
    )
