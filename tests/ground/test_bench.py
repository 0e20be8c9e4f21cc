"""What `make bench` makes of its measurements: figures, verdicts, the table; and that its asking counts right."""

import socket
from collections.abc import Iterator
from itertools import cycle, islice
from threading import Thread

import pytest

from scripts.bench import load, report, sizes, targets
from scripts.bench.figures import Figures, median_ms, p95_ms
from scripts.bench.load import Answer, Connection, Request
from scripts.bench.tabs import Tab
from scripts.bench.targets import MS, TIMES, Target
from scripts.processes import StartError


def figures(**values: float) -> Figures:
    made = Figures()
    for name, value in values.items():
        made.note(name.replace("__", "/"), value)
    return made


# --- figures ------------------------------------------------------------------------------------------------------


def test_of_several_rounds_the_middle_counts_and_the_spread_is_told() -> None:
    made = Figures()
    made.note("list/p50", 20, 10, 30)
    assert made.value("list/p50") == 20
    assert made["list/p50"].spread == 1.0


def test_a_single_round_has_no_spread() -> None:
    assert figures(memory=180)["memory"].spread is None


def test_figures_are_read_as_they_were_written() -> None:
    made = Figures()
    made.note("list/p50", 20.123456, 10, 30)
    made.note("memory", 180)
    read = Figures.from_json(made.as_json())
    assert read.as_json() == made.as_json()
    assert read.value("list/p50") == 20.12


def test_of_twenty_answers_nineteen_took_no_longer_than_p95() -> None:
    assert p95_ms([0.001] * 19 + [1.0]) == 1000
    assert p95_ms([0.001] * 39 + [1.0]) == 1
    assert median_ms([0.001, 0.002, 0.9]) == 2


def test_growth_is_the_large_world_in_terms_of_the_small_one() -> None:
    made = figures(**{"10__list__p50": 10, "10000__list__p50": 12, "10000__list__p95": 30})
    targets.derive(made)
    assert made.value("growth/list") == pytest.approx(1.2)
    assert made.value("10000/list/tail") == pytest.approx(2.5)


def test_nothing_follows_from_what_was_not_measured() -> None:
    made = figures(**{"10000__list__p50": 12})
    targets.derive(made)
    assert made.value("growth/list") is None


# --- verdicts -----------------------------------------------------------------------------------------------------

LIST = Target("list/ratio", "machine list", 3, TIMES)


@pytest.mark.parametrize(
    ("measured", "said"),
    [(figures(list__ratio=3.0), "met"), (figures(list__ratio=3.01), "MISSED"), (Figures(), "not measured")],
)
def test_a_target_is_met_missed_or_not_measured(measured: Figures, said: str) -> None:
    assert report.verdict(LIST, measured) == said


def test_what_nobody_promises_has_no_verdict() -> None:
    assert report.verdict(Target("bare/p50", "bare view", None, MS), figures(bare__p50=4)) == ""


def test_all_is_met_only_where_all_was_measured() -> None:
    promised = [one for one in targets.TARGETS if one.limit is not None]
    made = Figures()
    for one in promised:
        made.note(one.figure, one.limit or 0)
    assert report.is_all_met(made)
    del made[promised[0].figure]
    assert not report.is_all_met(made)
    assert report.missed(made) == []


def test_each_figure_decides_one_thing() -> None:
    decided = [one.figure for one in targets.TARGETS]
    assert len(decided) == len(set(decided))


# --- held against the figures of before ---------------------------------------------------------------------------


def test_times_are_compared_in_terms_of_each_machines_bare_view() -> None:
    """One that is half as fast in everything has not become slower."""
    now, then = figures(bare__p50=8, invoice=80), figures(bare__p50=4, invoice=40)
    assert report.compared(Target("invoice", "invoice", 40, MS), now, then) == pytest.approx(1.0)


def test_ratios_and_sizes_are_compared_as_they_are() -> None:
    now, then = figures(bare__p50=8, list__ratio=6), figures(bare__p50=4, list__ratio=3)
    assert report.compared(LIST, now, then) == pytest.approx(2.0)


def test_without_figures_of_before_nothing_is_compared() -> None:
    assert report.compared(LIST, figures(list__ratio=6), Figures()) is None


# --- how it is told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0.0, "0 ms"), (3.0, "3 ms"), (1.234, "1.23 ms"), (12.34, "12.3 ms"), (1234.5, "1,234 ms")],
)
def test_a_number_has_the_digits_that_count(value: float | None, said: str) -> None:
    assert report.number(value, MS) == said


def test_the_table_says_what_target_figure_and_verdict() -> None:
    line = next(
        line
        for line in report.table(figures(**{"10000__list__ratio": 12.4}), Figures()).splitlines()
        if line.startswith("machine list, full page  ")
    )
    assert line.split("  ")[0] == "machine list, full page"
    assert [part for part in ("≤ 3 ×", "12.4 ×", "MISSED") if part not in line] == []


def test_what_people_wrote_in_the_document_stays() -> None:
    document = f"# Performance\n\n{report.BEGIN}\n\nold\n\n{report.END}\n\n## What was learned\n"
    written = report.written_into(document, "new")
    assert written == f"# Performance\n\n{report.BEGIN}\n\nnew\n\n{report.END}\n\n## What was learned\n"


def test_the_document_has_pages_a_chart_and_the_profile_of_what_is_too_slow() -> None:
    made = figures(**{"10000__list__ratio": 12.4, "10000__list__p50": 64, "10__list__p50": 15})
    written = report.markdown(made, Figures(), "two cores", {"list": "22 ms in all"})
    assert "| machine list, full page | ≤ 3 × | 12.4 × |" in written
    assert "### 10,000 machines" in written
    assert "### machine list, full page\n\n```\n22 ms in all\n```" in written
    assert [line for line in written.splitlines() if "█" in line and line.endswith("12.4 ×") and "|" in line]


# --- asking -------------------------------------------------------------------------------------------------------


def answer_to(status: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_an_answer_may_come_in_pieces_of_any_size() -> None:
    raw, answer = answer_to("200 OK", b"0123456789", Etag="x"), Answer()
    complete = [answer.take(raw[place : place + 1], keep=True) for place in range(len(raw))]
    assert complete.index(True) == len(raw) - 1
    assert (answer.status, answer.length, bytes(answer.body), answer.headers["etag"]) == (200, 10, b"0123456789", "x")


def test_that_there_is_nothing_new_has_no_body() -> None:
    answer = Answer()
    assert answer.take(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", keep=False)
    assert (answer.status, answer.length) == (304, 0)


def test_an_answer_without_a_length_is_not_measured() -> None:
    with pytest.raises(StartError):
        Answer().take(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", keep=False)


def test_a_form_is_posted_as_a_browser_would() -> None:
    head, _, body = Request("/edit", {"Cookie": "a=b"}, b"x=1").raw.partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /edit HTTP/1.1"
    assert b"Cookie: a=b" in head
    assert b"Content-Length: 3" in head
    assert body == b"x=1"


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """Its port, and what it was asked: one that answers each request, on as many connections as there are."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_serve, args=(listening, asked), daemon=True).start()
        yield listening.getsockname()[1], asked
        listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, asked: list[bytes]) -> None:
    """Of every three connections the first two have the same process."""
    for name in cycle((b"process 0", b"process 0", b"process 1")):
        try:
            connection, _address = listening.accept()
        except OSError:
            return
        Thread(target=_answer_all, args=(connection, name, asked), daemon=True).start()


def _answer_all(connection: socket.socket, name: bytes, asked: list[bytes]) -> None:
    with connection:
        while request := connection.recv(4096):
            asked.append(request.split()[1])
            connection.sendall(answer_to("200 OK", name))


WHO = Request("/who")


def test_each_process_gets_as_many_connections(server: tuple[int, list[bytes]]) -> None:
    port, _asked = server
    with load.evenly(port, 4, 2, WHO) as connections:
        named = [bytes(one.ask(WHO.raw, keep=True).body) for one in connections]
    assert sorted(named) == [b"process 0", b"process 0", b"process 1", b"process 1"]


def test_one_at_a_time_every_answer_counts_and_requests_take_turns(server: tuple[int, list[bytes]]) -> None:
    port, asked = server
    with Connection(port) as connection:
        taken = load.one_at_a_time([connection], [Request("/a"), Request("/b")], 0.05)
    assert len(taken.seconds) == len(asked) == taken.statuses[200]
    assert asked == list(islice(cycle((b"/a", b"/b")), len(asked)))
    assert taken.per_second == len(asked) / taken.wall


def test_a_page_that_asks_for_news_says_what_it_has_shown_last() -> None:
    news, asked = Answer(status=200, headers={"hx-ptag": "new"}), Request("/", {"HX-PTag": "old"})
    assert asked.after(news).headers == {"HX-PTag": "new"}
    assert asked.after(Answer(status=304)).headers == {"HX-PTag": "old"}
    assert Request("/").after(news).headers == {}


def test_at_once_every_answer_counts_once(server: tuple[int, list[bytes]]) -> None:
    port, asked = server
    with Connection(port) as one, Connection(port) as other:
        taken = load.at_once([one, other], Request("/a"), 0.05)
    assert len(taken.seconds) == len(asked) == taken.statuses[200]
    assert taken.length == len(b"process 0")


# --- bytes, and open pages ----------------------------------------------------------------------------------------


def test_the_files_of_a_page_are_those_that_it_names_each_once() -> None:
    html = """
        <link rel="stylesheet" href="/static/css/portal.css"><script src="/static/js/portal.js" defer></script>
        <svg><use href="/static/img/icons.svg#x"></use></svg><svg><use href="/static/img/icons.svg#y"></use></svg>
        <a href="/static-page/">no file</a>
    """
    assert sizes.assets_of(html) == ["/static/css/portal.css", "/static/js/portal.js", "/static/img/icons.svg"]


def tab() -> Tab:
    return Tab(person=None, path="/c/10001/", tag="old")  # type: ignore[arg-type]


def test_an_open_page_keeps_its_tag_while_there_is_nothing_new() -> None:
    page = tab()
    page.take(304, "", 10.0, None)
    assert (page.tag, page.shown_at) == ("old", None)


def test_an_open_page_shows_the_change_with_the_first_answer_that_was_asked_for_after_it() -> None:
    page = tab()
    page.asked_at = 11.0
    page.take(200, "on its way", 12.5, 12.0)  # was asked before the change
    assert page.shown_at is None
    page.asked_at = 13.0
    page.take(200, "new", 13.2, 12.0)
    assert (page.tag, page.shown_at) == ("new", 13.2)


def test_an_open_page_that_is_refused_is_no_measurement() -> None:
    with pytest.raises(StartError):
        tab().take(503, "", 10.0, None)
