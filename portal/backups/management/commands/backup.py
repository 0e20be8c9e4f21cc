"""`manage.py backup DIRECTORY`: the database in a file, which `manage.py restore` brings back."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from portal.accounts.audit import trail
from portal.backups import dump
from portal.backups.models import Backup
from portal.release import release

NAME = "portal-{:%Y%m%dT%H%M%SZ}.dump"
NAMED = "portal-*T*Z.dump"


class Command(BaseCommand):
    help = (
        "Write all that must not be lost into a file in DIRECTORY. The keys that open it are not in it: keep "
        "CREDENTIAL_KEYS elsewhere. Needs PostgreSQL's client programs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--keep", type=int, metavar="N", help="afterwards delete all but the newest N backups there"
        )

    def handle(self, *args: Any, directory: Path, keep: int | None, **options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep has to be 1 or more.")
        if connection.vendor != "postgresql":
            raise CommandError("The database is SQLite: copy its file while nothing runs.")
        if not directory.is_dir():
            raise CommandError(f"{directory} is no directory. Nothing was written.")
        made = timezone.now()
        path = directory.resolve() / NAME.format(made)
        try:
            dump.write(path)
        except dump.Failed as error:
            raise CommandError(f"No backup was made. {error}") from error
        size = path.stat().st_size
        Backup.objects.create(made=made, path=str(path), size=size, digest=dump.digest(path), release=release())
        trail.record("backup.made", target=path.name, after={"size": size})
        self.stdout.write(f"{path}: {size} bytes")
        for old in sorted(directory.glob(NAMED))[:-keep] if keep else ():
            old.unlink()
            self.stdout.write(f"{old}: deleted")
