"""Which release a database is of, and that none is skipped: `migrate` refuses one that is too old for this release."""

from typing import Any

from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate, pre_migrate

from portal.accounts.audit import trail
from portal.backups.models import Release
from portal.release import UPGRADES_FROM, VERSION


def connect(app: Any) -> None:
    """Has `migrate` ask and note it, once each time."""
    pre_migrate.connect(refuse, sender=app)
    post_migrate.connect(note, sender=app)


def noted(using: str = DEFAULT_DB_ALIAS) -> str:
    """The newest one that the database has been of; empty where it is new, or from before that was noted."""
    if Release._meta.db_table not in connections[using].introspection.table_names():
        return ""
    return max(Release.objects.using(using).values_list("version", flat=True), key=_numbers, default="")


def too_old(using: str = DEFAULT_DB_ALIAS) -> str:
    """The one it is of, where that is older than any this one can take over; else empty."""
    version = noted(using)
    return version if version and _numbers(version) < _numbers(UPGRADES_FROM) else ""


def refuse(using: str, **_signal: Any) -> None:
    """Before anything is changed. Raises CommandError."""
    if version := too_old(using):
        raise CommandError(
            f"The database is of release {version}: take release {UPGRADES_FROM} first, then this one ({VERSION}). "
            "Nothing was changed."
        )


def note(using: str, **_signal: Any) -> None:
    """After all migrations of this release: on record, where another release had the database before."""
    executor = MigrationExecutor(connections[using])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    before = noted(using)
    if before and _numbers(before) >= _numbers(VERSION):
        return
    with transaction.atomic(using=using):
        Release.objects.using(using).create(version=VERSION)
        if before:
            trail.record("release.upgraded", target=VERSION, before={"release": before}, after={"release": VERSION})


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
