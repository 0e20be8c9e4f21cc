"""A whole portal as real processes (Redis, sandbox, web, worker, beat) with seeded databases, for the flow tests."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from django.test import override_settings

from portal.accounts.models import ApiKey
from scripts.databases import query
from scripts.environment import new_secrets
from scripts.stack import REDIS, Stack
from tests.support import database, moment
from tests.support.services import SandboxClient, begin_world, made_once, require

type NewPortal = Callable[..., "Portal"]


class Portal(Stack):
    """A stack that tests may mistreat: each process can be killed, stopped and started again.

    `cookies`: of those who have signed in already, by name.
    """

    def __init__(self, directory: Path, template: Path, extra_env: dict[str, str]) -> None:
        made = json.loads((template / "made.json").read_text())
        env = {
            "DATABASE_URL": database.create(database.new(directory, "portal"), like=made["portal"]),
            "SANDBOX_DATABASE_URL": database.create(database.file(directory, "sandbox"), like=made["sandbox"]),
            "STATIC_ROOT": str(template / "static"),
        }
        super().__init__(directory, secrets=made["secrets"], extra_env=env | moment.clock() | extra_env)
        self.secrets = made["secrets"]
        self.platform = SandboxClient(self.sandbox_port)
        self.cookies: dict[str, Any] = {}
        self._keys = self.query("SELECT id, customer_id, resource_group, generation, sealed FROM accounts_apikey")
        self._seeded = database.save(made["portal"])
        self._world = made["sandbox"]
        self._renewals = 0
        self._log_start = 0

    def rest(self) -> None:
        """Until it is renewed nothing goes on by itself, which would cost other tests time."""
        if self.beat.is_alive:
            os.kill(self.beat.pid, signal.SIGSTOP)

    def _go_on(self) -> None:
        if self.beat.is_alive:
            os.kill(self.beat.pid, signal.SIGCONT)

    def end(self) -> None:
        """For good: its connections and its database too."""
        self._go_on()
        self.platform.close()
        self.stop()
        database.drop(self.env["DATABASE_URL"])

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What this statement answers in the portal's database. What it writes there is seen by open pages at once."""
        found = query(self.env["DATABASE_URL"], sql, *values)
        if not sql.startswith("SELECT") and self.redis.is_alive:
            with redis.Redis(port=self.redis_port) as client:
                client.delete("news")  # without it no note holds (portal.inventory.news)
        return found

    def renew(self) -> None:
        """As if it were another portal: databases as at first, Redis empty, nobody signed in, all running."""
        self._go_on()
        for process in self.processes:
            if not process.is_alive:
                process.start()
                self.wait(process)
        # The platform first: keys of the world to come would be refused by the one that was.
        begin_world(self._world, self.platform, self.env["SANDBOX_DATABASE_URL"])
        self._seeded.put_into(self.env["DATABASE_URL"], *self._renewed_keys())
        with redis.Redis(port=self.redis_port) as client:
            client.flushall()
        self.cookies.clear()
        self._log_start = self.web.log.stat().st_size

    def _renewed_keys(self) -> Iterator[database.Change]:
        """API keys in another generation: what the processes remember of the earlier world is of no use to these."""
        self._renewals += 1
        with override_settings(CREDENTIAL_KEYS=self.secrets["CREDENTIAL_KEYS"].split(",")):
            for pk, customer, group, generation, sealed in self._keys:
                key = ApiKey(
                    id=UUID(str(pk)), customer_id=customer, resource_group=group, generation=generation, sealed=sealed
                )
                secret = key.secret()
                key.generation += 1000 * self._renewals  # tests replace keys, each time by one more
                key.set_secret(secret)
                yield (
                    "UPDATE accounts_apikey SET generation = %s, sealed = %s WHERE id = %s",
                    key.generation,
                    key.sealed,
                    pk,
                )

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
        """No request since it was new ended in an exception that nobody handled."""
        log = self.web.log.read_bytes()[self._log_start :].decode(errors="replace")
        assert "Traceback" not in log, log


@pytest.fixture(scope="session")
def portal_template(demo_world: str, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Databases, static files and secrets of a fresh demo, made once for all test processes."""

    def make(directory: Path) -> None:
        portal = database.create(database.new(directory, "portal"), like=migrated)
        made = {"secrets": new_secrets(), "portal": portal, "sandbox": demo_world}
        stack = Stack(directory, secrets=made["secrets"], extra_env={"DATABASE_URL": portal})
        stack.manage("seed_demo")
        stack.manage("collectstatic", "--no-input", "--verbosity", "0")
        (directory / "made.json").write_text(json.dumps(made))

    return made_once(tmp_path_factory, "portal", make)


@contextmanager
def _portals(template: Path, directories: pytest.TempPathFactory) -> Iterator[NewPortal]:
    """Starts portals with databases as the demo has them at first; in the end all are stopped."""
    require(REDIS)
    portals: list[Portal] = []

    def start(**env: str) -> Portal:
        portals.append(Portal(directories.mktemp("portal"), template, env))
        portals[-1].start()
        return portals[-1]

    try:
        yield start
    finally:
        for portal in portals:
            portal.end()


@pytest.fixture(scope="module")
def new_portal(portal_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewPortal]:
    """`new_portal(API_DEADLINE="60")`: a portal for one module, with settings of its own."""
    with _portals(portal_template, tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def running_portal(portal_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Started once for each test process; modules get it as `portal_stack`. What waits for a deadline waits briefly."""
    with _portals(portal_template, tmp_path_factory) as start:
        yield start(API_DEADLINE="6", API_BREAKER_OPEN_FOR="5", WEBHOOKS_MAY_CALL_LOOPBACK="1")


@pytest.fixture(scope="module")
def portal_stack(running_portal: Portal) -> Iterator[Portal]:
    """A running portal that the tests of one module share, as good as new; machines install in a second."""
    with moment.as_late_as(running_portal.env):
        running_portal.renew()
        running_portal.platform.control(install_seconds=1)
        yield running_portal
        running_portal.rest()
    running_portal.assert_no_traceback()
