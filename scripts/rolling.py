"""`python -m scripts.rolling --times 20`: people work while each process of an installed portal is replaced in turn.

As an upgrade does it, by the files of docs/server. Counted is every request that failed, and every change that was
lost, doubled or overtaken (`scripts.chaos` says how that is found).
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from scripts.at_work import PeopleAtWork
from scripts.measuring import carried_out, portal_as
from scripts.served import Served


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
        self._people = PeopleAtWork(stack, stack.authority)

    def run(self, times: int) -> Report:
        """Replaces everything so often. Raises StartError."""
        started = time.monotonic()
        with self._people:
            for process in self.stack.restartable * times:
                self.stack.restart(process)
                self.report.restarts[process.name] += 1
        lost = self._people.problems()
        self.report.seconds = time.monotonic() - started
        self.report.pages, self.report.changes = self._people.pages, len(self._people.asked)
        self.report.longest = self._people.longest
        self.report.problems = [f"FAILED: {error}" for error in self._people.failures] + lost
        return self.report


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
