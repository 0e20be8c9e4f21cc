"""Who is alive elsewhere, and that a second web host is refused where the database is a file of the first."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread, current_thread

import pytest

from portal.environment import names
from portal.inventory import presence, redis_connection
from scripts.environment import ROOT, production_like

SQLITE, POSTGRESQL = "sqlite:////nowhere/portal.sqlite3", "postgres://portal@127.0.0.1:1/portal"


@contextmanager
def going_on(monkeypatch: pytest.MonkeyPatch, kind: str, host: str) -> Iterator[None]:
    """A process of that host says again and again that it is there."""
    ended = Event()

    def go_on() -> None:
        while not ended.wait(0.1):
            presence.note(kind, f"{kind}@{host}/1")

    there = Thread(target=go_on)
    monkeypatch.setattr(presence.socket, "gethostname", lambda: host if current_thread() is there else "here")
    there.start()
    try:
        wait_for(lambda: bool(presence.alive(kind)))
        yield
    finally:
        ended.set()
        there.join()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _redis_is_asked_anew(redis_url: str) -> None:
    redis_connection.forget_absence()


def test_nobody_is_elsewhere_where_nobody_is_or_only_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence.time, "sleep", lambda _seconds: pytest.fail("there is nothing to wait for"))
    assert presence.hosts_besides_ours(presence.WEB) == []
    presence.note(presence.WEB, "web@here/1")
    assert presence.hosts_besides_ours(presence.WEB) == []


@pytest.mark.parametrize(("kind", "hosts"), [("web", ["two"]), ("worker", [])])
def test_who_says_so_while_we_watch_is_elsewhere(monkeypatch: pytest.MonkeyPatch, kind: str, hosts: list[str]) -> None:
    with going_on(monkeypatch, kind, "two"):
        assert presence.hosts_besides_ours(presence.WEB) == hosts


def test_who_has_ended_lately_is_not_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that is made anew has another name than the one before, which Redis knows for a while."""
    with monkeypatch.context() as patch:
        patch.setattr(presence.socket, "gethostname", lambda: "before")
        presence.note(presence.WEB, "web@before/1")
    monkeypatch.setattr(presence, "EVERY", 0.2)
    assert presence.hosts_besides_ours(presence.WEB) == []
    assert presence.alive(presence.WEB) == ["web@before/1"]


def begin(command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    others = {name: value for name, value in os.environ.items() if name not in names.KNOWN}
    return subprocess.run(
        [sys.executable, *command.split()],
        cwd=ROOT,
        env=others | production_like() | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_a_second_web_host_on_sqlite_is_refused(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, tmp_path: Path
) -> None:
    environ = {"DATABASE_URL": SQLITE, "CACHE_URL": redis_url, "STATIC_ROOT": str(tmp_path)}
    with going_on(monkeypatch, "web", "two"):
        done = begin("-m gunicorn portal.wsgi --bind 127.0.0.1:0", **environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "The database is SQLite, which is of one host, and web servers run on two already: set DATABASE_URL to a "
        "PostgreSQL server, on all hosts.\n"
    )


@pytest.mark.parametrize(
    "environ", [{"DATABASE_URL": POSTGRESQL}, {"DATABASE_URL": SQLITE, "HTTPS": ""}], ids=["PostgreSQL", "a trial"]
)
def test_one_on_postgresql_and_one_that_is_no_production_are_not(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, environ: dict[str, str]
) -> None:
    with going_on(monkeypatch, "web", "two"):
        done = begin("-m portal.wsgi", CACHE_URL=redis_url, **environ)
    assert done.returncode == 0, done.stderr


def test_without_redis_nobody_knows_and_the_web_server_starts() -> None:
    done = begin("-m portal.wsgi", DATABASE_URL=SQLITE, CACHE_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 0, done.stderr
