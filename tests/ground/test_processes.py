"""Starting and stopping programs: nothing is left behind, and what does not start is reported with its log."""

import sys
import time
from pathlib import Path

import pytest

from scripts.processes import Process, StartError, wait_until


def make(tmp_path: Path, code: str) -> Process:
    return Process("program", [sys.executable, "-c", code], env={"WORD": "hello"}, log=tmp_path / "log")


def test_a_program_gets_its_environment_and_a_log(tmp_path: Path) -> None:
    program = make(tmp_path, "import os, time; print(os.environ['WORD'], flush=True); time.sleep(60)")
    program.start()
    wait_until(lambda: "hello" in program.output(), program)
    program.stop()
    assert not program.is_alive


def test_stopping_takes_along_what_the_program_started(tmp_path: Path) -> None:
    program = make(
        tmp_path,
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1).pid, flush=True);"
        "import time; time.sleep(60)",
    )
    program.start()
    wait_until(lambda: program.output().endswith("\n"), program)
    child = Path(f"/proc/{int(program.output())}/stat")
    program.stop()
    deadline = time.monotonic() + 5
    while is_running(child):
        assert time.monotonic() < deadline


def is_running(stat: Path) -> bool:
    """Whether the process lives; one that nobody has waited for yet does not."""
    try:
        return " Z " not in stat.read_text()
    except OSError:
        return False


def test_a_program_that_does_not_listen_is_made_to_end(tmp_path: Path) -> None:
    program = make(
        tmp_path,
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
    )
    program.start()
    wait_until(lambda: "up" in program.output(), program)
    program.stop(seconds=0.2)
    assert not program.is_alive


def test_a_program_that_ends_while_starting_is_reported_with_its_last_words(tmp_path: Path) -> None:
    program = make(tmp_path, "raise SystemExit('no room left')")
    program.start()
    with pytest.raises(StartError, match=r"program ended while starting(?s:.*)no room left"):
        wait_until(lambda: False, program)


def test_output_is_that_of_the_last_start(tmp_path: Path) -> None:
    program = make(tmp_path, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    for _start in range(2):
        program.start()
        wait_until(lambda: program.output().endswith("\n"), program)
        assert program.output().split() == [str(program.pid)]
        program.stop()
