"""`python -m scripts.rolling --times 20`: people work while each process of an installed portal is replaced in turn.

As an upgrade does it, by the files of docs/server. Counted is every request that failed, and every change that was
lost, doubled or overtaken (`scripts.chaos` says how that is found).
"""

import argparse
import itertools
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from scripts.chaos import KEYS, Person, ask, done, max_serial, people, problems, rows
from scripts.measuring import carried_out, portal_as
from scripts.served import Served
from scripts.visitor import Visitor

# What is opened meanwhile, over and over: pages of each kind, and what open pages ask for by themselves.
PAGES = ("/c/10001/", "/c/10001/virtualmachine/", "/c/10001/changes/", "/c/10001/serviceuser/", "/c/10001/schedule/")
PAUSE = 0.5  # seconds between what one person does


@dataclass
class Report:
    """What came out. `problems` is empty where nobody noticed anything."""

    restarts: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    changes: int = 0
    longest: float = 0.0  # seconds that somebody waited for a page
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        replaced = ", ".join(f"{name} {times}" for name, times in self.restarts.items())
        lines = [
            f"replaced in {self.seconds:.0f} s: {replaced}",
            f"{self.pages} pages opened and {self.changes} changes asked for meanwhile",
            f"the longest that somebody waited: {self.longest:.1f} s",
        ]
        lines += self.problems or ["no request failed, no change was lost, applied twice or out of order"]
        return "\n".join(lines)


class Rolling:
    """One run on a portal that is up."""

    def __init__(self, stack: Served) -> None:
        self.stack = stack
        self.report = Report()
        self._people = people(stack)
        self._serials = {key: max_serial(stack, key) for key in KEYS}
        self._is_over = threading.Event()
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def run(self, times: int, seconds: float = 600) -> Report:
        """Replaces everything so often, then waits at most so long for the last change. Raises StartError."""
        started = time.monotonic()
        threads = [threading.Thread(target=self._work, args=(self._edit(person),)) for person in self._people]
        threads += [threading.Thread(target=self._work, args=(self._read(),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(times):
                for process in self.stack.restartable:
                    self.stack.restart(process)
                    self.report.restarts[process.name] += 1
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()
        self._wait_for_done(seconds)
        self.report.seconds = time.monotonic() - started
        self.report.problems += problems(self.stack, rows(self.stack), self.report.changes, self._serials)
        return self.report

    def _work(self, do: Callable[[], None]) -> None:
        """One person at work until all is over. What fails is noted, and they go on."""
        while not self._is_over.wait(PAUSE):
            begun = time.monotonic()
            try:
                do()
            except requests.RequestException as error:
                with self._lock:
                    self.report.problems.append(f"FAILED: {error}")
            with self._lock:
                self.report.longest = max(self.report.longest, time.monotonic() - begun)

    def _edit(self, person: Person) -> Callable[[], None]:
        visitor, turns = self._visitor(person.email), itertools.count()

        def edit() -> None:
            with self._lock:
                number = next(self._numbers)
            ask(visitor, person, number, next(turns))
            with self._lock:
                self.report.changes += 1

        return edit

    def _read(self) -> Callable[[], None]:
        visitor, pages = self._visitor("viewer@example.com"), itertools.cycle(PAGES)

        def read() -> None:
            visitor.get(next(pages))
            with self._lock:
                self.report.pages += 1

        return read

    def _visitor(self, email: str) -> Visitor:
        return Visitor(self.stack.url, email, authority=self.stack.authority)

    def _wait_for_done(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while done(self.stack) < self.report.changes and time.monotonic() < deadline:
            time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=20)
    chosen = parser.parse_args()

    def measure() -> Report:
        with portal_as(Served) as stack:
            return Rolling(stack).run(chosen.times)

    return carried_out("rolling", measure)


if __name__ == "__main__":
    sys.exit(main())
