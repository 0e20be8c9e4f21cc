"""The databases of the tests: on the PostgreSQL server that DATABASE_URL names, else files of SQLite.

That is true of the test database itself, and of those that processes of their own have open: made once, copied for
each that needs one, and put back as they were.
"""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from scripts.databases import file_of, is_postgresql, query

SERVER = os.environ.get("DATABASE_URL", "")
type Change = tuple[str, *tuple[Any, ...]]


def require_postgresql() -> None:
    """What only it has is not tested without it."""
    if not is_postgresql(SERVER):
        pytest.skip("the tests run on SQLite (scripts/test.py fails in CI then)")


def new(directory: Path, name: str) -> str:
    """The URL of a database that is not there yet; without a server a file of that name in `directory`."""
    if is_postgresql(SERVER):
        return f"{SERVER.rpartition('/')[0]}/{name}_{uuid4().hex}"
    return file(directory, name)


def file(directory: Path, name: str) -> str:
    """The URL of a database of SQLite's."""
    return f"sqlite:///{directory / name}.sqlite3"


def create(url: str, *, like: str = "") -> str:
    """Makes an empty one, or a copy of one that nobody has open. Answers the URL."""
    if is_postgresql(url):
        template = f"TEMPLATE {_name(like)}" if like else ""
        _on_server(f"CREATE DATABASE {_name(url)} {template}")
    elif like:
        shutil.copy(file_of(like), file_of(url))
    return url


def drop(url: str) -> None:
    """Gives back its room on the server; files go with their directory."""
    if is_postgresql(url):
        _on_server(f"DROP DATABASE {_name(url)} WITH (FORCE)")


def name_in(url: str) -> str:
    """As Django's settings have it: a name on the server, or the path of a file."""
    return _name(url) if is_postgresql(url) else str(file_of(url))


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _on_server(sql: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql)


def save(url: str) -> "SavedFile | SavedTables":
    """The content of a database that nobody has open, to be put into others while processes have those open.

    `put_into(url, *changes)` does it all at once; `changes` are statements with their values, carried out before
    anybody sees the rest.
    """
    return SavedTables(url) if is_postgresql(url) else SavedFile(url)


class SavedFile:
    def __init__(self, url: str) -> None:
        self._saved = file_of(url)

    def put_into(self, url: str, *changes: Change) -> None:
        new = shutil.copy(self._saved, file_of(url).with_suffix(".new"))
        for change in changes:
            query(f"sqlite:///{new}", *change)
        with closing(sqlite3.connect(new)) as source, closing(sqlite3.connect(file_of(url), timeout=20)) as target:
            source.backup(target)


def content(url: str) -> dict[str, bytes]:
    """All that is in the database, by table, or by file."""
    if is_postgresql(url):
        with psycopg.connect(url) as connection:
            return _rows(connection)
    return {path.name: path.read_bytes() for path in file_of(url).parent.glob(f"{_name(url)}*")}


def _rows(connection: psycopg.Connection) -> dict[str, bytes]:
    found = {}
    for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as rows:
            found[table] = b"".join(rows)
    return found


class SavedTables:
    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self._rows = _rows(connection)
            self._sequences = connection.execute(
                "SELECT sequencename, coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences"
            ).fetchall()

    def put_into(self, url: str, *changes: Change) -> None:
        """Waits for who is writing just now, but only briefly at a time: they might wait for us."""
        end = time.monotonic() + 20
        while True:
            try:
                with psycopg.connect(url) as connection:
                    self._replace(connection)
                    for statement, *values in changes:
                        connection.execute(statement, values)
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() > end:
                    raise
            else:
                return

    def _replace(self, connection: psycopg.Connection) -> None:
        connection.execute("SET LOCAL session_replication_role = replica")  # no foreign keys, no append-only tables
        connection.execute("SET LOCAL lock_timeout = '200ms'")
        connection.execute(f"LOCK TABLE {', '.join(self._rows)} IN EXCLUSIVE MODE")
        connection.execute("; ".join(f"DELETE FROM {table}" for table in self._rows))
        for table, rows in self._rows.items():
            with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                copy.write(rows)
        connection.cursor().executemany("SELECT setval(%s, %s, %s)", self._sequences)
