"""How long a change takes: from submitted to recorded, and from ready on the platform to ready on the open page.

`python -m scripts.bench_changes`; part of `make bench`.
"""

import random
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Callable

from scripts.chaos import BACK, KEYS, MACHINE, ready_machines, rows
from scripts.measuring import bench, control, portal, show, spread
from scripts.processes import StartError
from scripts.stack import Stack
from scripts.visitor import Visitor

CHANGES = 60
INSTALLS = 12
PAGE_ASKS_EVERY = 1.0  # seconds, as templates/resources/list.html
LIST = f"/c/10001/{MACHINE}/"
PERSON = "manager@example.com"
GROUP = "shop"


def measure(stack: Stack) -> None:
    """Prints both figures, of customer 10001."""
    visitor = Visitor(stack.url, PERSON)
    visitor.get(LIST)
    submitted_to_recorded(stack, visitor)
    ready_to_shown(stack, visitor)


def submitted_to_recorded(stack: Stack, visitor: Visitor) -> None:
    """Each change when the one before is recorded: nothing waits for anything but itself."""
    before = len(rows(stack))
    machines = ready_machines(stack, KEYS["10001"])
    for number in range(CHANGES):
        machine = machines[number % len(machines)]
        visitor.send(f"{LIST}{machine}/-/edit?{BACK}", service_description=f"chaos {number}")
        _wait_until(lambda: rows(stack)[-1].seconds is not None)
    took = [row.seconds for row in rows(stack)[before:] if row.seconds is not None]
    show("submitted to recorded, idle", spread(took))


def ready_to_shown(stack: Stack, visitor: Visitor) -> None:
    """A page that asks every second, from a moment of its own, while a machine is installed."""
    control(stack, install_seconds=4)
    took = []
    for number in range(INSTALLS):
        name = f"{GROUP}{9000 + number}"
        visitor.send(f"{LIST}-/new?{BACK}", name=name, resource_group=GROUP)
        is_ready = _Moment(lambda name=name: _is_ready_on_the_platform(stack, name))  # type: ignore[misc]
        time.sleep(random.uniform(0, PAGE_ASKS_EVERY))  # noqa: S311
        shown = _shown_ready(visitor, name)
        took.append(shown - is_ready.wait())
    show("ready on the platform to shown as ready, page open", spread(took))
    show("… at most", f"{max(took):.2f} s")


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
        _wait_until(is_so, every=0.05)
        self._at = time.monotonic()


def _is_ready_on_the_platform(stack: Stack, name: str) -> bool:
    user, key = KEYS["10001"]
    with xmlrpc.client.ServerProxy(f"http://{user}:{key}@127.0.0.1:{stack.sandbox_port}/v1") as proxy:
        found = proxy.query(MACHINE, {"name": name})
    return bool(found) and not found[0]["needs_install"]  # type: ignore[index,call-overload]


def _shown_ready(visitor: Visitor, name: str) -> float:
    """Asks for the part of the list, as the page does, until the machine is ready in it."""
    while True:
        started = time.monotonic()
        answer = visitor.session.get(
            f"{visitor.url}{LIST}?q={name}", headers={"HX-Request-Type": "partial"}, timeout=30
        )
        answer.raise_for_status()
        if f'id="row-{name}"' in answer.text and "state-ready" in answer.text.partition(f'id="row-{name}"')[2]:
            return time.monotonic()
        time.sleep(max(0.0, started + PAGE_ASKS_EVERY - time.monotonic()))


def _wait_until(is_so: Callable[[], bool], *, every: float = 0.02, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise StartError(f"it did not come to that within {seconds:.0f} s")
        time.sleep(every)


def measure_all() -> None:
    with portal(1_000) as stack:
        measure(stack)


if __name__ == "__main__":
    sys.exit(bench(measure_all))
