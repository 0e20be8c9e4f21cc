"""`python -m scripts.sizing`: what an installed portal takes of a machine with 1, 50 and 500 customers.

By the files of docs/server (`scripts.served`) on a PostgreSQL of its own: memory and processor of each service, while
nobody is there and while people work, everybody for another customer. Memory is PSS: pages that several processes share
count once.
"""

import argparse
import itertools
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import requests

from scripts import postgres
from scripts.bench.processes import Watch, members, postgres_pids
from scripts.databases import query
from scripts.environment import new_secrets
from scripts.measuring import carried_out, running
from scripts.processes import StartError
from scripts.served import Served
from scripts.visitor import Visitor

MACHINES_EACH = 20
SIZES = {1: 5, 50: 20, 500: 50}  # customers, and how many people are at work at once
SETTLE, IDLE, WORK = 60.0, 60.0, 90.0  # seconds
PAUSE = 5.0  # seconds between what one person does
SIGN_INS_A_MINUTE = 15
KINDS = ("", "virtualmachine/", "changes/", "serviceuser/", "schedule/")


@dataclass
class Size:
    """What was seen of a portal of this size: for each part MiB while idle and at work, per cent of a core likewise."""

    customers: int
    people: int
    memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    cores: dict[str, tuple[float, float]] = field(default_factory=dict)
    database: float = 0.0  # MiB on disk
    answers: list[float] = field(default_factory=list)  # seconds

    def __str__(self) -> str:
        lines = [
            f"customers: {self.customers}, machines: {MACHINES_EACH * self.customers}, people at work: {self.people}"
        ]
        for part, (idle, busy) in self.memory.items():
            share, more = self.cores[part]
            lines.append(
                f"  {part:12} {idle:6.0f} MiB, at work {busy:6.0f}; {share:5.1f} % of a core, at work {more:5.1f}"
            )
        for what, table in (("MiB", self.memory), ("% of a core", self.cores)):
            idle, busy = (sum(both[index] for both in table.values()) for index in (0, 1))
            lines.append(f"  together     {idle:6.0f} {what}, at work {busy:6.0f}")
        took = sorted(self.answers)
        lines.append(
            f"  {len(took)} pages, median {took[len(took) // 2] * 1000:.0f} ms, "
            f"p95 {took[int(len(took) * 0.95)] * 1000:.0f} ms; database {self.database:.0f} MiB"
        )
        return "\n".join(lines)


@dataclass
class Report:
    sizes: list[Size] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.problems or ["no page failed"])


def measure(sizes: Mapping[int, int]) -> Report:
    report = Report()
    for customers, people in sizes.items():
        with portal(customers) as (stack, url):
            report.sizes.append(measure_one(stack, url, Size(customers, people), report.problems))
            print(report.sizes[-1], flush=True)
    return report


@contextmanager
def portal(customers: int) -> Iterator[tuple[Served, str]]:
    """One of that size, that runs; and the URL of its database."""
    binaries = postgres.binaries()
    if binaries is None:
        raise StartError("no PostgreSQL found")
    with tempfile.TemporaryDirectory(prefix="portal-sizing-") as name, postgres.running(binaries) as url:
        stack = Served(Path(name), secrets=new_secrets(), extra_env={"DATABASE_URL": url})
        stack.prepare()
        stack.manage("seed_demo", "--customers", str(max(customers, 2)))
        stack.seed_sandbox("--customers", str(max(customers, 2)), "--machines", str(MACHINES_EACH * customers))
        with running(stack):
            yield stack, url


def measure_one(stack: Served, url: str, size: Size, problems: list[str]) -> Size:
    parts = parts_of(stack, url)
    visitors = [visitor(stack, number, size.customers) for number in paced(range(size.people))]
    time.sleep(SETTLE)
    idle = {name: Watch(find()) for name, find in parts.items()}
    time.sleep(IDLE)
    shares = {name: watch.share() for name, watch in idle.items()}
    memory = {name: memory_of(find()) for name, find in parts.items()}
    busy = {name: Watch(find()) for name, find in parts.items()}
    work(visitors, size, problems)
    for name, find in parts.items():
        size.cores[name] = (shares[name], busy[name].share())
        size.memory[name] = (memory[name], memory_of(find()))
    ((octets,),) = query(url, "SELECT pg_database_size(current_database())")
    size.database = octets / 2**20
    return size


def parts_of(stack: Served, url: str) -> dict[str, Callable[[], list[int]]]:
    """The numbers of the processes of each service; not of the sandbox, which is the platform's."""
    mine = [process for process in stack.processes if process.name not in ("sandbox", "mail")]
    found: dict[str, Callable[[], list[int]]] = {one.name: partial(members, one) for one in mine}
    found["postgresql"] = partial(postgres_pids, url)
    return found


def paced(numbers: Iterable[int]) -> Iterator[int]:
    """As many as may sign in from one address within a minute, and then a pause."""
    for count, number in enumerate(numbers):
        if count and not count % SIGN_INS_A_MINUTE:
            time.sleep(61)
        yield number


def visitor(stack: Served, number: int, customers: int) -> tuple[Visitor, str]:
    """Somebody, and their customer."""
    position = number % customers + 1
    email = {1: "manager@example.com", 2: "outsider@example.com"}.get(position, f"manager{position}@example.com")
    return Visitor(stack.url, email, authority=stack.authority), f"/c/{10000 + position}/"


def work(visitors: list[tuple[Visitor, str]], size: Size, problems: list[str]) -> None:
    """They open pages for a while."""
    end = time.monotonic() + WORK

    def open_pages(person: Visitor, home: str, wait: float) -> None:
        time.sleep(wait)
        for kind in itertools.cycle(KINDS):
            if time.monotonic() > end:
                return
            begun = time.monotonic()
            try:
                person.get(home + kind)
            except requests.RequestException as error:
                problems.append(f"FAILED: {error}")
            size.answers.append(time.monotonic() - begun)
            time.sleep(PAUSE)

    threads = [
        threading.Thread(target=open_pages, args=(person, home, PAUSE * number / len(visitors)))
        for number, (person, home) in enumerate(visitors)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def memory_of(pids: list[int]) -> float:
    """MiB."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # has ended meanwhile
        total += sum(map(int, re.findall(r"^Pss: +(\d+) kB", text, re.MULTILINE)))
    return total / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--customers", type=int, nargs="*", default=list(SIZES))
    chosen = parser.parse_args()
    return carried_out("sizing", lambda: measure({one: SIZES[one] for one in chosen.customers}))


if __name__ == "__main__":
    sys.exit(main())
