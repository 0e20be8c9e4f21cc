"""What measurements share: a portal of a given size in processes of its own, and how figures are printed."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from scripts.environment import new_secrets
from scripts.processes import StartError
from scripts.stack import Stack


@contextmanager
def portal(machines: int = 0, **env: str) -> Iterator[Stack]:
    """A running portal whose customer 10001 has this many machines; with 0 the demo's world. Raises StartError."""
    with tempfile.TemporaryDirectory(prefix="portal-measured-") as name:
        stack = Stack(Path(name), secrets=new_secrets(), extra_env=env)
        stack.manage("migrate", "--verbosity", "0")
        stack.manage("seed_demo")
        stack.manage("collectstatic", "--no-input", "--verbosity", "0")
        stack.seed_sandbox(*(("--machines", str(machines), "--customers", "1") if machines else ()))
        try:
            stack.start()
            yield stack
        except requests.RequestException as error:
            raise StartError(f"{error}. The web server: {stack.web.last_words()}") from error
        finally:
            stack.stop()


def bench(measure: Callable[[], None]) -> int:
    """Runs a measurement as a program: its exit code. What did not start is said in a sentence."""
    try:
        measure()
    except StartError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def seconds_of(call: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def show(what: str, figures: str) -> None:
    print(f"  {what:55} {figures}", flush=True)


def spread(seconds: Iterable[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(value * 1000 for value in seconds)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"{statistics.median(ordered):7.1f} ms, p95 {p95:7.1f} ms ({len(ordered)} times)"


def control(stack: Stack, **order: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(f"{stack.sandbox_url}/control", json=order, timeout=30).json()
    return answer
