"""Commands at a terminal, with what somebody types there."""

import os
import pty
import select
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 180  # seconds in which it says something


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it had said."""

    status: int
    said: str


def at_a_terminal(command: list[str], *typed: str, env: Mapping[str, str], folder: Path) -> Done:
    """Runs it to its end. Each line is typed when a question ends in a colon and waits."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, env=env, stdin=its, stdout=its, stderr=its, start_new_session=True)
    os.close(its)
    said, to_type = "", list(typed)
    try:
        while (piece := _read(ours)) is not None:
            said += piece
            if to_type and said.endswith(": "):
                os.write(ours, f"{to_type.pop(0)}\n".encode())
        return Done(process.wait(PATIENCE), said.replace("\r\n", "\n"))
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(terminal: int) -> str | None:
    """What comes next; None when nobody has the other end any more."""
    ready, _, _ = select.select([terminal], [], [], PATIENCE)
    if not ready:
        raise TimeoutError("it says nothing and does not end")
    try:
        return os.read(terminal, 65536).decode(errors="replace") or None
    except OSError:  # Linux' word for it
        return None
