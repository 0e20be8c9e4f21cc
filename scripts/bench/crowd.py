"""Many people at once, and nothing known: the platform is asked once for all of them."""

import time
from concurrent.futures import ThreadPoolExecutor

import redis

from scripts.bench.figures import Figures
from scripts.bench.load import ask_once
from scripts.bench.pages import ROWS
from scripts.bench.world import Person
from scripts.measuring import control
from scripts.processes import StartError
from scripts.stack import Stack

VIEWS = 200


def measure(figures: Figures, world: str, stack: Stack, person: Person) -> None:
    forget(stack)
    request = person.page(ROWS)
    started = time.perf_counter()
    with ThreadPoolExecutor(VIEWS) as pool:
        statuses = [answer.status for answer in pool.map(lambda _view: ask_once(stack.port, request), range(VIEWS))]
    if set(statuses) != {200}:
        raise StartError(f"{VIEWS} views at once were answered {sorted(set(statuses))}")
    figures.note(f"{world}/crowd/seconds", time.perf_counter() - started)
    asked = control(stack, stats=True)["by_type"]
    figures.note(f"{world}/crowd/queries", max(asked.values()))  # of the type that was asked for most often


def forget(stack: Stack) -> None:
    """Empties Redis and what the web processes remember, and sets the sandbox's counters to zero.

    Nothing is being installed any more: a worker would follow it with polls of its own, and those are not counted here.
    """
    control(stack, advance=3600)
    with redis.Redis(port=stack.redis_port) as client:
        client.flushall()
    restart_web(stack)
    control(stack, reset=True)


def restart_web(stack: Stack) -> None:
    stack.web.stop()
    stack.web.start()
    stack.wait(stack.web)
