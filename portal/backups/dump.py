"""PostgreSQL's own programs, called with the portal's database: pg_dump writes the file, pg_restore reads it."""

import os
import subprocess
from hashlib import file_digest
from pathlib import Path

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from portal.environment.child import with_settings

# Of these the tables alone: who signed in before signs in again, also those whose sessions were ended since.
LEFT_OUT = (Session._meta.db_table, UserSession._meta.db_table, settings.CACHES["default"]["LOCATION"])


class Failed(Exception):
    """It could not be done. The text says why, in a sentence or in PostgreSQL's own words."""


def write(path: Path) -> None:
    """All that is committed now, into a new file that only its owner reads. Raises Failed, and leaves no file then."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        options = [f"--exclude-table-data={table}" for table in LEFT_OUT]
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}", *options)
        check(unfinished)
        _write_through(unfinished)
        unfinished.rename(path)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def check(path: Path) -> None:
    """It is a file that can be restored, as far as can be told without doing so. Raises Failed."""
    _execute(["pg_restore", "--list", str(path)], {})


def read(path: Path) -> None:
    """Puts its content into the database, all of it or nothing. Raises Failed."""
    arguments, env = _connection()
    name, options = arguments.pop(), ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    _execute(["pg_restore", *arguments, *options, f"--dbname={name}", str(path)], env)


def digest(path: Path) -> str:
    """SHA-256 of the file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _run(program: str, *options: str) -> None:
    arguments, env = _connection()
    _execute([program, *options, *arguments], env)


def _connection() -> tuple[list[str], dict[str, str]]:
    """Where the database is, as PostgreSQL's programs take it: arguments, its name last; and what is secret."""
    (_psql, *arguments), env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return arguments, env or {}


def _execute(command: list[str], env: dict[str, str]) -> None:
    try:
        done = subprocess.run(command, env=with_settings(**env), capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        text = f"{command[0]} is not installed: install PostgreSQL's client programs, of the server's version or newer."
        raise Failed(text) from error
    if done.returncode:
        raise Failed(done.stderr.strip() or f"{command[0]} ended with {done.returncode}.")


def _write_through(path: Path) -> None:
    """Onto the disk: a file that is named a backup is one, also after the power has failed."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
