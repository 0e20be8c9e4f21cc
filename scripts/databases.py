"""The databases of a stack, asked and written beside the processes that have them open: SQLite files or PostgreSQL's.

A database is named by its URL, as in DATABASE_URL.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg


def is_postgresql(url: str) -> bool:
    return url.startswith("postgres")


def file_of(url: str) -> Path:
    """The file of an SQLite database."""
    return Path(url.removeprefix("sqlite:///"))


def query(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Carries out one statement, `%s` for each value; answers its rows."""
    if is_postgresql(url):
        with psycopg.connect(url) as connection:
            found = connection.execute(sql, values or None)
            return found.fetchall() if found.description else []
    with closing(sqlite3.connect(file_of(url), timeout=30)) as database, database:
        return database.execute(sql.replace("%s", "?"), values).fetchall()
