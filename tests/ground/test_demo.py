"""`make demo`: it comes up from nothing, says what stands in its way, ends when told to, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from scripts import demo, lock
from scripts.environment import ROOT, free_port, new_secrets
from scripts.processes import NotReady, Process, StartError, accepts_connections, wait_until
from scripts.stack import Stack
from scripts.visitor import Visitor
from tests.support.services import SandboxClient

# As the Makefile has it, in a directory of the test's.
MAKEFILE = "demo:\n\t@$(PYTHON) -m scripts.demo $(DIRECTORY)\n"
# Runs a program in a terminal, in which SIGUSR1 is Ctrl-C. When it is killed, the terminal is closed.
TERMINAL = """
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests run by nohup
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGUSR1, lambda number, frame: os.write(terminal, b"\\x03"))
try:
    while output := os.read(terminal, 1024):
        os.write(1, output)
except OSError:  # nobody has it open any more
    pass
os.waitpid(pid, 0)
"""
READY = "Ctrl-C stops everything"


def run_demo(directory: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """One that is expected to end by itself."""
    command = [sys.executable, "-m", "scripts.demo", str(directory)]
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)


class Demo:
    """`make demo`, in a terminal or without, in a directory of the test's and on ports of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports = {name: str(free_port()) for name in demo.PORTS}
        self.url = f"http://127.0.0.1:{self.ports['PORT']}"
        self.makefile = directory.with_suffix(".make")
        self.makefile.write_text(MAKEFILE)
        self._process = self._make([])

    def start(self, *, in_terminal: bool = False) -> None:
        self._process.kill()
        self._process = self._make([sys.executable, "-c", TERMINAL] if in_terminal else [])
        self._process.start()

    def _make(self, around: list[str]) -> Process:
        arguments = [f"PYTHON={sys.executable}", f"DIRECTORY={self.directory}"]
        command = [*around, "make", "--no-print-directory", f"--file={self.makefile}", "demo", *arguments]
        return Process("demo", command, env=self.ports, log=self.directory.with_suffix(".output"))

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.output, self._process, seconds=600)  # a busy machine is slow

    @property
    def output(self) -> str:
        return self._process.output()

    @property
    def runner(self) -> int:
        """The process that runs the demo, of which make is only the parent."""
        return int((self.directory / lock.RUNNER).read_text().split()[-1])

    def terminate(self) -> None:
        """SIGTERM for the whole group, as `timeout` sends it: make passes it on, so it comes twice."""
        os.killpg(self._process.pid, signal.SIGTERM)

    def press_ctrl_c(self) -> None:
        os.kill(self._process.pid, signal.SIGUSR1)

    def close_terminal(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)

    def assert_all_ended(self, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while left := holders(self.directory):
            assert time.monotonic() < deadline, left
            time.sleep(0.05)

    def kill(self) -> None:
        """Whatever a test has left."""
        self._process.kill()
        for pid in holders(self.directory):
            os.kill(pid, signal.SIGKILL)


def holders(directory: Path) -> list[int]:
    """The processes that have something in this directory open, as all have their log that a demo there starts."""
    assert Path("/proc/self/fd").is_dir(), "open files are looked for as Linux lists them"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            files = [file.readlink() for file in (process / "fd").iterdir()]
        except OSError:  # ended meanwhile
            continue
        if any(file.is_relative_to(directory) for file in files):
            found.append(int(process.name))
    return found


@pytest.fixture
def new_demo(tmp_path: Path) -> Iterator[Demo]:
    """One that has never been started."""
    started = Demo(tmp_path / "demo")
    try:
        yield started
    finally:
        started.kill()


@pytest.fixture
def old_demo(new_demo: Demo) -> Demo:
    """One that was complete once."""
    new_demo.directory.mkdir()
    stack = Stack(new_demo.directory, secrets=demo.stored_secrets(new_demo.directory / "env"))
    demo.prepare_portal(stack, is_first_run=True, hook_url="http://127.0.0.1:9")
    stack.seed_sandbox()
    (new_demo.directory / demo.SEEDED).touch()
    return new_demo


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("variable", demo.PORTS)
def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path, taken_port: int, variable: str) -> None:
    ports = {name: str(free_port()) for name in demo.PORTS} | {variable: str(taken_port)}
    result = run_demo(tmp_path, **ports)
    assert result.returncode == 1
    assert re.fullmatch(rf"demo: port {taken_port} can't be had .* make demo {variable}=\d+\.\n", result.stderr)


@pytest.mark.parametrize("value", ["http", "0", "70000"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    assert run_demo(tmp_path, PORT=value).stderr == f"demo: PORT={value} is no port: give a number from 1 to 65535.\n"


def test_it_comes_up_from_nothing_and_ends_when_told_twice_while_a_worker_is_busy(new_demo: Demo) -> None:
    new_demo.start()
    new_demo.wait_for(READY)
    with urllib.request.urlopen(new_demo.url) as page:
        assert page.status == 200
    assert (new_demo.directory / "env").stat().st_mode & 0o777 == 0o600
    assert len(holders(new_demo.directory)) > 5

    another = run_demo(new_demo.directory, PORT=str(free_port()))
    where = f"{new_demo.url}, process {new_demo.runner}"
    assert another.stderr == f"demo: one is running in {new_demo.directory} already: {where}\n"
    assert another.returncode == 1

    keep_worker_busy(new_demo)
    new_demo.terminate()
    new_demo.assert_all_ended(seconds=10)
    assert "demo: stopping everything\n" in new_demo.output
    assert "Traceback" not in new_demo.output


def keep_worker_busy(running: Demo) -> None:
    """A change makes a worker ask the platform, which takes its time."""
    platform = SandboxClient(int(running.ports["SANDBOX_PORT"]))
    platform.control(fault={"kind": "delay", "value": 60, "method": "log", "times": 9})
    manager = Visitor(running.url, "manager@example.com")
    manager.send("/c/10001/virtualmachine/shop10/-/edit?next=/healthz", service_description="takes its time")
    deadline = time.monotonic() + 120
    while not platform.calls("log"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_a_killed_one_has_started_ends_by_itself_and_the_next_can_begin(old_demo: Demo) -> None:
    break_files(old_demo.directory)
    old_demo.start()
    old_demo.wait_for(READY)
    os.kill(old_demo.runner, signal.SIGKILL)
    old_demo.assert_all_ended(seconds=5)

    old_demo.start(in_terminal=True)
    old_demo.wait_for("updating the database")
    old_demo.press_ctrl_c()
    old_demo.assert_all_ended(seconds=10)


def break_files(directory: Path) -> None:
    """As an earlier version's Redis, or the power, may have left them."""
    appended = directory / "redis" / "appendonlydir"
    appended.mkdir(parents=True)
    (appended / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    for file in (appended / "appendonly.aof.1.incr.aof", directory / "redis" / "dump.rdb", directory / "beat"):
        file.write_text("no such thing")


@pytest.mark.parametrize("end", [Demo.terminate, Demo.press_ctrl_c, Demo.close_terminal])
def test_it_also_ends_while_it_makes_its_world(new_demo: Demo, end: Callable[[Demo], None]) -> None:
    new_demo.start(in_terminal=end != Demo.terminate)
    new_demo.wait_for("making the platform's demo world")
    end(new_demo)
    new_demo.assert_all_ended(seconds=10)
    assert not (new_demo.directory / demo.SEEDED).exists()


def test_the_next_demo_waits_for_what_is_left_of_an_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nobody guards that any more."""
    leave = (
        "import os, sys; from pathlib import Path; from subprocess import DEVNULL, Popen; from scripts import lock\n"
        "with lock.held(Path(sys.argv[1]), 'the first'):\n"
        "    print(Popen(['sleep', '60'], close_fds=False, stdout=DEVNULL).pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", leave, str(tmp_path)]
    left = int(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False).stdout)
    waited = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        os.kill(left, signal.SIGKILL)

    monkeypatch.setattr(lock, "pause", pause)
    with lock.held(tmp_path, "the second"):
        assert waited


def test_starting_over_leaves_the_locks_alone(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "web.log").touch()
    (tmp_path / demo.SEEDED).touch()
    with lock.held(tmp_path, "this test"):
        demo.start_over(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {lock.RUNNER, lock.STARTED}


def test_a_part_that_does_not_come_up_is_named_with_its_own_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the worker, which waits for it."""
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho no room for redis\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    stack = Stack(tmp_path, secrets=new_secrets())
    started = time.monotonic()
    try:
        with pytest.raises(
            StartError, match=r"^redis ended while starting\..*redis\.log\) ends with:\nno room for redis$"
        ):
            stack.start()
    finally:
        stack.stop()
    assert time.monotonic() - started < 10


def test_what_takes_long_to_come_up_is_named_and_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    waits = []

    def wait(*, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            raise NotReady("web was not ready")

    demo.patiently(wait)
    assert capsys.readouterr().out == "demo: web was not ready\ndemo: still waiting\n"
    assert waits == [demo.SLOW, demo.PATIENCE]


def test_the_stand_in_for_redis_serves_lists_with_waiting_and_scripts(tmp_path: Path) -> None:
    port = free_port()
    server = Process(
        "stand-in", [sys.executable, "-m", "scripts.redis_stand_in", str(port)], env={}, log=tmp_path / "log"
    )
    server.start()
    wait_until(lambda: accepts_connections(port), server)
    with redis.Redis(port=port, protocol=2) as client:
        client.lpush("queue", "message")
        assert client.brpop(["queue"], timeout=1) == (b"queue", b"message")
        assert client.eval("return redis.call('incr', KEYS[1])", 1, "counter") == 1
    server.stop()
