"""Starting and stopping programs: nothing is left behind, and what does not start is reported with its log."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.processes import NotReady, Process, StartError, run, wait_until

# Two processes, of which each says that it is there.
PAIR = """
import os, time
os.fork()
print("here", flush=True)
time.sleep(60)
"""
# Starts a pair, as the demo starts a server and a command.
BY_PROCESS = """
import os, sys, time
from pathlib import Path
from scripts.processes import Process
pair = Process("pair", sys.argv[2:], env={}, log=Path(sys.argv[1]))
pair.start()
time.sleep(60)
"""
BY_RUN = """
import os, sys
from scripts.processes import run
run(["sh", "-c", 'exec > "$0"; exec "$@"', *sys.argv[1:]], env={})
"""
# Tidies up when told to end, until it has been told twice.
TIDY = """
import signal, sys, time
from scripts import processes
signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))  # whatever it is for who runs the tests
processes.heed_signals()
print("up", flush=True)
try:
    while True:
        processes.pause(0.05)
except processes.AskedToEnd:
    print("tidying", flush=True)
    while len(processes._signals) < 2:
        time.sleep(0.01)
    print("tidy", processes._signals, flush=True)
"""


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
    assert_ends(child)


def assert_ends(stat: Path) -> None:
    deadline = time.monotonic() + 5
    while is_running(stat):
        assert time.monotonic() < deadline
        time.sleep(0.01)


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


def test_a_program_that_ends_while_another_is_waited_for_is_the_one_reported(tmp_path: Path) -> None:
    waiting = make(tmp_path, "import time; time.sleep(60)")
    broken = Process("broken", [sys.executable, "-c", "raise SystemExit('no room left')"], env={}, log=tmp_path / "b")
    waiting.start()
    broken.start()
    with pytest.raises(StartError, match=r"broken ended while starting(?s:.*)no room left"):
        wait_until(lambda: False, waiting, broken)
    waiting.stop()


def test_a_program_that_takes_too_long_is_reported_as_such(tmp_path: Path) -> None:
    program = make(tmp_path, "import time; print('thinking', flush=True); time.sleep(60)")
    program.start()
    wait_until(lambda: "thinking" in program.output(), program)
    with pytest.raises(NotReady, match=r"program was not ready after 0 s(?s:.*)thinking"):
        wait_until(lambda: False, program, seconds=0)
    program.stop()


@pytest.mark.parametrize("how", [BY_PROCESS, BY_RUN])
def test_what_was_started_ends_with_who_started_it_however_that_ends(tmp_path: Path, how: str) -> None:
    output = tmp_path / "pair"
    starter = Process(
        "starter", [sys.executable, "-c", how, str(output), sys.executable, "-c", PAIR], env={}, log=tmp_path / "log"
    )
    starter.start()
    wait_until(lambda: output.exists() and output.read_text() == "here\nhere\n", starter)
    pair = [stat for stat in Path("/proc").glob("[0-9]*/stat") if writes_to(stat.parent, output)]
    assert len(pair) == 2
    os.kill(starter.pid, signal.SIGKILL)
    for stat in pair:
        assert_ends(stat)
    starter.stop()


def writes_to(process: Path, file: Path) -> bool:
    try:
        return (process / "fd" / "1").readlink() == file
    except OSError:  # ended meanwhile
        return False


@pytest.fixture(params=["SIG_DFL"])
def tidy(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Process]:
    """Started with this disposition of SIGHUP."""
    program = Process("tidy", [sys.executable, "-c", TIDY, request.param], env={}, log=tmp_path / "log")
    program.start()
    wait_until(lambda: "up" in program.output(), program)
    yield program
    program.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_break_into_tidying_up_after_the_first(tidy: Process, number: int) -> None:
    os.kill(tidy.pid, number)
    wait_until(lambda: "tidying" in tidy.output(), tidy)
    os.kill(tidy.pid, number)
    wait_until(lambda: f"tidy {[int(number)] * 2}" in tidy.output(), tidy)


@pytest.mark.parametrize("tidy", ["SIG_IGN"], indirect=True)
def test_nohup_is_respected(tidy: Process) -> None:
    os.kill(tidy.pid, signal.SIGHUP)
    os.kill(tidy.pid, signal.SIGTERM)
    wait_until(lambda: "tidying" in tidy.output(), tidy)
    os.kill(tidy.pid, signal.SIGINT)
    wait_until(lambda: f"tidy {[int(signal.SIGTERM), int(signal.SIGINT)]}" in tidy.output(), tidy)


def test_a_program_that_is_run_ends_when_we_are_told_to(tmp_path: Path) -> None:
    """Not when it is done."""
    program = make(
        tmp_path,
        "from scripts.processes import heed_signals, run; heed_signals(); print('up', flush=True);"
        "run(['sleep', '60'], env={})",
    )
    program.start()
    wait_until(lambda: "up" in program.output(), program)
    os.kill(program.pid, signal.SIGTERM)
    with pytest.raises(StartError, match=r"program ended while starting(?s:.*)AskedToEnd"):
        wait_until(lambda: False, program, seconds=10)
    program.stop()


def test_a_program_that_fails_is_reported_with_all_that_it_printed() -> None:
    code = "import sys; print('on the way', flush=True); sys.exit('no room left')"
    with pytest.raises(StartError, match=r"failed:\non the way\nno room left\n$"):
        run([sys.executable, "-c", code], env={})
    assert run([sys.executable, "-c", "print('done')"], env={}) == "done\n"


def test_output_is_that_of_the_last_start(tmp_path: Path) -> None:
    program = make(tmp_path, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    for _start in range(2):
        program.start()
        wait_until(lambda: program.output().endswith("\n"), program)
        assert program.output().split() == [str(program.pid)]
        program.stop()
