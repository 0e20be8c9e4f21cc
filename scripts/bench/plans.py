"""A plan of 1,000 machines: put in from the list, looked at, applied; and the list while they are in it."""

import re
import time
from urllib.parse import urlencode

from scripts.bench.changes import CUSTOMER as NUMBER
from scripts.bench.changes import wait_until
from scripts.bench.figures import Figures
from scripts.bench.load import Request
from scripts.bench.pages import ROWS, Pace, alone, measure_one
from scripts.bench.world import CUSTOMER, LIST, Person
from scripts.chaos import KEYS, MACHINE, platform
from scripts.databases import query
from scripts.measuring import control
from scripts.processes import StartError
from scripts.stack import Stack
from scripts.visitor import FormFields

COUNT = 1_000
TEXT = "service_description"
LATEST = "SELECT state, applied_at FROM plans_plan ORDER BY id DESC LIMIT 1"
ACCEPTED = "SELECT max(recorded_at) FROM changes_change WHERE plan_number IS NOT NULL"


def measure(figures: Figures, world: str, stack: Stack, person: Person, machines: list[str], pace: Pace) -> None:
    """Of machines that are ready, so that nothing but the plan changes them."""
    chosen = machines[:COUNT]
    plan = _put_in(figures, world, person, chosen)
    if (count := query(stack.env["DATABASE_URL"], "SELECT count(*) FROM plans_entry")[0][0]) != len(chosen):
        raise StartError(f"of {len(chosen)} machines {count} are in the plan")
    alone(figures, f"{world}/plan", person, person.page(plan), pace)
    alone(figures, f"{world}/plan part", person, person.part(plan), pace)
    alone(figures, f"{world}/plan entries", person, person.part(f"{plan}?page=2"), pace)
    alone(figures, f"{world}/all keys", person, person.page(f"{LIST}-/keys"), pace)
    measure_one(figures, f"{world}/list planned", person, person.page(ROWS), pace)
    _apply(figures, world, stack, person, plan)
    figures.note(f"{world}/plan applied/platform", _platforms_own(stack, chosen))


def _put_in(figures: Figures, world: str, person: Person, chosen: list[str]) -> str:
    """All of them at once, by the form for many; the plan's address."""
    form = person.form(
        f"{LIST}-/many?key={chosen[0]}",
        as_part=False,
        keys="\n".join(chosen),
        change=TEXT,
        do="fields",
        **{TEXT: "planned"},
    )
    started = time.perf_counter()
    answer = person.ask(form)
    figures.note(f"{world}/plan put in", time.perf_counter() - started)
    found = re.fullmatch(rf"{CUSTOMER}plans/\d+/", answer.headers.get("location", ""))
    if found is None:
        raise StartError(f"{len(chosen)} machines were not put into a plan: {answer.status}")
    return found[0]


def _apply(figures: Figures, world: str, stack: Stack, person: Person, plan: str) -> None:
    """From the button until the platform has accepted all of it, and how often it was asked to apply something."""
    fields = FormFields(filled_in={"revision"})
    fields.feed(person.text(plan))
    body = urlencode(fields.values, doseq=True).encode()
    control(stack, reset=True)
    started = time.perf_counter()
    person.ask(Request(f"{plan}-/apply", person.page(plan).headers, body))
    figures.note(f"{world}/plan applied/answered", 1000 * (time.perf_counter() - started))
    wait_until(lambda: _latest(stack)[0] == "applied")
    accepted = query(stack.env["DATABASE_URL"], ACCEPTED)[0][0]
    figures.note(f"{world}/plan applied/seconds", (accepted - _latest(stack)[1]).total_seconds())
    figures.note(f"{world}/plan applied/calls", control(stack, stats=True)["calls"].get("apply", 0))


def _latest(stack: Stack) -> tuple[str, ...]:
    return query(stack.env["DATABASE_URL"], LATEST)[0]


def _platforms_own(stack: Stack, machines: list[str]) -> float:
    """Seconds that the same call takes any client."""
    with platform(stack, KEYS[NUMBER]) as proxy:
        started = time.perf_counter()
        proxy.apply([{"__type__": MACHINE, "name": name, TEXT: "planned by another"} for name in machines])
        return time.perf_counter() - started
