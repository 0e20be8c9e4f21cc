"""`python -m scripts.bench_billing`: how long pages of money take, and papers that a worker makes, over HTTP.

The customer has 1,000 machines, so an invoice has more than 1,000 items; pages are measured with 2,000 as well.
"""

import re
import sys
import time
from functools import partial

from scripts.measuring import bench, portal, seconds_of, show, spread
from scripts.processes import StartError
from scripts.stack import Stack
from scripts.visitor import Visitor

PAPERS = "/c/10001/paper/"
MACHINES = 1_000
LONGEST = 300  # seconds that are waited for


def ordered(visitor: Visitor, **what: str) -> tuple[float, float]:
    """Seconds from the order until its file can be had, and the longest that its page took meanwhile."""
    started = time.monotonic()
    page = visitor.send(PAPERS, **what)
    found = re.search(rf"{PAPERS}[0-9a-f-]{{36}}/", page)
    if found is None:
        raise StartError("the order was not taken")
    slowest = 0.0
    while f'href="{found[0]}file"' not in page:
        if time.monotonic() - started > LONGEST:
            raise StartError(f"no file after {LONGEST} s")
        asked = time.monotonic()
        page = visitor.get(found[0])
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.1)
    return time.monotonic() - started, slowest


def measure(stack: Stack) -> None:
    """Prints how long orders take in this stack."""
    visitor = Visitor(stack.url, "billing@example.com")
    months = re.findall(r'<a href="/c/10001/invoice/([\d-]+)/"', visitor.get("/c/10001/invoice/"))
    last, earlier = months[0], months[2]
    one = {"kind": "invoice", "from": last, "to": last, "form": "pdf"}
    items = visitor.get(f"/c/10001/invoice/{last}/?format=csv").count("\n") - 1
    ordered(visitor, **one)  # the worker's first one loads the library
    took = [ordered(visitor, **one) for _time in range(5)]
    show(f"PDF of an invoice of {items:,} items, from order to file", spread(seconds for seconds, _page in took))
    show("its page meanwhile, the slowest answer", spread(page for _seconds, page in took))
    seconds, _page = ordered(visitor, **{**one, "from": earlier, "form": "zip"})
    show("zip of three such invoices", f"{seconds:7.1f} s")


def measure_pages(stack: Stack, machines: int) -> None:
    """Prints how long pages of money take, once every process knows all of it."""
    visitor = Visitor(stack.url, "billing@example.com")
    last = re.findall(r'<a href="(/c/10001/invoice/[\d-]+/)"', visitor.get("/c/10001/invoice/"))[0]
    for name, path in (
        ("consumption, 14 months", "/c/10001/consumption/?type=virtualmachine"),
        ("an invoice", last),
        ("limits", "/c/10001/thresholds/"),
    ):
        for _time in range(12):
            visitor.get(path)
        took = spread(seconds_of(partial(visitor.get, path)) for _time in range(40))
        show(f"page of {name}, {machines:,} machines, warm", took)


def measure_all() -> None:
    """Two sizes of customer, each with a portal of its own."""
    with portal(MACHINES) as stack:
        measure_pages(stack, MACHINES)
        measure(stack)
    with portal(2 * MACHINES) as stack:
        measure_pages(stack, 2 * MACHINES)


if __name__ == "__main__":
    sys.exit(bench(measure_all))
