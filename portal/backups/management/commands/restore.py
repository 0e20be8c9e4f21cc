"""`manage.py restore FILE`: a backup into an empty database, made ready for the portal to go on."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from portal.accounts.audit import trail
from portal.backups import dump, releases, restored
from portal.backups.schema import unknown_migrations
from portal.release import UPGRADES_FROM


class Command(BaseCommand):
    help = (
        "Put a backup into the empty database that DATABASE_URL names, bring it to this release, and check it. Run it "
        "while no worker and no web server runs."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--leave-redis", action="store_true", help="do not empty the Redis of CACHE_URL")

    def handle(self, *args: Any, file: Path, leave_redis: bool, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("The database is SQLite: a backup is restored into PostgreSQL.")
        if connection.introspection.table_names():
            raise CommandError(
                "The database is not empty, and nothing was changed. Make a new one (createdb), name it in "
                "DATABASE_URL, and try again."
            )
        try:
            dump.read(file)
        except dump.Failed as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        if newer := unknown_migrations(MigrationLoader(connection)):
            raise CommandError(
                f"The backup is of a newer release (it has {', '.join(newer)}): restore it with that one, into another "
                "empty database."
            )
        if old := releases.too_old():
            raise CommandError(
                f"The backup is of release {old}: restore it with release {UPGRADES_FROM}, into another empty "
                "database, and upgrade from there."
            )
        call_command("migrate", verbosity=0)
        count = restored.distrust_changes()
        trail.record("backup.restored", target=file.name)
        self.stdout.write(f"Restored. {count} changes had not been sent: they are looked up on the platform first.")
        if not leave_redis and not restored.empty_cache():
            self.stdout.write("Redis does not answer. Empty the database of CACHE_URL (FLUSHDB) before you start.")
        call_command("doctor", "--only", "database", "migrations", "keys", "audit", stdout=self.stdout)
