"""`manage.py backup`, `restore` and `try_restore`: what they write, check and refuse."""

import io
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.backups import dump
from portal.backups.management.commands import backup, restore, try_restore
from portal.backups.models import Backup, Release
from portal.release import UPGRADES_FROM, release
from tests.support.database import SERVER

pytestmark = pytest.mark.django_db(transaction=True)


def told(command: str, *arguments: str | Path) -> str:
    printed = io.StringIO()
    call_command(command, *map(str, arguments), stdout=printed)
    return printed.getvalue()


def left_over() -> int:
    """How many databases that were made to try a backup are there."""
    with psycopg.connect(SERVER, autocommit=True) as server:
        names = "SELECT datname FROM pg_database WHERE datname LIKE 'portal_trial_%'"
        return len(server.execute(names).fetchall())


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A backup."""
    told("backup", tmp_path)
    (path,) = tmp_path.iterdir()
    return path


class TestBackup:
    def test_it_is_a_file_for_its_owner_alone_and_on_record(self, tmp_path: Path) -> None:
        said = told("backup", tmp_path)
        (path,) = tmp_path.iterdir()
        row = Backup.objects.get()
        assert said == f"{path}: {path.stat().st_size} bytes\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (row.path, row.size, row.digest) == (str(path), path.stat().st_size, dump.digest(path))
        assert (row.release, row.tried) == (release(), None)
        assert AuditEntry.objects.filter(action="backup.made", target=path.name).exists()

    def test_old_ones_are_deleted_and_nothing_else(self, tmp_path: Path) -> None:
        old = [tmp_path / f"portal-2025010{day}T030000Z.dump" for day in (1, 2, 3)]
        other = tmp_path / "portal.dump"
        for path in (*old, other):
            path.write_text("x")
        said = told("backup", tmp_path, "--keep", "2")
        assert min(tmp_path.iterdir()) == old[2]
        assert len(list(tmp_path.iterdir())) == 3
        assert other.exists()
        assert said.splitlines()[1:] == [f"{path}: deleted" for path in old[:2]]

    def test_none_is_kept_makes_no_sense(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"--keep has to be 1 or more"):
            told("backup", tmp_path, "--keep", "0")

    def test_a_directory_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"is no directory. Nothing was written"):
            told("backup", tmp_path / "disk")

    def test_what_fails_leaves_the_earlier_ones_and_no_half_a_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier = tmp_path / "portal-20250101T030000Z.dump"
        earlier.write_text("x")
        elsewhere = SimpleNamespace(settings_dict=connection.settings_dict | {"USER": "nobody_of_that_name"})
        monkeypatch.setattr(dump, "connection", elsewhere)
        with pytest.raises(CommandError, match=r"No backup was made.*nobody_of_that_name"):
            told("backup", tmp_path, "--keep", "1")
        assert list(tmp_path.iterdir()) == [earlier]
        assert not Backup.objects.exists()

    def test_without_postgresqls_programs_it_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(CommandError, match=r"pg_dump is not installed: install PostgreSQL's client programs"):
            told("backup", tmp_path)

    def test_where_it_cannot_write_it_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_path: object, *_args: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(dump.os, "open", full)
        with pytest.raises(CommandError, match=r"cannot be written: No space left on device"):
            told("backup", tmp_path)


@pytest.mark.parametrize(
    ("module", "command"), [(backup, "backup"), (restore, "restore"), (try_restore, "try_restore")], ids=str
)
def test_sqlite_is_refused(module: Any, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "connection", SimpleNamespace(vendor="sqlite"))
    with pytest.raises(CommandError, match=r"The database is SQLite"):
        told(command, tmp_path)


class TestRestore:
    def test_a_database_that_holds_something_is_left_alone(self, made: Path) -> None:
        with pytest.raises(CommandError, match=r"The database is not empty, and nothing was changed"):
            told("restore", made)

    @pytest.mark.parametrize("content", [b"", b"no dump"], ids=["empty", "something else"])
    def test_what_is_no_backup_is_refused(
        self, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection.introspection, "table_names", list)
        (tmp_path / "x.dump").write_bytes(content)
        with pytest.raises(CommandError, match=r"Nothing was restored\. pg_restore: error: "):
            told("restore", tmp_path / "x.dump")


class TestTrial:
    def test_it_is_restored_beside_the_portal_and_that_is_noted(self, made: Path) -> None:
        said = told("try_restore", made)
        assert "Restored. 0 changes had not been sent" in said
        assert "ok       Migrations: All migrations are applied." in said
        assert said.endswith(f"{made} can be restored.\n")
        assert Backup.objects.get().tried is not None
        assert AuditEntry.objects.filter(action="backup.tried", target=made.name).exists()
        assert left_over() == 0

    def test_of_a_foreign_one_it_says_so(self, made: Path) -> None:
        Backup.objects.all().delete()
        assert told("try_restore", made).endswith("can be restored. It is none that this portal has made.\n")

    def test_a_file_that_was_cut_off_cannot_be_restored(self, made: Path) -> None:
        made.write_bytes(made.read_bytes()[: made.stat().st_size // 2])
        with pytest.raises(CommandError, match=r"cannot be restored as it should be|no backup that can be restored"):
            told("try_restore", made)
        assert Backup.objects.get().tried is None
        assert left_over() == 0

    def test_a_backup_of_a_newer_release_is_told(self, tmp_path: Path) -> None:
        recorder = MigrationRecorder(connection)
        recorder.record_applied("accounts", "9999_to_come")
        try:
            told("backup", tmp_path)
        finally:
            recorder.record_unapplied("accounts", "9999_to_come")
        (path,) = tmp_path.iterdir()
        printed = io.StringIO()
        with pytest.raises(CommandError, match=r"cannot be restored as it should be"):
            call_command("try_restore", str(path), stdout=printed)
        said = "The backup is of a newer release (it has accounts.9999_to_come): restore it with that one"
        assert said in printed.getvalue()

    def test_a_backup_of_a_release_that_is_too_old_is_told(self, tmp_path: Path) -> None:
        Release.objects.create(version="0.0.9")
        told("backup", tmp_path)
        (path,) = tmp_path.iterdir()
        printed = io.StringIO()
        with pytest.raises(CommandError, match=r"cannot be restored as it should be"):
            call_command("try_restore", str(path), stdout=printed)
        assert (
            f"The backup is of release 0.0.9: restore it with release {UPGRADES_FROM}, into another"
            in printed.getvalue()
        )

    def test_who_may_not_make_databases_is_told_what_to_do(
        self, made: Path, monkeypatch: pytest.MonkeyPatch, restricted: Callable[[], None]
    ) -> None:
        restricted()
        with pytest.raises(CommandError, match=r"No database could be made.*CREATEDB"):
            told("try_restore", made)

    @pytest.fixture
    def restricted(self) -> Any:
        """The role of this connection may not make databases until the test is over."""
        name = "portal_restricted"
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"CREATE ROLE {name} LOGIN")
        user = connection.settings_dict["USER"]

        def become() -> None:
            connection.settings_dict["USER"] = name

        yield become
        connection.settings_dict["USER"] = user
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"DROP ROLE {name}")


def test_nobody_is_signed_in_by_a_backup(tmp_path: Path) -> None:
    Session.objects.create(session_key="of-somebody", session_data="x", expire_date=timezone.now())
    told("backup", tmp_path)
    (path,) = tmp_path.iterdir()
    assert b"of-somebody" not in path.read_bytes()
