"""The search of support staff over all customers: 100,000 machines of 500 customers in the index."""

from urllib.parse import urlencode

from scripts.bench.figures import Figures, median_ms, p95_ms
from scripts.bench.load import one_at_a_time
from scripts.bench.pages import Pace
from scripts.bench.world import WEB_PROCESSES, Person, inside
from scripts.stack import Stack

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


def measure(figures: Figures, stack: Stack, pace: Pace) -> None:
    """Fills the index of that portal, and searches as the page does while somebody types."""
    for process in (stack.beat, stack.worker):  # else they would fetch what the platform does not have
        process.stop()
    inside(stack, "fill")
    staff = Person(stack, "staff@example.com")
    slowest = 0.0
    every: list[float] = []
    with staff.connections(WEB_PROCESSES) as connections:
        for text in QUERIES:
            asked = staff.part(f"/console/?{urlencode({'q': text})}")
            one_at_a_time(connections, [asked], 0.1)
            took = one_at_a_time(connections, [asked], pace.seconds / 2).seconds
            every.append(median_ms(took))
            slowest = max(slowest, p95_ms(took))
    figures.note("100000/search/p50", *every)
    figures.note("100000/search/p95", slowest)
