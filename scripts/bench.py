"""`make bench`: measures a portal of its own, in processes, over HTTP. Figures for proportion, not promises."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import redis
import requests

from scripts import bench_billing, bench_changes, bench_console, bench_sandbox
from scripts.measuring import bench, control, portal, seconds_of, show, spread
from scripts.stack import Stack
from scripts.visitor import Visitor

SIZES = (10, 1_000, 10_000)  # machines of the customer
LIST = "/c/10001/virtualmachine/?per_page=50"
PEOPLE = ("manager@example.com", "operator@example.com", "viewer@example.com")


def forget(stack: Stack) -> None:
    """Empties Redis and what the web processes remember, and sets the sandbox's counters to zero.

    Nothing is being installed any more: a worker would follow it with polls of its own, and those are not counted here.
    """
    control(stack, advance=3600)
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
    took = spread(seconds_of(lambda: visitor.get(LIST)) for _time in range(100))
    show(f"list of {machines:,} machines, 50 rows, warm", took)


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


def measure_all() -> None:
    bench_sandbox.measure()
    for machines in SIZES:
        with portal(machines) as stack:
            warm_list(stack, machines)
            if machines == 1_000:
                views_by_ten_people(stack)
                concurrent_views(stack)
                bench_changes.measure(stack)
                bench_billing.measure(stack)
                bench_billing.measure_pages(stack, machines)
    with portal() as stack:
        bench_console.measure(stack)


if __name__ == "__main__":
    sys.exit(bench(measure_all))
