"""The tests' time: all of them begin at one fixed moment, whenever they are run.

`AT`, a Tuesday noon in the middle of nothing, or what the environment says (`make test AT=2027-03-28T00:30`, UTC where
no zone is given). Each module of tests begins at it, and so does the world of each platform; from there time passes as
always. What tests start (platform, web, worker, beat) lives in that time too, by `clock/sitecustomize.py`; what goes
on from module to module lives a little later, and the portal goes by its platform's clock anyway.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine

ORDINARY = "2026-11-24T11:00:00+00:00"


def read(text: str) -> datetime:
    """An ISO time, UTC where it says nothing else."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


AT = read(os.environ.get("AT") or ORDINARY)


def month(ago: int = 0) -> date:
    """The first day of the month that `AT` falls in, in Berlin, or of one so many months before."""
    today = AT.astimezone(ZoneInfo("Europe/Berlin")).date()
    months = today.year * 12 + today.month - 1 - ago
    return date(months // 12, months % 12 + 1, 1)


def begin() -> None:
    """From here on it is `AT`, in this process and in those that it starts. Called once, before anything else."""
    if "TEST_CLOCK" not in os.environ:  # else by the process that started this one
        clock = str(Path(__file__).parent / "clock")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [clock, os.environ.get("PYTHONPATH")]))
        time_machine.travel(AT.timestamp()).start()
        _start_processes_now()


@contextmanager
def begun_again() -> Iterator[None]:
    """It is `AT` once more, here and in processes that are started meanwhile; in those that run time goes on."""
    with time_machine.travel(AT.timestamp()):
        _start_processes_now()
        yield


def clock() -> dict[str, str]:
    """For the environment of processes that are started more than once: their time goes on where it was."""
    return {"TEST_CLOCK": os.environ["TEST_CLOCK"]}


def of_the_disk() -> dict[str, str]:
    """For the environment of what asks how old a file is: those have the real time."""
    return {"TEST_CLOCK": "0"}


@contextmanager
def as_late_as(env: dict[str, str]) -> Iterator[None]:
    """It is as late here as in processes that have been running with that environment."""
    with time_machine.travel(time_machine.escape_hatch.time.time() + float(env["TEST_CLOCK"])):
        os.environ["TEST_CLOCK"] = env["TEST_CLOCK"]
        yield


def _start_processes_now() -> None:
    os.environ["TEST_CLOCK"] = str(AT.timestamp() - time_machine.escape_hatch.time.time())
