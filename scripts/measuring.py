"""What measurements share: a portal of a given size in processes of its own, and the hand on its platform."""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import requests

from scripts.environment import new_secrets
from scripts.processes import StartError
from scripts.stack import Stack


class Report(Protocol):
    """What a run has come to, for people; without `problems` all is well."""

    problems: list[str]


class Running(Protocol):
    """A portal that is up, however it is run."""

    @property
    def env(self) -> Mapping[str, str]: ...

    @property
    def url(self) -> str: ...

    @property
    def sandbox_url(self) -> str: ...


@contextmanager
def portal(machines: int = 0, **env: str) -> Iterator[Stack]:
    """A running portal whose customer 10001 has this many machines; with 0 the demo's world. Raises StartError."""
    with portal_as(Stack, machines, **env) as stack:
        yield stack


@contextmanager
def portal_as[Kind: Stack](kind: type[Kind], machines: int = 0, **env: str) -> Iterator[Kind]:
    """The same as a stack of another kind."""
    with tempfile.TemporaryDirectory(prefix="portal-measured-") as name:
        stack = kind(Path(name), secrets=new_secrets(), extra_env=env)
        stack.prepare()
        stack.seed_sandbox(*(("--machines", str(machines), "--customers", "1") if machines else ()))
        with running(stack):
            yield stack


@contextmanager
def running(stack: Stack) -> Iterator[None]:
    """While this lasts all of it runs. Raises StartError: what the web server said last, where it does not answer."""
    try:
        stack.start()
        yield
    except requests.RequestException as error:
        raise StartError(f"{error}. The web server: {stack.web.last_words()}") from error
    finally:
        stack.stop()


def carried_out(name: str, measure: Callable[[], Report]) -> int:
    """Prints what came out, and answers the exit status. What was started is stopped, also when we are told to end."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    try:
        report = measure()
    except StartError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    print(report)
    return 1 if report.problems else 0


def control(stack: Running, **order: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(f"{stack.sandbox_url}/control", json=order, timeout=30).json()
    return answer
