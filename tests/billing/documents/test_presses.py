"""Several PDFs side by side: the same ones in the same order, and nothing of it is left behind."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from portal.billing.documents import pdf, presses
from tests.billing.reading import pages

type Press = Callable[[str], pdf.Renderer]
MARGINS = "@page { margin: 20mm }"
NAMES = ["one", "two", "three", "four", "five"]


def text(name: str) -> presses.Text:
    return f'<html lang="en"><title>{name}</title><body><p>{name}</p></body></html>', MARGINS


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes of a machine with two cores."""
    monkeypatch.setattr(presses.os, "sched_getaffinity", lambda pid: {0, 1})
    found: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            found.append(self)

    monkeypatch.setattr(presses.subprocess, "Popen", Noted)
    return found


def test_they_come_in_their_order_and_as_one_process_makes_them(
    press: Press, started: list[subprocess.Popen[bytes]]
) -> None:
    with presses.presses("a4", len(NAMES)) as make:
        made = list(make(map(text, NAMES)))
    assert [pages(data) for data in made] == [[f"{name} 1 / 1"] for name in NAMES]
    assert made[0] == pdf.as_pdf([press("a4").lay_out(*text("one"))])
    assert len(started) == 2


@pytest.mark.usefixtures("press")
def test_one_paper_takes_one_process(started: list[subprocess.Popen[bytes]]) -> None:
    with presses.presses("letter", 1) as make:
        assert len(list(make([text("one")]))) == 1
    assert len(started) == 1


@pytest.mark.usefixtures("press")
def test_what_is_given_up_leaves_no_process_behind(started: list[subprocess.Popen[bytes]]) -> None:
    with presses.presses("a4", len(NAMES)) as make:
        next(make(map(text, NAMES)))
    assert [one.returncode is None for one in started] == [False, False]


@pytest.mark.usefixtures("press")
def test_a_text_that_cannot_be_written_ends_all_of_it(started: list[subprocess.Popen[bytes]]) -> None:
    def texts() -> Iterator[presses.Text]:
        yield text("one")
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"), presses.presses("a4", 2) as make:
        list(make(texts()))
    assert [one.returncode is None for one in started] == [False, False]


@pytest.mark.usefixtures("press")
def test_a_press_that_crashes_is_an_error_and_no_shorter_file(started: list[subprocess.Popen[bytes]]) -> None:
    with presses.presses("a4", 2) as make:
        for one in started:
            one.kill()
        with pytest.raises(presses.Broken):
            list(make(map(text, NAMES)))


@pytest.mark.usefixtures("press")
def test_without_anybody_who_could_ask_a_press_ends(started: list[subprocess.Popen[bytes]]) -> None:
    with presses.presses("a4", 1):
        (one,) = started
        assert one.stdin is not None
        one.stdin.close()
        assert one.wait(60) == 0
