"""One demo at a time in a folder, and none beside what is left of an earlier one."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scripts.processes import StartError, pause

# The operating system lets go of a lock by itself when the last one ends who has the file open, in whatever way.
RUNNER = "runner.lock"  # of the process that runs the demo; says who that is
STARTED = "started.lock"  # of that process and all that it starts


@contextlib.contextmanager
def held(directory: Path, who: str) -> Iterator[None]:
    """While this lasts, nobody else holds the directory. Raises StartError where somebody does, with their `who`.

    All that is started meanwhile is waited for by the next one, should we end before it does.
    """
    with (directory / RUNNER).open("a+") as runner, (directory / STARTED).open("a") as started:
        if not _lock(runner):
            runner.seek(0)
            raise StartError(f"one is running in {directory} already: {runner.read()}")
        runner.truncate(0)
        runner.write(who)
        runner.flush()
        _wait_for(started)
        os.set_inheritable(started.fileno(), True)
        yield


def _lock(file: IO[str]) -> bool:
    """Whether we have it now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(started: IO[str], seconds: float = 10) -> None:
    """What an earlier demo left behind is being ended by its guards."""
    deadline = time.monotonic() + seconds
    while not _lock(started):
        if time.monotonic() > deadline:
            raise StartError(f"something that an earlier one started goes on: end what has {started.name} open.")
        pause(0.05)
