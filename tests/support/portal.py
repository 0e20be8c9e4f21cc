"""A whole portal as real processes (Redis, sandbox, web, worker, beat) with seeded databases, for the flow tests."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.environment import new_secrets
from scripts.stack import REDIS, Stack
from tests.support.services import SandboxClient, made_once, require


class Portal(Stack):
    """A stack that tests may mistreat: each process can be killed, stopped and started again."""

    def __init__(self, directory: Path, template: Path, extra_env: dict[str, str]) -> None:
        secrets = json.loads((template / "secrets.json").read_text())
        super().__init__(directory, secrets=secrets, extra_env={"STATIC_ROOT": str(template / "static")} | extra_env)
        self.platform = SandboxClient(self.sandbox_port)

    def kill_worker(self) -> None:
        """SIGKILL for the worker and its children, as when the machine loses power."""
        self.worker.kill()

    def start_worker(self) -> None:
        self.worker.start()
        self.wait(self.worker)

    def stop_redis(self) -> None:
        self.redis.stop()

    def start_redis(self) -> None:
        self.redis.start()
        self.wait(self.redis)

    def stop_sandbox(self) -> None:
        self.sandbox.stop()

    def start_sandbox(self) -> None:
        self.sandbox.start()
        self.wait(self.sandbox)

    def assert_no_traceback(self) -> None:
        """No request ended in an exception that nobody handled."""
        assert "Traceback" not in self.web.log.read_text(), self.web.log.read_text()


@pytest.fixture(scope="session")
def portal_template(demo_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Databases, static files and secrets of a fresh demo, made once for all test processes."""

    def make(directory: Path) -> None:
        secrets = new_secrets()
        (directory / "secrets.json").write_text(json.dumps(secrets))
        stack = Stack(directory, secrets=secrets)
        stack.manage("migrate", "--verbosity", "0")
        stack.manage("seed_demo")
        stack.manage("collectstatic", "--no-input", "--verbosity", "0")
        shutil.copy(demo_world, directory / "sandbox.sqlite3")

    return made_once(tmp_path_factory, "portal", make)


@pytest.fixture(scope="module")
def new_portal(portal_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Portal]]:
    """Starts a portal with databases as the demo has them at first: `new_portal(API_DEADLINE="4")`, to mistreat it."""
    require(REDIS)
    portals: list[Portal] = []

    def start(**env: str) -> Portal:
        directory = tmp_path_factory.mktemp("portal")
        for name in ("portal.sqlite3", "sandbox.sqlite3"):
            shutil.copy(portal_template / name, directory / name)
        portals.append(Portal(directory, portal_template, env))
        portals[-1].start()
        return portals[-1]

    try:
        yield start
    finally:
        for portal in portals:
            portal.platform.close()
            portal.stop()


@pytest.fixture(scope="module")
def portal_stack(new_portal: Callable[..., Portal]) -> Iterator[Portal]:
    """A running portal that the tests of one module share; machines install in a second."""
    portal = new_portal()
    portal.platform.control(install_seconds=1)
    yield portal
    portal.assert_no_traceback()
