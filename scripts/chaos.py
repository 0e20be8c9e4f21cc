"""`python -m scripts.chaos`: changes by several people while workers are killed, answers get lost and Redis is emptied.

Then what the platform's log says is held against the change rows: none lost, none applied twice, none out of order.
Each change carries a text of its own ("chaos 17"), by which it is found in the log and on the records.
"""

import argparse
import random
import re
import statistics
import sys
import threading
import time
import xmlrpc.client
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import redis
import requests

from scripts.databases import query
from scripts.measuring import Running, carried_out, control, portal
from scripts.stack import Stack
from scripts.visitor import Visitor

BACK = "next=/healthz"  # no page to be made after each change
MARK = re.compile(r"chaos \d+")
MACHINE, SERVICE_USER = "virtualmachine", "serviceuser"
ROWS = """
    SELECT customer.number, change.turn, item.type_name, item.key, change.state, change.attempts, change.looks,
           change.created, change.recorded_at, item.wanted
    FROM changes_change AS change
    JOIN changes_item AS item ON item.change_id = change.id
    JOIN accounts_customer AS customer ON customer.id = change.customer_id
    ORDER BY customer.id, change.turn
"""
KEYS = {"10001": ("services", "services-demo-key"), "10002": ("acme", "acme-demo-key")}
# What befalls the platform's answers before a worker is killed (None: nothing), and without that.
BEFORE_A_KILL: Sequence[Mapping[str, Any] | None] = (
    None,
    {"kind": "delay", "value": 0.6, "method": "apply"},
    {"kind": "drop_after", "method": "apply"},
    {"kind": "delay", "value": 0.6, "method": "query"},
    {"kind": "drop_before", "method": "apply"},
    {"kind": "delay", "value": 0.6, "method": "log"},
)
FAULTS: Sequence[Mapping[str, Any]] = (
    {"kind": "drop_after", "method": "apply"},
    {"kind": "drop_before", "method": "apply"},
    {"kind": "truncate", "method": "apply"},
    {"kind": "garbage", "method": "query"},
    {"kind": "status", "value": 502, "method": "apply"},
    {"kind": "drop_after", "method": "log"},
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks for changes, and what they touch: machines that nobody else touches, and a group."""

    email: str
    customer: str
    machines: Sequence[str]
    group: str


@dataclass(frozen=True, slots=True)
class Row:
    """A change as the portal has it, with the text by which it is known."""

    mark: str
    customer: str
    turn: int
    type_name: str
    key: str
    state: str
    attempts: int
    looks: int
    created: datetime
    seconds: float | None  # from submitted to recorded


@dataclass
class Report:
    """What came out. `problems` is empty when every change took effect once, in order, and the row says so."""

    rows: list[Row] = field(default_factory=list)
    kills: int = 0
    flushes: int = 0
    faults: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        took = sorted(row.seconds for row in self.rows if row.seconds is not None)
        states = {
            state: sum(1 for row in self.rows if row.state == state) for state in {row.state for row in self.rows}
        }
        again = sum(1 for row in self.rows if row.attempts > 1)
        lost = sum(1 for row in self.rows if row.looks)
        blows = f"{self.kills} SIGKILLs, Redis emptied {self.flushes} times, {self.faults} calls that went wrong"
        lines = [
            f"{len(self.rows)} changes in {self.seconds:.0f} s: {blows}",
            f"ends: {', '.join(f'{state} {count}' for state, count in sorted(states.items()))}",
            f"tried more than once: {again}; answer lost and found out: {lost}",
        ]
        if took:
            p95 = took[int(len(took) * 0.95)]
            lines.append(
                f"submitted to recorded: median {statistics.median(took):.2f} s, p95 {p95:.1f} s, "
                f"longest {took[-1]:.1f} s"
            )
        lines += self.problems or ["none lost, none applied twice, none out of order"]
        return "\n".join(lines)


class Chaos:
    """One run on a portal that is up."""

    def __init__(self, stack: Stack, *, changes: int, kills: int, flushes: int, faults: int, seed: int = 1) -> None:
        self.stack = stack
        self.changes = changes
        self.report = Report()
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.people = people(stack)
        self.serials = {key: max_serial(stack, key) for key in KEYS}
        self.errors: list[BaseException] = []
        blows = ["kill"] * kills + ["flush"] * flushes + ["fault"] * faults
        self.random.shuffle(blows)
        self.blows = blows

    def run(self, seconds: float) -> Report:
        """Asks for all changes, meanwhile deals the blows, and waits for the end of the last one at most so long."""
        started = time.monotonic()
        askers = [threading.Thread(target=self._ask, args=(number,)) for number in range(len(self.people))]
        for asker in askers:
            asker.start()
        for number, blow in enumerate(self.blows):
            self._wait_for_done((number + 1) * self.changes // (len(self.blows) + 1), started + seconds)
            getattr(self, f"_{blow}")()
        for asker in askers:
            asker.join()
        if self.errors:
            raise self.errors[0]
        self._wait_for_done(self.changes, started + seconds)
        self.report.seconds = time.monotonic() - started
        self.report.rows = rows(self.stack)
        asked = map(mark_of, range(self.changes))
        self.report.problems = problems(self.stack, self.report.rows, asked, self.serials)
        return self.report

    def _ask(self, number: int) -> None:
        """One person's share of the changes: three edits, then a new service user, and so on."""
        person = self.people[number]
        try:
            visitor = Visitor(self.stack.url, person.email)
            for change in range(number, self.changes, len(self.people)):
                ask(visitor, person, change, change // len(self.people))
        except (requests.RequestException, OSError) as error:
            self.errors.append(error)

    def _wait_for_done(self, count: int, until: float) -> None:
        while done(self.stack) < count and time.monotonic() < until and not self.errors:
            time.sleep(0.1)

    def _kill(self) -> None:
        fault = BEFORE_A_KILL[self.report.kills % len(BEFORE_A_KILL)]
        if fault:
            control(self.stack, fault=fault)
        time.sleep(self.random.uniform(0.05, 0.4))
        self.stack.worker.kill()
        self.report.kills += 1
        self.stack.worker.start()
        self.stack.wait(self.stack.worker)

    def _flush(self) -> None:
        with redis.Redis(port=self.stack.redis_port) as client:
            client.flushall()
        self.report.flushes += 1

    def _fault(self) -> None:
        control(self.stack, fault=FAULTS[self.report.faults % len(FAULTS)])
        self.report.faults += 1


def people(stack: Running) -> list[Person]:
    """Three of the cast, two of them in one customer, each with machines that are in service."""
    ready = {number: ready_machines(stack, key) for number, key in KEYS.items()}
    return [
        Person("manager@example.com", "10001", ready["10001"][0::2], "shop"),
        Person("operator@example.com", "10001", ready["10001"][1::2], "example"),
        Person("outsider@example.com", "10002", ready["10002"], "acme"),
    ]


def mark_of(change: int) -> str:
    """The text by which this change of a run is known."""
    return f"chaos {change}"


def ask(visitor: Visitor, person: Person, change: int, turn: int) -> None:
    """Submit one change by its form."""
    text = mark_of(change)
    if turn % 4 == 3:
        path = f"/c/{person.customer}/{SERVICE_USER}/-/new?{BACK}"
        visitor.send(path, uid=f"s-chaos{change}", resource_group=person.group, description=text)
    else:
        machine = person.machines[turn % len(person.machines)]
        visitor.send(f"/c/{person.customer}/{MACHINE}/{machine}/-/edit?{BACK}", service_description=text)


@contextmanager
def platform(stack: Running, key: tuple[str, str]) -> Iterator[Any]:
    """The platform as any client sees it."""
    with xmlrpc.client.ServerProxy(f"http://{key[0]}:{key[1]}@{urlsplit(stack.sandbox_url).netloc}/v1") as proxy:
        yield proxy


def ready_machines(stack: Running, key: tuple[str, str]) -> list[str]:
    with platform(stack, key) as proxy:
        machines = proxy.query(MACHINE)
    return sorted(
        machine["name"] for machine in machines if not machine["needs_install"] and not machine["deletion"]["deadline"]
    )


def max_serial(stack: Running, customer: str) -> int:
    with platform(stack, KEYS[customer]) as proxy:
        return max((entry["serial"] for entry in proxy.log()), default=0)


def done(stack: Running) -> int:
    """How many changes are at their end."""
    return int(query(stack.env["DATABASE_URL"], "SELECT count(*) FROM changes_change WHERE done_at IS NOT NULL")[0][0])


def under_way(stack: Running) -> int:
    """How many are not."""
    return int(query(stack.env["DATABASE_URL"], "SELECT count(*) FROM changes_change WHERE done_at IS NULL")[0][0])


def rows(stack: Running) -> list[Row]:
    """All changes of the run, in the order of their turns."""
    found = query(stack.env["DATABASE_URL"], ROWS)
    return [
        Row(_mark(str(wanted)), customer, turn, type_name, key, state, attempts, looks, at, _between(at, recorded))
        for customer, turn, type_name, key, state, attempts, looks, created, recorded, wanted in found
        for at in [_moment(created)]
    ]


def problems(
    stack: Running,
    found: Sequence[Row],
    asked: Iterable[str],
    serials: Mapping[str, int],
    unanswered: Collection[str] = (),
) -> list[str]:
    """Where what was asked for, the rows and the platform don't say the same. All changes go by their marks; whether
    one of those `unanswered` was taken, who asked for it does not know.
    """
    wanted, marks = set(asked), Counter(row.mark for row in found)
    wrong = [f"LOST: {mark} was submitted, and is no row" for mark in sorted(wanted - marks.keys())]
    wrong += [f"DOUBLED: {mark} is {count} rows" for mark, count in marks.items() if count > 1]
    wrong += [f"NOBODY'S: {mark}" for mark in marks if mark not in wanted and mark not in unanswered]
    wrong += [f"NOT DONE: {row.mark} is {row.state}" for row in found if row.state != "recorded"]
    for customer, key in KEYS.items():
        mine = [row for row in found if row.customer == customer]
        with platform(stack, key) as proxy:
            applied = [mark for entry in proxy.log(serials[customer]) if (mark := _applied(entry))]
            records = {MACHINE: proxy.query(MACHINE), SERVICE_USER: proxy.query(SERVICE_USER)}
        wrong += [f"LOST: {row.mark} is not in the platform's log" for row in mine if row.mark not in applied]
        wrong += [f"DOUBLED: {mark}" for mark in sorted(set(applied)) if applied.count(mark) > 1]
        if list(dict.fromkeys(applied)) != [row.mark for row in mine]:
            wrong.append(f"OUT OF ORDER: {customer}")
        wrong += _not_as_wanted(mine, records)
    return wrong


def _not_as_wanted(mine: Sequence[Row], records: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Records that don't say what the last change about them wanted."""
    said = {(MACHINE, one["name"]): one["service_description"] for one in records[MACHINE]}
    said |= {
        (SERVICE_USER, f"{one['resource_group']}/{one['uid']}"): one["description"] for one in records[SERVICE_USER]
    }
    last = {(row.type_name, row.key): row.mark for row in mine}
    return [
        f"NOT AS WANTED: {key} says {said.get(key)!r}, not {mark!r}"
        for key, mark in last.items()
        if said.get(key) != mark
    ]


def _applied(entry: Mapping[str, Any]) -> str:
    """The text of the change that this call carried out, '' for any other call."""
    return _mark(entry["args"]) if entry["method"] == "apply" and not entry["exception"] else ""


def _mark(text: str) -> str:
    found = MARK.search(text)
    return found[0] if found else ""


def _moment(text: datetime | str) -> datetime:
    """SQLite has times as text."""
    return datetime.fromisoformat(str(text))


def _between(created: datetime, recorded: datetime | str | None) -> float | None:
    """Seconds."""
    return None if recorded is None else (_moment(recorded) - created).total_seconds()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--flushes", type=int, default=1)
    parser.add_argument("--faults", type=int, default=6)
    parser.add_argument("--deadline", type=float, default=60.0, help="seconds of a call, from which leases follow")
    parser.add_argument("--seconds", type=float, default=3600.0, help="that it may take")
    chosen = parser.parse_args()

    def measure() -> Report:
        with portal(API_DEADLINE=str(chosen.deadline)) as stack:
            blows = {"kills": chosen.kills, "flushes": chosen.flushes, "faults": chosen.faults}
            return Chaos(stack, changes=chosen.changes, **blows).run(chosen.seconds)

    return carried_out("chaos", measure)


if __name__ == "__main__":
    sys.exit(main())
