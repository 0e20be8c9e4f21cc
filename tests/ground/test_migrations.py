"""Migrations that old code can live with: what `make lint` finds in them, and that they go forth and back."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from portal.environment.child import with_settings
from scripts.environment import ROOT
from scripts.migrations import FIRST_RELEASE, dangers, found
from tests.support import database

SHORT, LONG = models.CharField(max_length=10, default=""), models.CharField(max_length=20, default="")
MAYBE = models.CharField(max_length=20, null=True)
INDEX = models.Index(fields=["name"], name="by_name")
SET = models.UniqueConstraint(fields=["name"], name="one_name")


def told(*all_of_it: Operation, **says: str) -> Sequence[str]:
    """What is found in a migration of these operations, which `says` why they are right."""
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("name", LONG), ("nick", MAYBE)]
    state.add_model(ModelState("shop", "Order", fields))
    migration = type("Migration", (Migration,), {"operations": list(all_of_it), **says})("0002", "shop")
    return list(dangers(migration, state))


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (operations.RenameField("order", "name", "title"), "by its old name"),
        (operations.RenameModel("Order", "Purchase"), "by its old name"),
        (operations.AlterModelTable("order", "orders"), "by its old name"),
        (operations.RemoveField("order", "name"), "old code still uses it"),
        (operations.DeleteModel("Order"), "old code still uses it"),
        (operations.AddField("order", "note", LONG), "old code writes rows without it"),
        (operations.AlterField("order", "nick", LONG), "old code still writes NULL"),
        (operations.AlterField("order", "name", SHORT), "old code still writes longer values"),
        (operations.AlterField("order", "name", models.IntegerField(default=0)), "old code writes the old type"),
        (operations.AddIndex("order", INDEX), "nobody can write while it runs"),
        (operations.AddConstraint("order", SET), "nobody can write while it runs"),
        (operations.RunPython(lambda *_: None), "nobody can write while it runs"),
        (operations.RunSQL("SELECT 1"), "nobody can write while it runs"),
        (operations.SeparateDatabaseAndState(), "nobody has said yet"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_old_code_cannot_live_with_is_found(operation: Operation, why: str) -> None:
    (text,) = told(operation)
    assert why in text


@pytest.mark.parametrize(
    "operation",
    [
        operations.AddField("order", "note", models.CharField(max_length=5, default="", db_default="")),
        operations.AddField("order", "note", MAYBE),
        operations.AddField("order", "others", models.ManyToManyField("shop.Order")),
        operations.AlterField("order", "name", models.CharField(max_length=30, default="")),
        operations.AlterField("order", "name", MAYBE),
        operations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
        operations.RemoveConstraint("order", "one_name"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_it_can_live_with_is_let_be(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations.RemoveConstraint, "state_forwards", lambda *_: None)
    assert told(operation) == []


def test_a_model_that_is_new_can_be_anything() -> None:
    new = operations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), ("name", LONG)])
    assert told(new, operations.AddIndex("shelf", INDEX), operations.AddField("shelf", "note", LONG)) == []


def test_an_exception_says_why_it_is_none() -> None:
    assert told(operations.RemoveField("order", "name"), unused_since="2026-11-01") == []
    assert told(operations.AddIndex("order", INDEX), quick="a hundred rows at most") == []
    assert told(operations.RenameField("order", "name", "title"), quick="x", unused_since="y")


def test_each_one_since_the_first_release_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not list(found(MigrationLoader(None)))
    monkeypatch.setitem(FIRST_RELEASE, "billing", "0005_archived_record")  # the next one has dropped a table
    assert [one for one in found(MigrationLoader(None)) if one.startswith("billing.0006_passed_limits_are_notices: ")]


def test_a_migration_waits_for_no_lock_and_is_tried_again() -> None:
    """Who waits for a lock holds up all who come after: better not yet."""
    step = (ROOT / "compose.yaml").read_text().partition("\n  migrate:\n")[2].partition("\n\n")[0]
    assert "PGOPTIONS: -c lock_timeout=" in step
    assert "restart: on-failure" in step


BACK_AND_FORTH = f"""
from django.core.management import call_command
call_command("migrate", verbosity=0)
for app, name in {FIRST_RELEASE | {"backups": "zero"}}.items():
    call_command("migrate", app, name, verbosity=0)
call_command("migrate", verbosity=0)
call_command("migrate", "--check")
"""


def test_they_go_back_to_the_first_release_and_forth_again(tmp_path: Path) -> None:
    url = database.create(database.new(tmp_path, "migrated"))
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", BACK_AND_FORTH]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=with_settings(DATABASE_URL=url), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        database.drop(url)
