"""A portal of a given size, as production has it, and people who are signed in to it.

One PostgreSQL holds a database for each world; what they have in common is made once and copied.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from scripts import postgres
from scripts.bench.load import Answer, Connection, Request, ask_once, evenly
from scripts.environment import new_secrets
from scripts.measuring import running
from scripts.processes import StartError
from scripts.stack import Stack
from scripts.visitor import FormFields, Visitor

WEB_PROCESSES = 2
SERVED = "scripts.bench.served"
CUSTOMER = "/c/10001/"
LIST = f"{CUSTOMER}virtualmachine/"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
PAGE_OF = re.compile(r'data-page="([^"]+)"')
MADE = "made"  # the database that others are copies of


class Person:
    """Somebody who is signed in, and what their browser would send."""

    def __init__(self, stack: Stack, email: str = "manager@example.com") -> None:
        self.port = stack.port
        self.visitor = Visitor(stack.url, email)
        cookies = self.visitor.session.cookies.get_dict()
        self._cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        self._page = ""

    def page(self, path: str) -> Request:
        return Request(path, self._cookies)

    def part(self, path: str, **headers: str) -> Request:
        """As the script of a page asks, which says whose page it is."""
        own = {"Portal-Page": self._made_for(), **{name.replace("_", "-"): value for name, value in headers.items()}}
        return Request(path, {**self._cookies, **PART, **own})

    def form(self, path: str, *, as_part: bool, **values: str) -> Request:
        """The form of that page with these values, sent to it."""
        fields = FormFields(filled_in=set(values) - {"preview"})
        fields.feed(self.text(path))
        asked = self.part(path) if as_part else self.page(path)
        return Request(path, asked.headers, urlencode(fields.values | values, doseq=True).encode())

    def refresh(self, path: str) -> Request:
        """What its refresh button sends."""
        return self.form(path, as_part=True, next=path)

    def ask(self, request: Request) -> Answer:
        return ask_once(self.port, request)

    def text(self, path: str) -> str:
        answer = self.ask(self.page(path))
        if answer.status != 200:
            raise StartError(f"{path} answered {answer.status}")
        return answer.body.decode()

    def connections(self, count: int) -> AbstractContextManager[list[Connection]]:
        """The same number to each of the web processes."""
        return evenly(self.port, count, WEB_PROCESSES, self.page("/bench/process"))

    def _made_for(self) -> str:
        if not self._page:
            found = PAGE_OF.search(self.text("/accounts/"))
            self._page = found[1] if found else "-"
        return self._page


class Worlds:
    """Makes portals on one PostgreSQL, one after the other."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory = directory
        self.url = url
        self.secrets = new_secrets()
        self._count = 0

    def make(self) -> None:
        """What each of them begins with."""
        self._create(MADE)
        stack = Stack(self.directory / MADE, secrets=self.secrets, extra_env=self._env(MADE))
        stack.directory.mkdir()
        stack.prepare()

    @contextmanager
    def world(self, machines: int = 0, customers: int = 1) -> Iterator[Stack]:
        """One that runs: each customer has so many machines; with 0 it is the demo's world. Raises StartError."""
        self._count += 1
        name = f"world_{self._count}"
        self._create(name, like=MADE)
        stack = Stack(self.directory / name, secrets=self.secrets, extra_env=self._env(name), wsgi=SERVED)
        stack.directory.mkdir()
        split = ("--machines", str(machines * customers), "--customers", str(customers)) if machines else ()
        stack.seed_sandbox(*split)
        with running(stack):
            yield stack

    def _env(self, database: str) -> Mapping[str, str]:
        return {
            "DATABASE_URL": self._database(database),
            "STATIC_ROOT": str(self.directory / "static"),
            "WEB_PROCESSES": str(WEB_PROCESSES),
            "GUNICORN_CMD_ARGS": "--keep-alive 30",  # a connection rests while another one is measured
        }

    def _database(self, name: str) -> str:
        return f"{self.url.rpartition('/')[0]}/{name}"

    def _create(self, name: str, like: str = "") -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{f' TEMPLATE {like}' if like else ''}".encode())


@contextmanager
def worlds() -> Iterator[Worlds]:
    """Raises StartError where there is no PostgreSQL."""
    binaries = postgres.binaries()
    if binaries is None:
        raise StartError("no PostgreSQL found (initdb is neither on PATH nor in /usr/lib/postgresql)")
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name, postgres.running(binaries) as url:
        made = Worlds(Path(name), url)
        made.make()
        yield made


def inside(stack: Stack, call: str, *arguments: Any) -> str:
    """Runs a function of `scripts.bench.inside` in a process of the portal's own; what it printed."""
    words = ", ".join(map(repr, arguments))
    return stack.manage("shell", "--no-imports", "-c", f"from scripts.bench import inside; inside.{call}({words})")
