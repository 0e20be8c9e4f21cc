"""The portal as compose.yaml has it, without containers: its services as processes of this machine.

Commands, environment and health checks are those of compose.yaml, and of the Dockerfile where a service has none of its
own. What containers have for themselves (addresses, paths, names of other containers) is replaced by what stands for it
here. No Docker engine is asked: nothing shows that the image can be built, or that Compose reads the file as we do.
"""

import json
import os
import re
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import yaml

from portal.environment.rules import NOT_IN_PRODUCTION
from scripts.databases import is_postgresql
from scripts.environment import ROOT, free_port
from scripts.processes import Process, accepts_connections, answers, wait_until
from scripts.stack import has_begun, mail_command
from scripts.terminal import Done, at_a_terminal
from tests.support import database, moment

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
PORTAL = [name for name, service in SERVICES.items() if "env_file" in service]
ENDS_BY_ITSELF = "migrate"
SERVERS = ("redis-broker", "redis-cache")
IMAGE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[?-])(?P<default>[^}]*))?\}")
# What the tests have set for themselves: an operator's machine has none of it.
OF_THE_TESTS = dict.fromkeys(
    [*NOT_IN_PRODUCTION, "STAFF_MFA", "STATIC_ROOT", "DATABASE_URL", "CACHE_URL", "BROKER_URL"], ""
)
ROLE = "portal"  # and its database: as the container of PostgreSQL makes both
DIRECTORIES = ("/backups", "/anchors")  # which the handbook mounts
PATIENCE = 180


def command_of(name: str) -> list[str]:
    """What runs in the container of this service."""
    if "command" in SERVICES[name]:
        return shlex.split(SERVICES[name]["command"])
    found: list[str] = json.loads(re.findall(r"^CMD (.*)$", IMAGE, re.MULTILINE)[0])
    return found


class Composed:
    """An operator's machine: `dot_env` is what they have written beside compose.yaml."""

    def __init__(self, directory: Path, platform: str, database_url: str) -> None:
        self.directory = directory
        self.dot_env: dict[str, str] = {}
        self.mails = directory / "mails"
        self._database_url = database_url
        self._ports = {name: free_port() for name in ("web", *SERVERS)}
        self._running: dict[str, Process] = {}
        smtp_port, port = free_port(), free_port()
        self._catcher = self._process("mail", mail_command(smtp_port, port, self.mails), {})
        self._catcher.start()
        wait_until(lambda: answers(f"http://127.0.0.1:{port}"), self._catcher)
        self.dot_env |= {
            "POSTGRES_PASSWORD": "not asked for here",
            "ALLOWED_HOSTS": "portal.example.com",
            "API_URL": platform,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(smtp_port),
        }
        for place in DIRECTORIES:
            self.here(place).mkdir()

    def here(self, path: str) -> Path:
        """The directory or file that stands for one that the handbook has in a container."""
        return self.directory / path.lstrip("/")

    def environment(self, name: str) -> dict[str, str]:
        """What the processes of this service get: what compose.yaml says goes before `.env`."""
        given = SERVICES[name].get("environment", {})
        own = {key: self._on_this_machine(_filled_in(value, self.dot_env)) for key, value in given.items()}
        where = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOSTNAME": socket.gethostname(),
            "TMPDIR": str(self.directory),
            "DJANGO_COLORS": "nocolor",
        }
        dot_env = self.dot_env if "env_file" in SERVICES[name] else {}
        return OF_THE_TESTS | where | dot_env | own | self._postgresql()

    def _postgresql(self) -> dict[str, str]:
        """How PostgreSQL's own programs find the server; its container has it for itself."""
        if not is_postgresql(self._database_url):
            return {}
        url = urlsplit(self._database_url)
        place = url.netloc.rpartition("@")[2]
        host, _, port = place.partition(":")
        return {"PGHOST": unquote(host), "PGPORT": port or "5432"}

    def _on_this_machine(self, text: str) -> str:
        if text.startswith("postgres://"):
            return self._database_url
        for name in SERVERS:
            text = text.replace(f"//{name}/", f"//127.0.0.1:{self._ports[name]}/")
        text = re.sub(r"(?:0\.0\.0\.0|127\.0\.0\.1):8000", f"127.0.0.1:{self._ports['web']}", text)
        return text.replace("/tmp/beat", str(self.directory / "beat"))

    def up(self, *names: str) -> None:
        """`docker compose up`: what is not running or has other settings by now is started; all, or these."""
        for name in names or [*SERVERS, *(name for name in PORTAL if name != ENDS_BY_ITSELF)]:
            running = self._running.get(name)
            if running is None or not running.is_alive or running.env != self.environment(name):
                self._start(name)
        for name, process in self._running.items():
            wait_until(partial(self._is_ready, name, process), process, seconds=PATIENCE)

    def _start(self, name: str) -> None:
        self.stop(name)
        command = list(map(self._on_this_machine, command_of(name)))
        if name in SERVERS:
            place = self.directory / name
            place.mkdir(exist_ok=True)
            command += ["--bind", "127.0.0.1", "--port", str(self._ports[name]), "--dir", str(place)]
        self._running[name] = self._process(name, command, self.environment(name))
        self._running[name].start()

    def _process(self, name: str, command: list[str], env: dict[str, str]) -> Process:
        return Process(name, command, env=env, log=self.directory / "log" / f"{name}.log")

    def _is_ready(self, name: str, process: Process) -> bool:
        if name in SERVERS:
            return accepts_connections(self._ports[name])
        if name == "web":
            return answers(f"http://127.0.0.1:{self._ports['web']}/healthz")
        return has_begun(process)

    def stop(self, *names: str) -> None:
        """All at once; each ends what it has in hand."""
        for name in names:
            if name in self._running:
                self._running[name].ask_to_end()
        for name in names:
            if name in self._running:
                self._running.pop(name).stop(30)

    def end(self) -> None:
        """For good: first those who use the others."""
        self.stop(*reversed([name for name in self._running if name not in SERVERS]))
        self.stop(*SERVERS)
        self._catcher.stop()

    @contextmanager
    def beside(self, name: str, command: list[str]) -> Iterator[None]:
        """While a worker runs that compose.yaml does not have; it has been started, no more."""
        self._running[name] = self._process(name, command, self.environment("changes"))
        self._running[name].start()
        try:
            yield
        finally:
            self.stop(name)

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def run(self, words: list[str], *typed: str, service: str = "web") -> Done:
        """Runs a command as in a container of this service, at a terminal; `typed` is answered to what it asks."""
        program = ["python", *words] if words[0] == "manage.py" else words
        return at_a_terminal(program, *typed, env=os.environ | self.environment(service), folder=ROOT)

    def is_well(self, name: str) -> Done:
        """What its health check says."""
        test = self._on_this_machine(SERVICES[name]["healthcheck"]["test"]).replace("$$", "$")
        if name in SERVERS:
            test = test.replace("redis-cli", f"redis-cli -p {self._ports[name]}")
        clock = moment.of_the_disk() if name == "beat" else {}
        return at_a_terminal(["sh", "-c", test], env=os.environ | self.environment(name) | clock, folder=ROOT)


def _filled_in(value: str, given: dict[str, str]) -> str:
    """As Compose does it: `${NAME}`, `${NAME:-default}`, and `${NAME:?}`, without which it does not start."""

    def found(match: re.Match[str]) -> str:
        name, how, default = match["name"], match["how"], match["default"]
        if given.get(name):
            return given[name]
        assert how == "-", f"{name} is missing in .env"
        return default

    return VARIABLE.sub(found, value)


@contextmanager
def database_of_its_own(directory: Path) -> Iterator[str]:
    """The URL of an empty one as the container of PostgreSQL has it: role and database are called `portal`."""
    if not is_postgresql(database.SERVER):
        yield database.file(directory, ROLE)
        return
    server = urlsplit(database.SERVER)
    with psycopg.connect(database.SERVER, autocommit=True) as connection:
        # Neither may be there: what is dropped afterwards is ours.
        connection.execute(f"CREATE ROLE {ROLE} SUPERUSER LOGIN PASSWORD '{ROLE}'")
        connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
    try:
        yield server._replace(netloc=f"{ROLE}:{ROLE}@{server.netloc.rpartition('@')[2]}", path=f"/{ROLE}").geturl()
    finally:
        with psycopg.connect(database.SERVER, autocommit=True) as connection:
            owned = "SELECT datname FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE rolname = %s"
            for (name,) in connection.execute(owned, [ROLE]).fetchall():
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            connection.execute(f"DROP ROLE {ROLE}")
