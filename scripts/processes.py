"""Starting, watching and stopping programs: for the demo, the tests and the benchmark."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from scripts.environment import ROOT


class StartError(Exception):
    """A program ended, or was not ready in time; the text says which, and how its log ends."""


class Process:
    """A program that we started: a session of its own, its output in a log file.

    A session of its own, so that Ctrl-C in the terminal reaches only us, and so that nothing it
    starts outlives it.
    """

    def __init__(self, name: str, command: list[str], *, env: dict[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.env = env
        self.log = log
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._is_asked_to_end = False

    def start(self) -> None:
        self._is_asked_to_end = False
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self._popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=os.environ | self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

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

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.output().splitlines()[-lines:])

    def ask_to_end(self) -> None:
        """Sends SIGTERM, once: to some programs a second one means "at once"."""
        if self.is_alive and not self._is_asked_to_end:
            self._is_asked_to_end = True
            os.kill(self.pid, signal.SIGTERM)

    def stop(self, seconds: float = 15) -> None:
        """Asks it to end; after `seconds` it is made to. What it left behind goes with it."""
        self.ask_to_end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._wait(seconds)
        self.kill()

    def kill(self) -> None:
        """Ends it and all that it started, with no chance to tidy up."""
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._wait(5)

    def _wait(self, seconds: float) -> None:
        if self._popen is not None:
            self._popen.wait(seconds)


def run(command: list[str], *, env: dict[str, str]) -> str:
    """Runs a program to its end and answers what it printed. Raises StartError when it fails."""
    result = subprocess.run(
        command, cwd=ROOT, env=os.environ | env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise StartError(f"{' '.join(command[1:])} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def wait_until(is_ready: Callable[[], bool], process: Process, *, seconds: float = 30) -> None:
    """Returns when `is_ready` answers true. Raises StartError when the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if not process.is_alive:
            raise StartError(f"{process.name} ended while starting. Its log:\n{process.tail()}")
        if time.monotonic() > deadline:
            raise StartError(f"{process.name} was not ready after {seconds:.0f} s. Its log:\n{process.tail()}")
        time.sleep(0.05)


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
        with urllib.request.urlopen(url, timeout=10):
            return True
    except OSError:  # also urllib's errors
        return False
