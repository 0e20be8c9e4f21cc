"""`python -m scripts.bench_billing`: how long papers take that a worker makes, ordered and fetched over HTTP.

The customer has 1,000 machines, so an invoice has more than 1,000 items.
"""

import re
import sys
import time

from scripts.measuring import portal, show, spread
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


def main() -> int:
    try:
        with portal(MACHINES) as stack:
            measure(stack)
    except StartError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
