"""What processes take of the machine, from /proc: those of one program, which are its session."""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.processes import Process

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def members(process: Process) -> list[int]:
    """The numbers of a program and of all that it started: they have its session (`scripts.processes`)."""
    return [pid for pid, fields in _all() if int(fields[3]) == process.pid]


def workers_of(process: Process) -> list[int]:
    """Those that it started itself, without the guard beside it: of gunicorn the ones that answer."""
    return [pid for pid, fields in _all() if int(fields[1]) == process.pid and "guard.py" not in _command(pid)]


def cpu_of(pids: Iterable[int]) -> float:
    """Seconds of the processor that they have taken by now."""
    wanted = set(pids)
    return sum(int(fields[11]) + int(fields[12]) for pid, fields in _all() if pid in wanted) / TICKS


def memory_of(pid: int | str, *, most: bool = False) -> float:
    """MB that it holds, or has held at most."""
    name = "VmHWM" if most else "VmRSS"
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def postgres_pids(url: str) -> list[int]:
    """All processes of the PostgreSQL of this URL, known by its directory."""
    directory = url.partition("@")[2].rpartition("/")[0].replace("%2F", "/")
    masters = [pid for pid, _fields in _all() if f"{directory}/data" in _command(pid) and "postgres" in _command(pid)]
    return [pid for pid, fields in _all() if pid in masters or int(fields[1]) in masters]


class Watch:
    """What share of a core they take, from its making until `share` is asked."""

    def __init__(self, pids: Iterable[int]) -> None:
        self.pids = list(pids)
        self._cpu, self._began = cpu_of(self.pids), time.monotonic()

    def share(self) -> float:
        """Per cent of one core."""
        return 100 * (cpu_of(self.pids) - self._cpu) / (time.monotonic() - self._began)


def _all() -> Iterator[tuple[int, list[str]]]:
    """Number and the fields of `stat` after the name, of all there are now: state, parent, group, session, …"""
    for directory in PROC.iterdir():
        if directory.name.isdigit():
            try:
                yield int(directory.name), (directory / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # has ended meanwhile


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
