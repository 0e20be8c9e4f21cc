"""People who work in a portal while something befalls it: they open pages and ask for changes until it is over.

Then what they asked for is held against the portal's rows and the platform's log (`scripts.chaos`).
"""

import itertools
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import requests

from scripts.chaos import KEYS, Person, ask, mark_of, max_serial, people, problems, rows, under_way
from scripts.measuring import Running
from scripts.visitor import Visitor

# What is opened, over and over: pages of each kind, and what open pages ask for by themselves.
PAGES = ("/c/10001/", "/c/10001/virtualmachine/", "/c/10001/changes/", "/c/10001/serviceuser/", "/c/10001/schedule/")
PAUSE = 0.5  # seconds between what one person does
READERS = 2


class PeopleAtWork:
    """They work within a `with`. Afterwards: what they did, and `failures`, each request that was not answered well.

    `authority`: the file with the certificate that they have to trust.
    """

    def __init__(self, portal: Running, authority: str) -> None:
        self.portal = portal
        self.authority = authority
        self.pages = 0
        self.asked: list[str] = []  # marks of changes that were taken
        self.unanswered: list[str] = []  # … of those that may have been
        self.longest = 0.0  # seconds that somebody waited for an answer
        self.failures: list[requests.RequestException] = []
        self._serials = {key: max_serial(portal, key) for key in KEYS}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        work = [self._edit(person) for person in people(portal)] + [self._read() for _ in range(READERS)]
        self._threads = [threading.Thread(target=self._work, args=(do,)) for do in work]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def problems(self, seconds: float = 600) -> list[str]:
        """Waits at most so long for the last change: what was lost, doubled or overtaken."""
        deadline = time.monotonic() + seconds
        while under_way(self.portal) and time.monotonic() < deadline:
            time.sleep(0.1)
        return problems(self.portal, rows(self.portal), self.asked, self._serials, self.unanswered)

    def _work(self, do: Callable[[], None]) -> None:
        """One person until all is over. What fails is noted, and they go on."""
        while not self._is_over.wait(PAUSE):
            begun = time.monotonic()
            try:
                do()
            except requests.RequestException as error:
                self.failures.append(error)
            with self._lock:
                self.longest = max(self.longest, time.monotonic() - begun)

    def _edit(self, person: Person) -> Callable[[], None]:
        visitor, turns = self._visitor(person.email), itertools.count()

        def edit() -> None:
            with self._lock:
                number = next(self._numbers)
            mark = mark_of(number)
            self.unanswered.append(mark)
            ask(visitor, person, number, next(turns))
            self.unanswered.remove(mark)
            self.asked.append(mark)

        return edit

    def _read(self) -> Callable[[], None]:
        visitor, pages = self._visitor("viewer@example.com"), itertools.cycle(PAGES)

        def read() -> None:
            visitor.get(next(pages))
            with self._lock:
                self.pages += 1

        return read

    def _visitor(self, email: str) -> Visitor:
        return Visitor(self.portal.url, email, authority=self.authority)
