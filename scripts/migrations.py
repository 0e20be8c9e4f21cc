"""Whether each migration lets the release before it go on: web and workers are replaced one after the other.

While that lasts old code works on the new tables, and nobody waits for a lock. So what is added may be missing in what
old code writes, what is dropped was let go of in an earlier release, nothing is renamed, and tasks fill in rows.
Part of `make lint`. A migration says why an exception is none: `unused_since` (the release, or day, that stopped using
what it drops) or `quick` (why an operation that locks a table takes no time).
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

import django
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

type AnyField = models.Field[Any, Any]

OURS = "portal."
# What the first release has; those before it were never rolled out over running code.
FIRST_RELEASE = {
    "accounts": "0013_notices",
    "billing": "0006_passed_limits_are_notices",
    "changes": "0005_ended_lately",
    "console": "0006_search_by_bytes_and_middle",
    "notify": "0002_webhooks",
    "plans": "0001_plans",
    "schedule": "0001_calendar_feeds",
}
RENAMES = (operations.RenameField, operations.RenameModel, operations.AlterModelTable)
DROPS = (operations.RemoveField, operations.DeleteModel)
LOCKS = (operations.AddIndex, operations.AddConstraint, operations.RunPython, operations.RunSQL)
HARMLESS = (
    operations.CreateModel,
    operations.RemoveIndex,
    operations.RemoveConstraint,
    operations.RenameIndex,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
)


def dangers(migration: Migration, before: ProjectState) -> Iterator[str]:
    """What old code, or whoever waits for a lock, would not survive; a sentence each. `before` is left as it is."""
    state, new = before.clone(), set[str]()
    for one in migration.operations:
        if isinstance(one, operations.CreateModel):
            new.add(one.name_lower)
        elif getattr(one, "model_name_lower", "") not in new:  # what nobody uses yet can be anything
            yield from (f"{one.describe()}: {text}" for text in _dangers_of(one, migration, state))
        one.state_forwards(migration.app_label, state)


def _dangers_of(one: Operation, migration: Migration, state: ProjectState) -> Iterator[str]:
    if isinstance(one, RENAMES):
        yield "old code asks for it by its old name. Add a new one, have a task copy, drop the old one later."
    elif isinstance(one, DROPS):
        if not getattr(migration, "unused_since", ""):
            yield "old code still uses it. Stop using it in one release, drop it in the next, and say `unused_since`."
    elif isinstance(one, LOCKS):
        if not getattr(migration, "quick", ""):
            yield "nobody can write while it runs. Leave it to a task, build it concurrently, or say why it is `quick`."
    elif isinstance(one, operations.AddField):
        if not _may_be_missing(one.field):
            yield "old code writes rows without it. Give it null=True or db_default."
    elif isinstance(one, operations.AlterField):
        old = state.models[migration.app_label, one.model_name_lower].fields[one.name]
        yield from _dangers_of_altering(old, one.field)
    elif not isinstance(one, HARMLESS):
        yield "nobody has said yet whether old code can live with it (scripts/migrations.py)."


def _dangers_of_altering(old: AnyField, new: AnyField) -> Iterator[str]:
    if old.null and not new.null:
        yield "old code still writes NULL."
    if old.get_internal_type() != new.get_internal_type():
        yield "old code writes the old type, and the table is written anew. Add a field of the new type."
    elif (old.max_length or 0) > (new.max_length or 0):
        yield "old code still writes longer values."


def _may_be_missing(field: AnyField) -> bool:
    return field.many_to_many or field.null or field.has_db_default()


def found(loader: MigrationLoader) -> Iterator[str]:
    """Of all migrations that were added since the first release."""
    graph = loader.graph
    released = {key for app, name in FIRST_RELEASE.items() for key in graph.forwards_plan((app, name))}
    state, done = ProjectState(), set[tuple[str, str]]()
    for leaf in graph.leaf_nodes():
        for key in graph.forwards_plan(leaf):
            if key in done:
                continue
            done.add(key)
            migration = loader.disk_migrations[key]
            if key not in released and type(migration).__module__.startswith(OURS):
                yield from (f"{key[0]}.{key[1]}: {text}" for text in dangers(migration, state))
            migration.mutate_state(state, preserve=False)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    wrong = list(found(MigrationLoader(None)))
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
