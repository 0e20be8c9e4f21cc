"""`make demo`: it comes up from nothing, says what stands in its way, and leaves nothing behind."""

import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from scripts.environment import ROOT, free_port
from scripts.processes import Process, accepts_connections, wait_until


def demo(directory: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.demo", str(directory)]
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path, taken_port: int, variable: str) -> None:
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())} | {variable: str(taken_port)}
    result = demo(tmp_path, **ports)
    assert result.returncode == 1
    assert re.fullmatch(rf"demo: port {taken_port} can't be had .* make demo {variable}=\d+\.\n", result.stderr)


@pytest.mark.parametrize("value", ["http", "0", "70000"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    assert demo(tmp_path, PORT=value).stderr == f"demo: PORT={value} is no port: give a number from 1 to 65535.\n"


@pytest.fixture
def running_demo(tmp_path: Path) -> Iterator[Process]:
    """A demo in an empty directory, when it says that it is ready."""
    program = Process(
        "demo",
        [sys.executable, "-m", "scripts.demo", str(tmp_path / "demo")],
        env={"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())},
        log=tmp_path / "output",
    )
    program.start()
    try:
        wait_until(lambda: "Ctrl-C stops everything" in program.output(), program, seconds=180)
        yield program
    finally:
        program.stop(seconds=60)


def test_it_comes_up_from_nothing_and_leaves_nothing_behind(running_demo: Process, tmp_path: Path) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{running_demo.env['PORT']}/") as page:
        assert page.status == 200
    assert accepts_connections(int(running_demo.env["SANDBOX_PORT"]))
    assert (tmp_path / "demo" / "env").stat().st_mode & 0o777 == 0o600
    assert len(processes_of(tmp_path)) > 5

    running_demo.stop(seconds=60)
    assert running_demo.output().endswith("demo: stopping everything\n")
    assert not processes_of(tmp_path)


def processes_of(directory: Path) -> list[int]:
    """The processes that know this directory from their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:  # ended meanwhile
            continue
        if f"sqlite:///{directory}".encode() in environment:
            found.append(int(process.name))
    return found


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
