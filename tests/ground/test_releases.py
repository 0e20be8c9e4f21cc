"""None is skipped: `migrate` notes which release a database is of, and refuses one that is too old for this one."""

import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from portal import release
from portal.accounts.audit import trail
from portal.accounts.models import AuditEntry
from portal.backups import releases
from portal.backups.models import Release
from portal.monitoring.doctor import storage
from scripts.databases import query
from scripts.environment import ROOT

LAST = ("backups", "0002_release")

type Be = Callable[..., None]


@pytest.fixture
def be(monkeypatch: pytest.MonkeyPatch) -> Be:
    """Become another release."""

    def become(version: str, upgrades_from: str = "0.1.0") -> None:
        monkeypatch.setattr(releases, "VERSION", version)
        monkeypatch.setattr(releases, "UPGRADES_FROM", upgrades_from)

    return become


@pytest.fixture
def of(db: None) -> Callable[..., None]:
    """The database has been of these releases."""

    def make(*versions: str) -> None:
        Release.objects.all().delete()
        Release.objects.bulk_create(Release(version=version) for version in versions)

    return make


def migrate() -> None:
    call_command("migrate", verbosity=0)


def versions() -> set[str]:
    return set(Release.objects.values_list("version", flat=True))


def test_this_one_has_the_version_that_the_project_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == release.VERSION
    assert re.fullmatch(r"\d+(\.\d+){2}", release.VERSION)
    assert re.fullmatch(r"\d+(\.\d+){2}", release.UPGRADES_FROM)


def test_a_new_database_is_of_this_one(migrated: str) -> None:
    assert query(migrated, "SELECT version FROM backups_release") == [(release.VERSION,)]
    assert query(migrated, "SELECT count(*) FROM accounts_auditentry") == [(0,)]


def test_one_that_was_skipped_is_refused_before_anything_is_changed(of: Any, be: Be) -> None:
    of("0.1.0", "0.1.10")
    be("0.3.0", "0.2.0")
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*LAST)  # would fail if it were tried: the table is there
    with pytest.raises(CommandError) as refused:
        migrate()
    assert str(refused.value) == (
        "The database is of release 0.1.10: take release 0.2.0 first, then this one (0.3.0). Nothing was changed."
    )
    assert LAST not in recorder.applied_migrations()
    assert versions() == {"0.1.0", "0.1.10"}


@pytest.mark.parametrize("before", ["0.2.0", "0.2.1", "0.10.0"])
def test_one_that_this_one_can_take_over_is_taken_over_on_record(of: Any, be: Be, before: str) -> None:
    of(before)
    be("0.11.0", "0.2.0")
    for _again in range(2):
        migrate()
    assert versions() == {before, "0.11.0"}
    assert releases.noted() == "0.11.0"
    (entry,) = AuditEntry.objects.filter(action="release.upgraded")
    assert (entry.target, entry.before) == ("0.11.0", f'{{"release": "{before}"}}')
    assert entry.after == '{"release": "0.11.0"}'
    assert list(trail.problems({})) == []


def test_an_older_one_that_migrates_does_not_take_the_database_back(of: Any, be: Be) -> None:
    of("0.10.0")
    be("0.9.0")
    migrate()
    assert releases.noted() == "0.10.0"
    assert not AuditEntry.objects.exists()


def test_a_database_from_before_it_was_noted_is_taken_as_it_is(of: Any, be: Be, monkeypatch: Any) -> None:
    of()
    be("0.3.0", "0.2.0")
    with monkeypatch.context() as patch:
        patch.setattr(connection.introspection, "table_names", list)
        releases.refuse(using="default")
    migrate()
    assert versions() == {"0.3.0"}
    assert not AuditEntry.objects.exists()


def test_while_migrations_are_missing_it_is_of_the_release_before(of: Any, be: Be) -> None:
    of("0.1.0")
    be("0.2.0")
    MigrationRecorder(connection).record_unapplied(*LAST)
    releases.note(using="default")
    assert versions() == {"0.1.0"}


def test_the_doctor_names_it(of: Any) -> None:
    of()
    assert [one.text for one in storage.migrations()] == ["All migrations are applied."]
    of("0.1.0", "0.1.1")
    (found,) = storage.migrations()
    assert found.text == "All migrations are applied. The database is of release 0.1.1."


def test_the_handbook_says_it() -> None:
    assert "migrate` refuses" in (ROOT / "docs/operations.md").read_text().partition("\n## Upgrade\n")[2]
