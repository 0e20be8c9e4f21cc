"""A PostgreSQL of our own for one test run: in a temporary directory, on a Unix socket, without fsync."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.processes import StartError

DEBIAN = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """The directory with initdb and pg_ctl, the newest where there are several."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    return max((path.parent for path in DEBIAN.glob("*/bin/initdb")), default=None, key=_version)


def _version(directory: Path) -> int:
    return int(directory.parent.name)


@contextlib.contextmanager
def running(bin_directory: Path) -> Iterator[str]:
    """Starts PostgreSQL; gives the URL of an empty database on it. Raises StartError."""
    with tempfile.TemporaryDirectory(prefix="portal-pg-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        if os.geteuid() == 0:
            shutil.chown(directory, "postgres", "postgres")  # PostgreSQL refuses to run as root
        data = directory / "data"
        _run(bin_directory / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        quick = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        options = f"-k {directory} -c listen_addresses='' -c max_connections=400 {quick}"
        _run(bin_directory / "pg_ctl", "-D", data, "-w", "-l", directory / "log", "-o", options, "start")
        try:
            yield f"postgres://postgres@{str(directory).replace('/', '%2F')}/postgres"
        finally:
            _run(bin_directory / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(*command: str | Path) -> None:
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    result = subprocess.run(
        [*as_postgres, *map(str, command)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        raise StartError(f"PostgreSQL: {command[0]} failed:\n{result.stdout}")
