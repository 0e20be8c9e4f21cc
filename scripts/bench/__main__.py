"""`make bench`: worlds one after the other, one table at the end."""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts import chaos
from scripts.bench import browser, changes, console, crowd, money, pages, plans, report, sizes, tabs, targets
from scripts.bench.figures import Figures
from scripts.bench.load import one_at_a_time
from scripts.bench.pages import Pace
from scripts.bench.processes import memory_of, workers_of
from scripts.bench.world import CUSTOMER, PART, WEB_PROCESSES, Person, Worlds, inside, worlds
from scripts.environment import ROOT
from scripts.processes import AskedToEnd, StartError
from scripts.stack import Stack

KEPT = ROOT / "docs" / "performance.json"  # the last figures that were committed
DOCUMENT = ROOT / "docs" / "performance.md"
LATEST = ROOT / "var" / "performance.json"  # and beside it what docs/performance.md would say
FULL, ROUGH, QUICK = Pace(rounds=3, seconds=1.0), Pace(rounds=2, seconds=0.6), Pace(rounds=1, seconds=0.35)
REFRESH_COMES = 36  # seconds in which a snapshot of machines gets too old, and is refreshed
ALSO = (
    "resourcegroup/",
    "resourcegroup/?view=tree",
    "serviceuser/",
    "permission/",
    "maintenance/",
    "invoice/",
    "people/",
)


@dataclass
class Bench:
    """One run. What could not be measured is said, and the rest goes on."""

    quick: bool
    figures: Figures = field(default_factory=Figures)
    profiles: Mapping[str, str] = field(default_factory=dict)

    @property
    def pace(self) -> Pace:
        return QUICK if self.quick else FULL

    @property
    def rough(self) -> Pace:
        """For the worlds that the large one is only held against."""
        return QUICK if self.quick else ROUGH

    def run(self) -> None:
        with worlds() as made:
            self._step("10 machines", self._small, made)
            if not self.quick:
                self._step("1,000 machines", self._middle, made)
            self._step("10,000 machines", self._big, made)
            if not self.quick:
                self._step("100,000 machines of 500 customers", self._many, made)
        targets.derive(self.figures)

    def _step(self, what: str, call: Callable[..., None], *arguments: Any) -> None:
        """One thing that is measured, and how long that took."""
        started = time.monotonic()
        try:
            call(*arguments)
            said = ""
        except AskedToEnd:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest can be measured
            said = f" NOT MEASURED: {type(error).__name__}: {error}"
        print(f"  {what:50} {time.monotonic() - started:6.1f} s{said}", flush=True)

    def _small(self, made: Worlds) -> None:
        with made.world(10) as stack:
            person, machines = _begin(stack)
            changes.measure(self.figures, "10", stack, person, machines, 10)
            pages.measure(self.figures, "10", person, machines[0], self.rough)

    def _middle(self, made: Worlds) -> None:
        world = "1000"
        with made.world(1_000) as stack:
            person, machines = _begin(stack)
            billing = Person(stack, "billing@example.com")
            self._step("… 200 views at once", crowd.measure, self.figures, world, stack, person)
            self._step("… changes", changes.measure, self.figures, world, stack, person, machines, 10)
            self._step("… pages", pages.measure, self.figures, world, person, machines[0], self.rough)
            self._step("… pages of money", money.measure_pages, self.figures, world, billing, self.pace)
            self._step("… PDF", money.measure_papers, self.figures, world, billing)
            self._step("… zip", money.measure_zip, self.figures, world, stack, billing, person, machines[0])
            self._step("… ready to shown", changes.measure_shown, self.figures, world, stack, person, 4)

    def _big(self, made: Worlds) -> None:
        world, figures, pace = targets.BIG, self.figures, self.pace
        with made.world(10_000, customers=1 if self.quick else 2) as stack:
            started = time.perf_counter()
            chaos.ready_machines(stack, chaos.KEYS["10001"])
            figures.note("sandbox/query", time.perf_counter() - started)
            person, machines = _begin(stack)
            self._step("… changes", changes.measure, figures, world, stack, person, machines, 10 if self.quick else 60)
            self._step("… bare view, plain table", pages.measure_beside, figures, person, pace)
            self._step("… pages", pages.measure, figures, world, person, machines[0], pace)
            self._step("… first filters", pages.measure_first, figures, world, person, pace)
            if not self.quick:
                self._step("… while a refresh comes in", self._refreshed, stack, person, machines[0])
            self._step("… bytes", sizes.measure, figures, world, person)
            self._step("… Chromium", browser.measure, figures, world, person, 2 if self.quick else 5)
            self._step("… memory", self._memory, stack, person, machines[0])
            self._step("… inside", self._inside, stack, machines)
            self._step("… first view", self._first_view, stack, person)
            if not self.quick:
                self._step("… 500 tabs", tabs.measure, figures, world, stack, person, machines, 30)
            self._step("… a plan of 1,000", self._plan, stack, person)
            if not self.quick:
                self._step("… profiles", self._profile, stack, person, machines[0])

    def _many(self, made: Worlds) -> None:
        with made.world() as stack:
            console.measure(self.figures, stack, self.pace)

    def _refreshed(self, stack: Stack, person: Person, machine: str) -> None:
        changes.on_the_platform(stack, machine)
        pages.measure_while_refreshed(self.figures, targets.BIG, person, machine, REFRESH_COMES)

    def _memory(self, stack: Stack, person: Person, machine: str) -> None:
        """After all pages; then with another customer as large beside it."""
        _look_around(person, CUSTOMER, machine)
        self.figures.note(f"{targets.BIG}/memory", max(map(memory_of, workers_of(stack.web))))
        if not self.quick:
            other = next(iter(chaos.ready_machines(stack, chaos.KEYS["10002"])))
            _look_around(Person(stack, "outsider@example.com"), "/c/10002/", other)
            self.figures.note(f"{targets.BIG}/memory of two", max(map(memory_of, workers_of(stack.web))))

    def _inside(self, stack: Stack, machines: list[str]) -> None:
        for call, arguments in (("decode", ()), ("refresh", (stack.env["API_URL"], machines[0]))):
            found: dict[str, float] = json.loads(inside(stack, call, *arguments).splitlines()[-1])
            for name, value in found.items():
                self.figures.note(f"{targets.BIG}/{call}/{name}", value)

    def _first_view(self, stack: Stack, person: Person) -> None:
        crowd.restart_web(stack)
        with person.connections(WEB_PROCESSES) as connections:
            took = [one_at_a_time([one], [person.page(pages.ROWS)], 0).seconds[0] for one in connections]
        self.figures.note(f"{targets.BIG}/first view", 1000 * max(took))

    def _plan(self, stack: Stack, person: Person) -> None:
        ready = chaos.ready_machines(stack, chaos.KEYS["10001"])
        plans.measure(self.figures, targets.BIG, stack, person, ready, self.pace)

    def _profile(self, stack: Stack, person: Person, machine: str) -> None:
        """Of the pages that take more than they may."""
        asked = pages.requests_of(person, machine) | {"poll": pages.poll(person)}
        names = [one.figure.split("/")[1] for one in report.missed(self.figures) if one.figure.endswith("/ratio")]
        wanted = [
            (name, asked[name].path, _told(asked[name].headers), (asked[name].body or b"").decode()) for name in names
        ]
        if wanted:
            self.profiles = json.loads(inside(stack, "profile", wanted).splitlines()[-1])


def _begin(stack: Stack) -> tuple[Person, list[str]]:
    """Somebody who has seen the list, and machines that can be changed."""
    person = Person(stack)
    changes.wait_until(lambda: 'id="row-' in person.text(pages.ROWS), every=0.5)
    return person, chaos.ready_machines(stack, chaos.KEYS["10001"])[:40]


def _look_around(person: Person, customer: str, machine: str) -> None:
    """All pages of a customer, by each process."""
    paths = ("", "virtualmachine/?per_page=50", f"virtualmachine/{machine}/", f"virtualmachine/{machine}/-/edit", *ALSO)
    with person.connections(WEB_PROCESSES) as connections:
        for connection in connections:
            for path in paths:
                connection.ask(person.page(f"{customer}{path}").raw)


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    """What a page's script says, without who asks: the profile has a session of its own."""
    return {name: value for name, value in headers.items() if name in PART or name == "HX-PTag"}


def about(quick: bool) -> str:
    """Where and when."""
    model = next((line.partition(":")[2].strip() for line in _cpu_info() if line.startswith("model name")), "")
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    kind = "`make bench QUICK=1`" if quick else "`make bench`"
    return f"{kind}, {moment}; {os.cpu_count()} cores ({model}), Python {platform.python_version()}."


def _cpu_info() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.is_file() else []


def main() -> int:
    quick, keep = bool(os.environ.get("QUICK")), bool(os.environ.get("KEEP"))
    if quick and keep:
        print("bench: what is kept is measured in full: without QUICK", file=sys.stderr)
        return 2
    before = Figures.from_json(json.loads(KEPT.read_text())["figures"]) if KEPT.is_file() else Figures()
    bench, started = Bench(quick), time.monotonic()
    try:
        bench.run()
    except StartError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    said = about(quick)
    print(f"\n{report.table(bench.figures, before)}\n\n{said} {time.monotonic() - started:.0f} s.")
    part = report.markdown(bench.figures, before, said, bench.profiles)
    _write(LATEST, said, bench.figures)
    LATEST.with_suffix(".md").write_text(part)
    if keep:
        _write(KEPT, said, bench.figures)
        DOCUMENT.write_text(report.written_into(DOCUMENT.read_text(), part))
    return 0 if report.is_all_met(bench.figures) else 1


def _write(path: Path, said: str, figures: Figures) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"about": said, "figures": figures.as_json()}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
