"""Pages of money and papers that a worker makes. The customer has 1,000 machines, an invoice more than 1,000 items."""

import re
import time

from scripts.bench.changes import wait_until
from scripts.bench.figures import Figures
from scripts.bench.pages import Pace, alone
from scripts.bench.world import CUSTOMER, LIST, Person
from scripts.chaos import BACK, rows
from scripts.processes import StartError
from scripts.stack import Stack

PAPERS = f"{CUSTOMER}paper/"
LONGEST = 300  # seconds that are waited for


def measure_pages(figures: Figures, world: str, person: Person, pace: Pace) -> None:
    """How long they take, once every process knows all of it."""
    for name, path in (
        ("consumption", f"{CUSTOMER}consumption/?type=virtualmachine"),
        ("invoice", f"{CUSTOMER}invoice/{months(person)[0]}/"),
        ("budgets", f"{CUSTOMER}thresholds/"),
    ):
        alone(figures, f"{world}/{name}", person, person.page(path), pace)


def measure_papers(figures: Figures, world: str, person: Person) -> None:
    """From the order to the file: one invoice as PDF, after the worker's first one, which loads the library."""
    last, *_earlier = months(person)
    one = {"kind": "invoice", "from": last, "to": last, "form": "pdf"}
    _ordered(person, one)
    figures.note(f"{world}/pdf", *(_ordered(person, one) for _time in range(3)))


def measure_zip(figures: Figures, world: str, stack: Stack, person: Person, operator: Person, machine: str) -> None:
    """Twelve months in one file, and a change that somebody asks for meanwhile."""
    found = months(person)
    last, first = found[0], found[min(11, len(found) - 1)]
    order = {"kind": "invoice", "from": first, "to": last, "form": "zip"}
    started = time.monotonic()
    job = _order(person, order)
    operator.ask(operator.form(f"{LIST}{machine}/-/edit?{BACK}", as_part=False, service_description="meanwhile"))
    wait_until(lambda: rows(stack)[-1].seconds is not None)
    figures.note(f"{world}/change behind zip", 1000 * (rows(stack)[-1].seconds or 0))
    _wait_for(person, job)
    figures.note(f"{world}/zip", time.monotonic() - started)


def months(person: Person) -> list[str]:
    """Of the invoices, the latest first."""
    return re.findall(r'<a href="/c/10001/invoice/([\d-]+)/"', person.text(f"{CUSTOMER}invoice/"))


def _ordered(person: Person, order: dict[str, str]) -> float:
    """Seconds from the order until its file can be had."""
    started = time.monotonic()
    _wait_for(person, _order(person, order))
    return time.monotonic() - started


def _order(person: Person, order: dict[str, str]) -> str:
    """The address of its page. Where it is made at once, the answer comes with the file and leads to that."""
    answer = person.ask(person.form(PAPERS, as_part=False, **order))
    found = re.match(rf"{PAPERS}[0-9a-f-]{{36}}/", answer.headers.get("location", ""))
    if found is None:
        raise StartError(f"the order was not taken: {answer.status}")
    return found[0]


def _wait_for(person: Person, job: str) -> None:
    wait_until(lambda: f'href="{job}file"' in person.text(job), every=0.1, seconds=LONGEST)
