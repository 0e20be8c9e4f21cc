"""`make bench`: measures a portal of its own, in processes, over HTTP. Figures for proportion, not promises."""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import requests

from scripts.environment import new_secrets
from scripts.processes import StartError
from scripts.stack import Stack
from scripts.visitor import Visitor

SIZES = (10, 1_000, 10_000)  # machines of the customer
LIST = "/c/10001/virtualmachine/?per_page=50"
PEOPLE = ("manager@example.com", "operator@example.com", "viewer@example.com")


@contextmanager
def portal(machines: int) -> Iterator[Stack]:
    """A running portal whose customer 10001 has this many machines."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        stack = Stack(Path(name), secrets=new_secrets())
        stack.manage("migrate", "--verbosity", "0")
        stack.manage("seed_demo")
        stack.manage("collectstatic", "--no-input", "--verbosity", "0")
        stack.seed_sandbox("--machines", str(machines), "--customers", "1")
        try:
            stack.start()
            yield stack
        except requests.RequestException as error:
            raise StartError(f"{error}. The web server's log ends with:\n{stack.web.tail()}") from error
        finally:
            stack.stop()


def show(what: str, figures: str) -> None:
    print(f"  {what:55} {figures}", flush=True)


def spread(seconds: Iterable[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(value * 1000 for value in seconds)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"{statistics.median(ordered):7.1f} ms, p95 {p95:7.1f} ms ({len(ordered)} times)"


def timed(visitor: Visitor, path: str) -> float:
    started = time.perf_counter()
    visitor.get(path)
    return time.perf_counter() - started


def control(stack: Stack, **order: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(f"{stack.sandbox_url}/control", json=order, timeout=30).json()
    return answer


def forget(stack: Stack) -> None:
    """Empties Redis and what the web processes remember, and sets the sandbox's counters to zero."""
    with redis.Redis(port=stack.redis_port) as client:
        client.flushall()
    stack.web.stop()
    stack.web.start()
    stack.wait(stack.web)
    control(stack, reset=True)


def upstream(stack: Stack) -> str:
    """How often the platform was asked for each type."""
    counts = control(stack, stats=True)["by_type"]
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def warm_list(stack: Stack, machines: int) -> None:
    visitor = Visitor(stack.url, PEOPLE[0])
    for _time in range(20):  # each web process and thread has its turn
        visitor.get(LIST)
    show(f"list of {machines:,} machines, 50 rows, warm", spread(timed(visitor, LIST) for _time in range(100)))


def views_by_ten_people(stack: Stack) -> None:
    visitors = [Visitor(stack.url, PEOPLE[number % len(PEOPLE)]) for number in range(10)]
    forget(stack)
    started = time.perf_counter()
    for _round in range(10):
        for visitor in visitors:
            visitor.get(LIST)
    show(f"100 views by 10 people in {time.perf_counter() - started:.1f} s: upstream queries", upstream(stack))


def concurrent_views(stack: Stack, views: int = 200) -> None:
    visitor = Visitor(stack.url, PEOPLE[0])
    cookies = visitor.session.cookies.get_dict()
    forget(stack)

    def view(_number: int) -> int:
        return requests.get(f"{stack.url}{LIST}", cookies=cookies, timeout=120).status_code

    started = time.perf_counter()
    with ThreadPoolExecutor(views) as pool:
        statuses = list(pool.map(view, range(views)))
    seconds = time.perf_counter() - started
    show(f"{views} views at once, nothing cached: answers 200", f"{statuses.count(200)}, all in {seconds:.1f} s")
    show(f"{views} views at once, nothing cached: upstream queries", upstream(stack))


def main() -> int:
    try:
        for machines in SIZES:
            with portal(machines) as stack:
                warm_list(stack, machines)
                if machines == 1_000:
                    views_by_ten_people(stack)
                    concurrent_views(stack)
    except StartError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
