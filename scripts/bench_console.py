"""`python -m scripts.bench_console`: how long the search over all customers takes over HTTP, with 500 customers and
100,000 machines in the index. Part of `make bench`."""

import sys
import time

from scripts.measuring import bench, portal, seconds_of, show, spread
from scripts.stack import Stack
from scripts.visitor import Visitor

CUSTOMERS, MACHINES_EACH = 500, 200
QUERIES = (
    "w",
    "web",
    "web12",
    "c77web12",
    "10.7.0.",
    "10.77.0.12",
    "10.77.0.0/24",
    "02:00:4d",
    "c77",
    "10077",
    "manager77@",
    "front c77web12",
    "77web1",
    "nothing-at-all",
)
TIMES = 20
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def measure_all() -> None:
    with portal() as stack:
        measure(stack)


def measure(stack: Stack) -> None:
    """Fills the index of that portal, and searches as the page does while somebody types."""
    for process in (stack.beat, stack.worker):  # else they would fetch what the platform does not have
        process.stop()
    print(f"  {stack.manage('shell', '-c', 'from scripts import bench_console; bench_console.fill()').strip()}")
    visitor = Visitor(stack.url, "staff@example.com")
    stack.web.stop()
    stack.web.start()
    stack.wait(stack.web)
    show("search of staff, the first after a start", f"{1000 * _timed(visitor, 'web12'):7.1f} ms")
    for text in QUERIES:  # each web process has its turn
        _timed(visitor, text)
    for text in QUERIES:
        show(f"search of staff: {text}", spread(_timed(visitor, text) for _time in range(TIMES)))


def _timed(visitor: Visitor, text: str) -> float:
    def search() -> None:
        answer = visitor.session.get(f"{visitor.url}/console/", params={"q": text}, headers=PART, timeout=60)
        answer.raise_for_status()

    return seconds_of(search)


def fill() -> None:
    """Puts all machines into the index, as a worker would. Runs within the portal."""
    from django.core.management import call_command

    from portal.accounts.models import ApiKey
    from portal.console.search import index
    from portal.resources.spec import read
    from portal.resources.types import TYPES

    call_command("seed_demo", customers=CUSTOMERS, verbosity=0)
    began = time.monotonic()
    for position, key in enumerate(ApiKey.objects.order_by("pk")):
        machines = [read(TYPES["virtualmachine"], _machine(position, number)) for number in range(MACHINES_EACH)]
        index.replace(key, "virtualmachine", {one.key: one for one in machines})
    print(f"indexed {CUSTOMERS * MACHINES_EACH} machines in {time.monotonic() - began:.0f} s")


def _machine(customer: int, number: int) -> dict[str, object]:
    place = f"{customer % 250}.{customer // 250}.{number}"
    mac = f"02:00:{customer // 256:02x}:{customer % 256:02x}:00:{number:02x}"
    networks = {"10.0.0.0/8": [f"10.{place}"], "2001:db8::/32": [f"2001:db8:{customer:x}::{number:x}"]}
    return {
        "name": f"c{customer}web{number:02d}",
        "resource_group": f"c{customer}",
        "service_description": ("front end", "database", "worker")[number % 3],
        "interfaces": {"srv": {"mac": mac, "networks": networks}},
    }


if __name__ == "__main__":
    sys.exit(bench(measure_all))
