"""A page whose database does not answer says so, and is not mistaken for a fault of the portal."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from psycopg import errors

from tests.customer.conftest import Browse, text_of

PAGE = "/c/10001/virtualmachine/"


def answer(browse: Browse, monkeypatch: pytest.MonkeyPatch, error: DatabaseError, cause: Exception | None) -> Any:
    client = browse("manager")
    client.raise_request_exception = False

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error from cause

    monkeypatch.setattr("portal.customer.resources.list._list_page", fail)
    return client.get(PAGE)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError("connection failed"), psycopg.OperationalError("connection timeout expired")),
        (OperationalError("ended"), errors.AdminShutdown("terminating connection due to administrator command")),
        (OperationalError("lost"), errors.ConnectionFailure("server closed the connection unexpectedly")),
        (InterfaceError("the connection is closed"), psycopg.InterfaceError("the connection is closed")),
    ],
)
def test_it_is_said_that_the_database_is_away(
    browse: Browse, monkeypatch: pytest.MonkeyPatch, error: DatabaseError, cause: Exception
) -> None:
    told = answer(browse, monkeypatch, error, cause)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "30")
    assert "503 Not available right now" in text_of(told)
    assert "The portal cannot reach its database." in text_of(told)
    assert "An unexpected error" not in text_of(told)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError("a lock"), errors.LockNotAvailable("canceling statement due to lock timeout")),
        (OperationalError("full"), errors.DiskFull("could not extend file")),
        (OperationalError("of SQLite"), None),
        (DatabaseError("wrong"), errors.UndefinedColumn("no such column")),
    ],
)
def test_what_it_answers_is_no_absence(
    browse: Browse, monkeypatch: pytest.MonkeyPatch, error: DatabaseError, cause: Exception | None
) -> None:
    told = answer(browse, monkeypatch, error, cause)
    assert told.status_code == 500
    assert "An unexpected error occurred." in text_of(told)
