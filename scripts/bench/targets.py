"""What is promised, by the issue "Fast, and flat as it grows", and which figure decides. All of them say "at most"."""

from dataclasses import dataclass

from scripts.bench.figures import Figures

BIG = "10000"
SMALL = "10"
# Pages by the names that figures have (`pages.requests_of`).
PAGES = {
    "list": "machine list, full page",
    "table": "its table part",
    "filtered": "table part, filtered",
    "sorted": "table part, sorted",
    "turned": "table part, next page",
    "detail": "a machine's page",
    "edit": "edit form",
    "overview": "overview",
    "changes": "changes page",
    "schedule": "schedule",
    "preview": "preview of a form (typing)",
    "poll": "poll with nothing new",
}
TIMES, MS, SECONDS, KB, MB = "×", "ms", "s", "kB", "MB"
RATIOS = {
    **dict.fromkeys(("list", "table", "filtered", "sorted", "turned", "schedule"), 3.0),
    **dict.fromkeys(("detail", "edit", "overview", "changes"), 4.0),
    "preview": 5.0,
    "poll": 1.5,
}
GROWTH, TAIL = 1.3, 3.0
REFRESHED = ("list", "detail", "overview")


@dataclass(frozen=True, slots=True)
class Target:
    """`limit` None: told for proportion, promised by nobody."""

    figure: str
    what: str
    limit: float | None
    unit: str

    def is_met(self, figures: Figures) -> bool | None:
        """None where it is no promise, or was not measured."""
        value = figures.value(self.figure)
        return None if value is None or self.limit is None else value <= self.limit


def derive(figures: Figures) -> None:
    """What follows from other figures: growth, and how much longer the slowest in twenty take."""
    for name in PAGES:
        figures.divide(f"growth/{name}", f"{BIG}/{name}/p50", f"{SMALL}/{name}/p50")
        figures.divide(f"{BIG}/{name}/tail", f"{BIG}/{name}/p95", f"{BIG}/{name}/p50")
    for name in REFRESHED:
        figures.divide(f"{BIG}/{name} refreshed/tail", f"{BIG}/{name} refreshed/p95", f"{BIG}/{name} refreshed/p50")


def _pages() -> list[Target]:
    ratios = [Target(f"{BIG}/{name}/ratio", PAGES[name], limit, TIMES) for name, limit in RATIOS.items()]
    growth = [Target(f"growth/{name}", f"{PAGES[name]}: from 10 to 10,000 machines", GROWTH, TIMES) for name in PAGES]
    tails = [Target(f"{BIG}/{name}/tail", f"{PAGES[name]}: p95 to p50", TAIL, TIMES) for name in PAGES]
    refreshed = [
        Target(f"{BIG}/{name} refreshed/tail", f"{PAGES[name]}: p95 to p50, a refresh coming in", TAIL, TIMES)
        for name in REFRESHED
    ]
    return [*ratios, *growth, *tails, *refreshed]


TARGETS = (
    *_pages(),
    Target(f"{BIG}/first filter/p95", "a filter and an order nobody asked for before, p95", 60, MS),
    Target(f"{BIG}/first text/p95", "a text nobody asked for before, p95", 30, MS),
    Target(f"{BIG}/decode/ms", "first decode of a snapshot in a process", 250, MS),
    Target(f"{BIG}/refresh/seconds", "refresh in a worker, from the API's last byte", 1.5, SECONDS),
    Target(f"{BIG}/refresh/MB", "… and what that process holds at most", 300, MB),
    Target(f"{BIG}/refresh/again", "records decoded again where nothing has changed", 0, ""),
    Target(f"{BIG}/memory", "memory of a web process", 200, MB),
    Target(f"{BIG}/memory of two", "… with two such customers", 250, MB),
    Target(f"{BIG}/answered/p50", "submit to answered", 30, MS),
    Target(f"{BIG}/recorded/beyond", "submit to recorded, beyond the API's own time", 60, MS),
    Target("100000/search/p50", "staff search, 500 customers, 100,000 machines", 10, MS),
    Target(f"{BIG}/part html", "table part of 50 rows, HTML", 60, KB),
    Target(f"{BIG}/list gzip", "list page of 50 rows, compressed", 8, KB),
    Target(f"{BIG}/first visit gzip", "first visit with all assets, compressed", 50, KB),
    Target(f"{BIG}/scripts gzip", "JavaScript, compressed", 20, KB),
    Target(f"{BIG}/paint", "Chromium: largest contentful paint of the list", 400, MS),
    Target(f"{BIG}/task", "Chromium: longest task", 50, MS),
    Target(f"{BIG}/shift", "Chromium: layout shift", 0, ""),
    Target(f"{BIG}/interaction", "Chromium: interaction to next paint while filtering, 4 × slower", 100, MS),
    Target(f"{BIG}/tabs/cpu", "500 open tabs: all processes, of one core", 50, "%"),
    Target(f"{BIG}/tabs/shown", "500 open tabs: the last shows the news after", 3, SECONDS),
    Target(f"{BIG}/tabs/others", "500 open tabs: pages of others, to without them", 1.2, TIMES),
    Target(f"{BIG}/plan put in", "1,000 machines put into a plan", 2, SECONDS),
    Target(f"{BIG}/plan/p50", "review page of a plan of 1,000 changes", 300, MS),
    Target(f"{BIG}/plan part/p50", "… its part that follows what is learned", 100, MS),
    Target(f"{BIG}/plan entries/p50", "… the same, of its second page", 100, MS),
    Target(f"{BIG}/plan applied/calls", "calls of apply for a plan of 1,000 changes", 1, ""),
    Target(f"{BIG}/list planned/ratio", "machine list, its machines in a plan of 1,000 changes", RATIOS["list"], TIMES),
    Target("1000/pdf", "PDF of 1,000 items, from order to file", 2.5, SECONDS),
    Target("1000/zip", "zip of twelve months, from order to file", 10, SECONDS),
    Target("1000/invoice/p50", "invoice page, 1,000 items", 40, MS),
    # Promised before, or good to know.
    Target("1000/crowd/queries", "200 views at once, nothing cached: queries of a type", 1, ""),
    Target("1000/shown", "ready on the platform to ready on the open page, at most", 3, SECONDS),
    Target("1000/change behind zip", "submit to recorded while a zip is made", None, MS),
    Target("1000/crowd/seconds", "200 views at once, nothing cached, all of them", None, SECONDS),
    Target("1000/consumption/p50", "consumption page, 1,000 machines", None, MS),
    Target("1000/budgets/p50", "budgets page, 1,000 machines", None, MS),
    Target(f"{BIG}/first view", "first view of the list after a start", None, MS),
    Target(f"{BIG}/refresh/unchanged", "refresh where nothing has changed, from the API's last byte", None, SECONDS),
    Target(f"{BIG}/recorded/p50", "submit to recorded, with the API's own time", None, MS),
    Target(f"{BIG}/plan applied/answered", "a plan of 1,000 changes: Apply to answered", None, MS),
    Target(f"{BIG}/plan applied/seconds", "a plan of 1,000 changes: Apply to accepted", None, SECONDS),
    Target(f"{BIG}/plan applied/platform", "… of which the platform's own apply", None, SECONDS),
    Target(f"{BIG}/all keys/p50", "keys of all 10,000 machines, to select them", None, MS),
    Target(f"{BIG}/tabs/rps", "500 open tabs: answers in a second", None, ""),
    Target(f"{BIG}/tabs/web", "500 open tabs: web processes, of one core", None, "%"),
    Target("100000/search/p95", "staff search: the slowest text, p95", None, MS),
    Target("sandbox/query", "sandbox: a query answering 10,000 machines", None, SECONDS),
    Target("plain table/ratio", "plain django-tables2, 50 × 10, to the bare view", None, TIMES),
    Target("bare/p50", "bare view of 1 kB", None, MS),
    Target("bare/rps", "bare view of 1 kB, answers in a second", None, ""),
    Target("bare/generator", "what asking takes itself, for one answer", None, MS),
)
