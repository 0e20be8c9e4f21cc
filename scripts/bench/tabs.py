"""500 pages that stand open while something is pending, each asking as static/js/portal.js does.

They belong to five people, and show lists, overviews and changes. Meanwhile somebody else looks at a machine, and half
way somebody asks for a change, which each of the pages has to show soon.
"""

import heapq
import selectors
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice

from scripts.bench.figures import Figures, median_ms
from scripts.bench.load import Connection, Request, one_at_a_time
from scripts.bench.pages import ROWS
from scripts.bench.processes import Watch, members, postgres_pids
from scripts.bench.world import CUSTOMER, LIST, WEB_PROCESSES, Person
from scripts.chaos import BACK, KEYS, MACHINE, platform
from scripts.processes import StartError
from scripts.stack import Stack

TABS = 500
PATIENCE = 20.0  # seconds after which what is not shown counts as late as that
PEOPLE = ("manager", "operator", "viewer", "manager", "operator")  # sessions; each has pages of all kinds
# How a page asks: seconds since it last had news, and seconds between two questions from then on.
PAUSES = ((0.0, 1.0),)
PAGES = (ROWS, f"{ROWS}&sort=-name", f"{ROWS}&sort=memory", CUSTOMER, f"{CUSTOMER}changes/")


@dataclass(slots=True)
class Tab:
    """An open page."""

    person: Person
    path: str
    tag: str = ""
    news_at: float = 0.0  # when it last showed something else; seconds of the monotonic clock
    shown_at: float | None = None  # … after the change that all of them wait for
    asked_at: float = 0.0

    @property
    def request(self) -> Request:
        asked = self.person.part(self.path, HX_PTag=self.tag)
        return Request(asked.path, {**asked.headers, "Connection": "close"})

    def take(self, status: int, tag: str, now: float, news: float | None) -> None:
        """What it was answered: 304 for nothing new. `news`: when the change was made, None while it was not."""
        if status == 304:
            return
        if status != 200:
            raise StartError(f"an open page of {self.path} was answered {status}")
        self.tag, self.news_at = tag, now
        if news is not None and self.asked_at > news and self.shown_at is None:
            self.shown_at = now

    def pause(self, now: float) -> float:
        """Until it asks again."""
        return next(pause for since, pause in reversed(PAUSES) if now - self.news_at >= since)


@dataclass(slots=True)
class Crowd:
    """All tabs, asked for by one thread."""

    port: int
    tabs: Sequence[Tab]
    awaits_news: bool = False
    news: float | None = None  # when it was made
    answers: int = 0
    _due: list[tuple[float, int]] = field(default_factory=list)

    def ask(self, seconds: float) -> None:
        """For so long, and as much longer as the change that is awaited takes to be shown by all: at most PATIENCE."""
        began = time.monotonic()
        self._due = [(began + place / len(self.tabs), place) for place in range(len(self.tabs))]  # evenly in a second
        with selectors.DefaultSelector() as waiting:
            while (now := time.monotonic()) < began + seconds or self._goes_on(now - began - seconds):
                for tab_number in self._ready(now):
                    self._send(waiting, tab_number)
                wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else 0.05
                for key, _events in waiting.select(min(wait, 0.05)):
                    self._receive(waiting, key)
            for key in list(waiting.get_map().values()):
                key.data[0].socket.close()

    def _goes_on(self, longer: float) -> bool:
        return self.awaits_news and longer < PATIENCE and any(tab.shown_at is None for tab in self.tabs)

    def _ready(self, now: float) -> Iterator[int]:
        while self._due and self._due[0][0] <= now:
            yield heapq.heappop(self._due)[1]

    def _send(self, waiting: selectors.BaseSelector, number: int) -> None:
        connection = Connection(self.port)
        self.tabs[number].asked_at = time.monotonic()
        connection.send(self.tabs[number].request.raw)
        waiting.register(connection.socket, selectors.EVENT_READ, (connection, number))

    def _receive(self, waiting: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        connection, number = key.data
        answer = connection.receive()
        if answer is None:
            return
        waiting.unregister(connection.socket)
        connection.socket.close()
        self.answers += 1
        now, tab = time.monotonic(), self.tabs[number]
        tab.take(answer.status, answer.headers.get("hx-ptag", ""), now, self.news)
        heapq.heappush(self._due, (now + tab.pause(now), number))


def measure(figures: Figures, world: str, stack: Stack, person: Person, machines: list[str], seconds: float) -> None:
    """What all of it takes of the cores, how soon the change is shown, and what it is to others."""
    resize(stack, person, machines[0])
    others = person.page(f"{LIST}{machines[1]}/")
    with person.connections(WEB_PROCESSES) as connections:
        before = median_ms(one_at_a_time(connections, [others], 3).seconds)
    people = cycle([Person(stack, f"{name}@example.com") for name in PEOPLE])
    pages = islice(cycle((one, path) for path in PAGES for one in islice(people, len(PEOPLE))), TABS)
    crowd = Crowd(stack.port, [Tab(one, path) for one, path in pages])
    crowd.ask(4)  # each has its first answer
    crowd.answers, crowd.awaits_news = 0, True
    began = time.monotonic()
    web = Watch(members(stack.web))
    own = [pid for process in stack.processes if process is not stack.sandbox for pid in members(process)]
    everything = Watch([*own, *postgres_pids(stack.env["DATABASE_URL"])])
    with ThreadPoolExecutor(2) as pool, person.connections(WEB_PROCESSES) as connections:
        meanwhile = pool.submit(one_at_a_time, connections, [others], seconds - 1)
        news = pool.submit(_news, crowd, person, machines[1], seconds / 2)
        crowd.ask(seconds)
        figures.note(f"{world}/tabs/cpu", everything.share())
        figures.note(f"{world}/tabs/web", web.share())
        figures.note(f"{world}/tabs/rps", crowd.answers / (time.monotonic() - began))
        figures.note(f"{world}/tabs/others", median_ms(meanwhile.result().seconds) / before)
        news.result()
    if crowd.news is None:
        raise StartError("nobody came to make a change beside 500 open tabs")
    figures.note(f"{world}/tabs/shown", max((tab.shown_at or crowd.news + PATIENCE) - crowd.news for tab in crowd.tabs))


def _news(crowd: Crowd, person: Person, machine: str, wait: float) -> None:
    """Has a change made after a while."""
    time.sleep(wait)
    request = person.form(f"{LIST}{machine}/-/edit?{BACK}", as_part=False, service_description="news")
    person.ask(request)
    crowd.news = time.monotonic()


def resize(stack: Stack, person: Person, machine: str) -> None:
    """What then is pending until the machine's next maintenance."""
    with platform(stack, KEYS["10001"]) as proxy:
        memory = proxy.query(MACHINE, {"name": machine})[0]["memory"]
    wanted = "1024" if memory != 1024 else "2048"
    person.ask(person.form(f"{LIST}{machine}/-/edit?{BACK}", as_part=False, memory=wanted))
