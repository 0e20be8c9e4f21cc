"""How quick pages are: alone, with four at once, and in terms of a bare view of the same bytes in the same minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, product

from scripts.bench.figures import Figures, median_ms, p95_ms
from scripts.bench.load import Connection, Request, Taken, at_once, one_at_a_time
from scripts.bench.world import CUSTOMER, LIST, WEB_PROCESSES, Person
from scripts.processes import StartError

AT_ONCE = 4
ROWS = f"{LIST}?per_page=50"
# What nobody has asked for before, as the pages below ask for none of it.
FILTERS = (
    "production=true",
    "production=false",
    "online=true",
    "cores=1",
    "cores=2",
    "rbd_pool=rbd.ssd",
    "state=ready",
)
SORTS = ("disk", "-disk", "memory", "cores", "-cores", "environment", "state", "-name")
TEXTS = ("shop1", "exam", "trial", "web", "front", "10.1", "database", "fc-22", "services", "search", "old", "lab")


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to measure, in seconds of each kind and round."""

    rounds: int
    seconds: float


def requests_of(person: Person, machine: str) -> dict[str, Request]:
    """What is measured, by the name that figures have; the machine is one that is ready."""
    record, edit = f"{LIST}{machine}/", f"{LIST}{machine}/-/edit"
    return {
        "list": person.page(ROWS),
        "table": person.part(ROWS),
        "filtered": person.part(f"{ROWS}&q=e"),
        "sorted": person.part(f"{ROWS}&sort=-memory"),
        "turned": person.part(f"{ROWS}&page=2"),
        "detail": person.page(record),
        "edit": person.page(edit),
        "preview": person.form(edit, as_part=True, preview="1", service_description="typed"),
        "overview": person.page(CUSTOMER),
        "changes": person.page(f"{CUSTOMER}changes/"),
        "schedule": person.page(f"{CUSTOMER}schedule/"),
    }


def poll(person: Person, path: str = ROWS) -> Request:
    """What a page asks that is up to date."""
    answer = person.ask(person.part(path))
    return person.part(path, HX_PTag=answer.headers.get("hx-ptag", ""))


def measure(figures: Figures, world: str, person: Person, machine: str, pace: Pace) -> None:
    """All pages of one world: alone, with four at once, and beside the bare view."""
    for name, request in requests_of(person, machine).items():
        measure_one(figures, f"{world}/{name}", person, request, pace)
    measure_one(figures, f"{world}/poll", person, poll(person), pace, status=304, size=1000)


def measure_beside(figures: Figures, person: Person, pace: Pace) -> None:
    """What is told for comparison: the bare view of a kilobyte, and a plain table."""
    taken = measure_one(figures, "bare", person, person.page("/bench/bare/1000"), pace, size=1000)
    figures.note("bare/generator", 1000 * taken.cpu / len(taken.seconds))
    measure_one(figures, "plain table", person, person.page("/bench/table"), pace)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a page, and of the bare view in the same minute."""

    alone: Taken
    crowd: Taken
    bare_alone: Taken
    bare_crowd: Taken

    def is_right(self, status: int) -> bool:
        """Whether that is what was answered; where a refresh comes in, some polls are told of it."""
        found = self.alone.statuses + self.crowd.statuses
        return found[status] >= 0.9 * found.total()


def measure_one(
    figures: Figures,
    name: str,
    person: Person,
    request: Request,
    pace: Pace,
    *,
    status: int = 200,
    size: int | None = None,
) -> Taken:
    """One page, round by round, each with the bare view of as many bytes (or of `size`) right after it."""
    with person.connections(AT_ONCE) as four:
        length = at_once(four, request, pace.seconds / 2).length
        bare = person.page(f"/bench/bare/{size or length}")
        at_once(four, bare, pace.seconds / 4)
        rounds = [_round(four, request, bare, pace.seconds) for _time in range(pace.rounds)]
    wrong = [one for one in rounds if not one.is_right(status)]
    if wrong:
        raise StartError(f"{name} was answered {dict(wrong[0].alone.statuses + wrong[0].crowd.statuses)}")
    figures.note(f"{name}/p50", *(median_ms(one.alone.seconds) for one in rounds))
    figures.note(f"{name}/p95", *(p95_ms(one.alone.seconds) for one in rounds))
    figures.note(f"{name}/rps", *(one.crowd.per_second for one in rounds))
    figures.note(f"{name}/bare p50", *(median_ms(one.bare_alone.seconds) for one in rounds))
    figures.note(f"{name}/bare rps", *(one.bare_crowd.per_second for one in rounds))
    figures.note(f"{name}/ratio", *(one.bare_crowd.per_second / one.crowd.per_second for one in rounds))
    figures.note(f"{name}/kB", length / 1000)
    return rounds[-1].crowd


def _round(four: Sequence[Connection], request: Request, bare: Request, seconds: float) -> Round:
    one_at_a_time(four, [request], 0.1)  # each process has just made it
    return Round(
        alone=one_at_a_time(four[::2], [request], seconds),
        crowd=at_once(four, request, seconds),
        bare_alone=one_at_a_time(four[::2], [bare], seconds / 2),
        bare_crowd=at_once(four, bare, seconds / 2),
    )


def alone(figures: Figures, name: str, person: Person, request: Request, pace: Pace) -> None:
    """Median and 95th percentile of one page, one at a time."""
    with person.connections(WEB_PROCESSES) as connections:
        one_at_a_time(connections, [request], pace.seconds)
        rounds = [one_at_a_time(connections, [request], pace.seconds) for _round in range(pace.rounds)]
    figures.note(f"{name}/p50", *(median_ms(one.seconds) for one in rounds))
    figures.note(f"{name}/p95", *(p95_ms(one.seconds) for one in rounds))


def measure_first(figures: Figures, world: str, person: Person, pace: Pace) -> None:
    """Each filter, order and text is asked for once, of a process that has never seen it."""
    some = pace.rounds * 12
    chosen = [f"{ROWS}&{filtered}&sort={order}" for order, filtered in product(SORTS, FILTERS)][:some]
    typed = [f"{ROWS}&q={text}{digit}" for digit, text in product(("", "0", "1", "2"), TEXTS)][:some]
    for name, paths in (("first filter", chosen), ("first text", typed)):
        with person.connections(WEB_PROCESSES) as connections:
            requests = [person.part(path) for path in paths]
            took = [one_at_a_time([one], [asked], 0).seconds[0] for one, asked in zip(cycle(connections), requests)]
        figures.note(f"{world}/{name}/p50", median_ms(took))
        figures.note(f"{world}/{name}/p95", p95_ms(took))


def measure_while_refreshed(figures: Figures, world: str, person: Person, machine: str, seconds: float) -> None:
    """Three pages in turn, for so long that the snapshot gets older than it may be, and a refresh comes in."""
    names = ("list", "detail", "overview")
    requests = requests_of(person, machine)
    with person.connections(WEB_PROCESSES) as connections:
        # An even number of connections, an odd number of pages: each process makes each page.
        taken = one_at_a_time(connections, [requests[name] for name in names], seconds)
    for place, name in enumerate(names):
        took = taken.seconds[place :: len(names)]
        figures.note(f"{world}/{name} refreshed/p50", median_ms(took))
        figures.note(f"{world}/{name} refreshed/p95", p95_ms(took))
