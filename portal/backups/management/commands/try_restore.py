"""`manage.py try_restore FILE`: whether a backup can be restored, tried in a database of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection
from django.utils import timezone

from portal.accounts.audit import trail
from portal.backups import dump
from portal.backups.models import Backup
from portal.environment.child import with_settings
from portal.release import ROOT


class Command(BaseCommand):
    help = (
        "Restore a backup into a new database beside the portal's, check it there, and drop it. Nothing of the portal "
        "is touched. The database role needs CREATEDB."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("The database is SQLite: a backup is restored into PostgreSQL.")
        try:
            dump.check(file)
        except dump.Failed as error:
            raise CommandError(f"This is no backup that can be restored. {error}") from error
        with _scratch_database() as url:
            done = _restore(file, url)
        self.stdout.write(done.stdout + done.stderr)
        if done.returncode:
            raise CommandError(f"{file} cannot be restored as it should be.")
        known = Backup.objects.filter(digest=dump.digest(file)).update(tried=timezone.now())
        trail.record("backup.tried", target=file.name)
        self.stdout.write(f"{file} can be restored." + ("" if known else " It is none that this portal has made."))


@contextmanager
def _scratch_database() -> Iterator[str]:
    """The URL of an empty one on the same server; dropped in the end."""
    name = f"portal_trial_{uuid4().hex[:12]}"
    with connection._nodb_cursor() as cursor:
        try:
            cursor.execute(f"CREATE DATABASE {name}")
        except ProgrammingError as error:
            raise CommandError(
                f"No database could be made ({str(error).strip()}). Let the role do so (ALTER ROLE … CREATEDB), or "
                "restore into an empty database that you name in DATABASE_URL."
            ) from error
    try:
        yield urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _restore(file: Path, url: str) -> subprocess.CompletedProcess[str]:
    """The very command that would be run in earnest."""
    env = with_settings(DATABASE_URL=url)
    command = [sys.executable, str(ROOT / "manage.py"), "restore", str(file.resolve()), "--leave-redis"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
