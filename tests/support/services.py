"""Real servers for the tests: Redis, and the sandbox as a process with a world of its own."""

import fcntl
import json
import os
import shutil
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from scripts.databases import query
from scripts.environment import free_port
from scripts.processes import Process, accepts_connections, run, wait_until
from scripts.stack import REDIS, redis_command, sandbox_command
from tests.support import database, moment

SANDBOX_SETTINGS = "portal.sandbox.settings"
MICROSECOND = timedelta(microseconds=1)


def require(*programs: str) -> str:
    """The path of the first of these that is there. Without any, tests fail in CI, and are skipped elsewhere."""
    path = next(filter(None, map(shutil.which, programs)), None)
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{programs[0]} is not installed")
    return path


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A redis-server of this test process; its URL without a database number."""
    require(REDIS)
    directory, port = tmp_path_factory.mktemp("redis"), free_port()
    process = Process(REDIS, redis_command(port), env={}, log=directory / "log")
    process.start()
    try:
        wait_until(lambda: accepts_connections(port), process)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.stop()


@pytest.fixture
def redis_url(redis_server: str, settings: Any) -> str:
    """An empty Redis, to which CACHE_URL points in this test."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    settings.CACHE_URL = f"{redis_server}/0"
    return settings.CACHE_URL


class SandboxClient:
    """What tests ask of a running sandbox: its control interface, and the API by Python's own client."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/v1"
        self._proxies: list[xmlrpc.client.ServerProxy] = []

    def control(self, **order: Any) -> dict[str, Any]:
        """`control(advance=3600)`, `control(fault={"kind": "delay", "value": 2, "method": "apply"})`."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/control",
            data=json.dumps(order).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def calls(self, method: str, group: str | None = None) -> int:
        """How many calls of this method came in since the last reset, of all keys or of one."""
        stats = self.control(stats=True)
        calls = stats["by_key"].get(group, {}) if group else stats["calls"]
        return int(calls.get(method, 0))

    def proxy(self, user: str = "services", key: str = "services-demo-key") -> xmlrpc.client.ServerProxy:
        """The API as any XML-RPC client sees it: `proxy().query("virtualmachine")`."""
        self._proxies.append(
            xmlrpc.client.ServerProxy(f"http://{user}:{key}@127.0.0.1:{self.port}/v1", allow_none=True)
        )
        return self._proxies[-1]

    def close(self) -> None:
        """Closes the connections of all proxies given out."""
        for proxy in self._proxies:
            proxy("close")()


class Sandbox(SandboxClient):
    """A sandbox process that a test has for itself."""

    def __init__(self, world: str, directory: Path) -> None:
        super().__init__(free_port())
        self.database = database.create(database.file(directory, "sandbox"), like=world)
        self.env = sandbox_env(self.database) | moment.clock()
        self.process = Process(
            "sandbox",
            sandbox_command("serve", "--port", str(self.port)),
            env=self.env,
            log=directory / "sandbox.log",
        )

    def start(self) -> None:
        self.process.start()
        wait_until(lambda: accepts_connections(self.port), self.process)

    def stop(self) -> None:
        self.process.stop()

    def end(self) -> None:
        """For good: its connections too."""
        self.close()
        self.stop()

    def seed(self, **options: int | str) -> None:
        """Makes its world anew: `seed(machines=1000, customers=2, seed=7)`; else the demo's."""
        self.stop()
        seed_world(self.env, at=moment.AT.isoformat(), **options)
        self.start()


def sandbox_env(url: str) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": SANDBOX_SETTINGS, "SANDBOX_DATABASE_URL": url, "DEBUG": ""}


def seed_world(env: dict[str, str], **options: int | str) -> None:
    run(sandbox_command("seed", *(f"--{name}={value}" for name, value in options.items())), env=env)


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A directory that `make` has filled, once for all test processes of this run."""
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "made").exists():
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            make(directory)
            (directory / "made").touch()
    return directory


def begin_world(world: str, platform: SandboxClient, url: str, at: datetime = moment.AT) -> None:
    """The world of a running sandbox becomes one that was seeded at `at`, which is now on its clock."""
    ((offset,),) = query(url, 'SELECT "offset" FROM sandbox_world')  # microseconds, as SQLite has it
    unmoved = datetime.fromisoformat(platform.control(reset=True)["now"]) - offset * MICROSECOND
    database.SavedFile(world).put_into(url, ('UPDATE sandbox_world SET "offset" = %s', (at - unmoved) // MICROSECOND))


@pytest.fixture(scope="session")
def demo_world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a sandbox's database with the demo world as all tests begin with it, which nobody has open; made once.

    A file, also where the portal's is on PostgreSQL: the platform that tests talk to is somebody else's, and to
    PostgreSQL a connection for each call of a short test costs more than the call. The sandbox's own tests are on it.
    """

    def make(directory: Path) -> None:
        seed_world(sandbox_env(database.create(database.file(directory, "world"))), at=moment.AT.isoformat())

    return database.file(made_once(tmp_path_factory, "world", make), "world")


@pytest.fixture
def sandbox(demo_world: str, tmp_path: Path, settings: Any) -> Iterator[Sandbox]:
    """A running sandbox with the demo world, to which API_URL points in this test."""
    server = Sandbox(demo_world, tmp_path)
    settings.API_URL = server.url
    try:
        server.start()
        begin_world(demo_world, server, server.database)
        yield server
    finally:
        server.end()


@pytest.fixture(scope="session")
def running_sandbox(demo_world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Started once for each test process; modules get it as `shared_platform`."""
    server = Sandbox(demo_world, tmp_path_factory.mktemp("platform"))
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def shared_platform(running_sandbox: Sandbox, demo_world: str) -> Sandbox:
    """One sandbox for a module's tests, with the demo world as at first: each takes machines and names of its own."""
    if not running_sandbox.process.is_alive:
        running_sandbox.start()
    begin_world(demo_world, running_sandbox, running_sandbox.database)
    return running_sandbox
