"""How long a change takes beyond the platform's own time, and how soon an open page shows what has come of it."""

import random
import statistics
import threading
import time
from collections.abc import Callable

from scripts.bench.figures import Figures, median_ms, p95_ms
from scripts.bench.load import Connection
from scripts.bench.world import LIST, Person
from scripts.chaos import BACK, KEYS, MACHINE, platform, rows
from scripts.measuring import control
from scripts.processes import StartError
from scripts.stack import Stack

PAGE_ASKS_EVERY = 1.0  # seconds, while something has just happened (static/js/portal.js)
CUSTOMER = "10001"
GROUP = "shop"
BEYOND = ("chaos 1", "chaos 2", "chaos 3", "chaos 4", "chaos 5")  # texts of the platform's own calls


def measure(figures: Figures, world: str, stack: Stack, person: Person, machines: list[str], count: int) -> None:
    """Each change when the one before is recorded: nothing waits for anything but itself."""
    control(stack, reset=True)
    before, answered = len(rows(stack)), []
    for number in range(count):
        edit = f"{LIST}{machines[number % len(machines)]}/-/edit?{BACK}"
        request = person.form(edit, as_part=False, service_description=f"chaos {number}")
        with Connection(person.port) as connection:
            raw, started = request.raw, time.perf_counter()
            status = connection.ask(raw).status
            answered.append(time.perf_counter() - started)
        if status != 302:
            raise StartError(f"a change was answered {status}")
        wait_until(lambda: rows(stack)[-1].seconds is not None)
    recorded = [row.seconds for row in rows(stack)[before:] if row.seconds is not None]
    calls = control(stack, stats=True)["calls"]
    own = _platforms_own(stack, machines[0], calls, count)
    figures.note(f"{world}/answered/p50", median_ms(answered))
    figures.note(f"{world}/answered/p95", p95_ms(answered))
    figures.note(f"{world}/recorded/p50", median_ms(recorded))
    figures.note(f"{world}/recorded/p95", p95_ms(recorded))
    figures.note(f"{world}/recorded/platform", own)
    figures.note(f"{world}/recorded/beyond", max(0.0, median_ms(recorded) - own))


def _platforms_own(stack: Stack, machine: str, calls: dict[str, int], count: int) -> float:
    """Milliseconds of the calls that a change takes, as long as the same calls take any client."""
    record = {"__type__": MACHINE, "name": machine}
    with platform(stack, KEYS[CUSTOMER]) as proxy:
        took = {
            "query": _median(lambda text: proxy.query(MACHINE, {"name": machine})),
            "apply": _median(lambda text: proxy.apply([{**record, "service_description": text}])),
            "log": _median(lambda text: proxy.log()),
        }
    # What else goes on (refreshes, the follower) queries too: of that a change has one.
    return sum(took[method] * min(1, round(calls.get(method, 0) / count)) for method in took)


def _median(call: Callable[[str], object]) -> float:
    took = []
    for text in BEYOND:
        started = time.perf_counter()
        call(text)
        took.append(time.perf_counter() - started)
    return 1000 * statistics.median(took)


def measure_shown(figures: Figures, world: str, stack: Stack, person: Person, count: int) -> None:
    """From ready on the platform to ready on a page that asks every second, from a moment of its own."""
    control(stack, install_seconds=2)
    took = []
    for number in range(count):
        name = f"{GROUP}{9000 + number}"
        person.ask(person.form(f"{LIST}-/new?{BACK}", as_part=False, name=name, resource_group=GROUP))
        is_ready = _Moment(lambda name=name: _is_ready_on_the_platform(stack, name))  # type: ignore[misc]
        time.sleep(random.uniform(0, PAGE_ASKS_EVERY))  # noqa: S311
        shown = _shown_ready(person, name)
        took.append(shown - is_ready.wait())
    figures.note(f"{world}/shown", max(took))


class _Moment:
    """When something became true, watched by a thread of its own; seconds of the monotonic clock."""

    def __init__(self, is_so: Callable[[], bool]) -> None:
        self._at = 0.0
        self._thread = threading.Thread(target=self._watch, args=(is_so,))
        self._thread.start()

    def wait(self) -> float:
        self._thread.join()
        return self._at

    def _watch(self, is_so: Callable[[], bool]) -> None:
        wait_until(is_so, every=0.05)
        self._at = time.monotonic()


def _is_ready_on_the_platform(stack: Stack, name: str) -> bool:
    with platform(stack, KEYS[CUSTOMER]) as proxy:
        found = proxy.query(MACHINE, {"name": name})
    return bool(found) and not found[0]["needs_install"]


def _shown_ready(person: Person, name: str) -> float:
    """Asks for the part of the list, as the page does, until the machine is ready in it."""
    while True:
        started = time.monotonic()
        _, row, shown = person.ask(person.part(f"{LIST}?q={name}")).body.decode().partition(f'id="row-{name}"')
        if row and "state-ready" in shown:
            return time.monotonic()
        time.sleep(max(0.0, started + PAGE_ASKS_EVERY - time.monotonic()))


def wait_until(is_so: Callable[[], bool], *, every: float = 0.02, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise StartError(f"it did not come to that within {seconds:.0f} s")
        time.sleep(every)
