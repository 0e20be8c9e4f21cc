"""The database of a test process: a copy of one that was migrated once for all of them, which takes many seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.support import database
from tests.support.services import made_once


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> str:
    """The URL of a database with all tables and only what comes with them, which nobody has open."""

    def make(directory: Path) -> None:
        url = database.create(database.new(directory, "migrated"))
        with django_db_blocker.unblock(), _connected_to(url):
            call_command("migrate", verbosity=0)
        (directory / "url").write_text(url)

    return (made_once(tmp_path_factory, "migrated", make) / "url").read_text()


@pytest.fixture(scope="session")
def django_db_setup(
    migrated: str, tmp_path_factory: pytest.TempPathFactory, django_test_environment: None
) -> Iterator[None]:
    """In place of pytest-django's. SQLite's is a file, so that threads and other processes see the same one."""
    url = database.create(database.new(tmp_path_factory.mktemp("database"), "test"), like=migrated)
    with _connected_to(url):
        yield
    database.drop(url)


@contextmanager
def _connected_to(url: str) -> Iterator[None]:
    """All threads' connections from now on."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database.name_in(url)
    yield
    connection.close()
    connection.settings_dict["NAME"] = before
