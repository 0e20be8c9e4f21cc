"""Starting, watching and stopping programs: for the demo, the tests and the benchmark."""

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from scripts.environment import ROOT

GUARD = [sys.executable, "-I", "-S", str(ROOT / "scripts" / "guard.py")]


class StartError(Exception):
    """A program ended, or was not ready in time; the text says which, and how its log ends."""


class NotReady(StartError):
    """It has not ended, only taken too long."""


class AskedToEnd(Exception):
    """A signal says that we should end."""


_signals: list[int] = []  # that came since `heed_signals`
_terminals: list[int] = []  # the standard streams that were one then


def heed_signals() -> None:
    """From now on SIGINT, SIGTERM and SIGHUP break into nothing, however often they come: `pause` raises AskedToEnd.

    It also does when the terminal is gone: make, where it is the first program in it, keeps that SIGHUP to itself.
    """
    heeded = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # that is nohup's: to go on without the terminal
        heeded.append(signal.SIGHUP)
        _terminals.extend(filter(os.isatty, range(3)))
    for number in heeded:
        signal.signal(number, lambda number, frame: _signals.append(number))


def pause(seconds: float) -> None:
    """What waits for something waits by this."""
    if not _signals:
        time.sleep(seconds)
    if _signals or not all(map(os.isatty, _terminals)):
        raise AskedToEnd


@functools.cache
def _lifeline() -> int:
    """The end for reading of a pipe whose other end closes when this process ends, in whatever way (`guard.py`)."""
    reading, _writing = os.pipe()
    return reading


def _start(command: list[str], env: dict[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts a program under guard.

    In a session of its own, so that Ctrl-C in the terminal reaches only us, and so that it can be ended together with
    all that it starts.
    """
    return subprocess.Popen(
        [*GUARD, *command],
        cwd=ROOT,
        env=os.environ | env,
        stdin=_lifeline(),
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        close_fds=False,  # what is inheritable is meant to be: the demo's lock
    )


def _kill(popen: subprocess.Popen[bytes]) -> None:
    """Ends a program, its guard and all that it started. The guard keeps the number of the group from being reused."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait(5)


class Process:
    """A program that we started, its output in a log file. It ends when we do."""

    def __init__(self, name: str, command: list[str], *, env: dict[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.env = env
        self.log = log
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._is_asked_to_end = False

    def start(self) -> None:
        self.kill()
        self._is_asked_to_end = False
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self._popen = _start(self.command, self.env, output)

    @property
    def is_alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        if self._popen is None:
            raise StartError(f"{self.name} was not started")
        return self._popen.pid

    def output(self) -> str:
        """What it has printed since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def last_words(self, lines: int = 15) -> str:
        end = "\n".join(self.output().splitlines()[-lines:])
        return f"Its log ({self.log}) ends with:\n{end}"

    def ask_to_end(self) -> None:
        """Sends SIGTERM, once: to some programs a second one means "at once"."""
        if self.is_alive and not self._is_asked_to_end:
            self._is_asked_to_end = True
            os.kill(self.pid, signal.SIGTERM)

    def stop(self, seconds: float = 15) -> None:
        """Asks it to end; after `seconds` it is made to. What it left behind goes with it."""
        self.ask_to_end()
        if self._popen is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """Ends it and all that it started, with no chance to tidy up."""
        if self._popen is not None:
            _kill(self._popen)
            self._popen = None  # from now on the number may be another's


def run(command: list[str], *, env: dict[str, str]) -> str:
    """Runs a program to its end and answers what it printed. Raises StartError when it fails."""
    with tempfile.TemporaryFile() as output:
        popen = _start(command, env, output)
        try:
            while popen.poll() is None:
                pause(0.05)
        finally:
            _kill(popen)
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if popen.returncode:
        raise StartError(f"{' '.join(command[1:])} failed:\n{printed}")
    return printed


def wait_until(is_ready: Callable[[], bool], process: Process, *others: Process, seconds: float = 30) -> None:
    """Returns when `is_ready` answers true.

    Raises StartError when the process or one of the others has ended, NotReady when the time is over.
    """
    deadline = time.monotonic() + seconds
    while not is_ready():
        for one in (process, *others):
            if not one.is_alive:
                raise StartError(f"{one.name} ended while starting. {one.last_words()}")
        if time.monotonic() > deadline:
            raise NotReady(f"{process.name} was not ready after {seconds:.0f} s. {process.last_words()}")
        pause(0.05)


def accepts_connections(port: int) -> bool:
    """Whether somebody listens on this port of the loopback interface."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def answers(url: str) -> bool:
    """Whether a GET of this URL succeeds, redirects followed."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:  # also urllib's errors
        return False
