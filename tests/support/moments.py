"""The moments at which what depends on time is tested, in every run: `moment` begins a test at each of them.

A test that takes it lives at that moment, and so does the platform where it takes `platform_then`.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from scripts.processes import run
from tests.support import database, worlds
from tests.support.moment import read
from tests.support.services import Sandbox, begin_world, made_once, sandbox_env

MOMENTS = {
    "03:30 of a working day": "2026-11-26T03:30+01:00",
    "shortly before midnight": "2026-11-24T23:58+01:00",
    "before the doubled hour": "2026-10-25T01:30+02:00",
    "in the doubled hour": "2026-10-25T02:30+02:00",
    "in the doubled hour once more": "2026-10-25T02:30+01:00",
    "after the doubled hour": "2026-10-25T03:30+01:00",
    "before the missing hour": "2027-03-28T01:30+01:00",
    "in place of the missing hour": "2027-03-28T03:00+02:00",
    "after the missing hour": "2027-03-28T04:30+02:00",
    "the last evening of a month": "2026-11-30T22:55+01:00",
    "the first minutes of a month": "2026-12-01T00:05+01:00",
    "New Year's Eve": "2026-12-31T23:58+01:00",
    "28 February of a leap year": "2028-02-28T12:00+01:00",
    "29 February": "2028-02-29T23:30+01:00",
    "New York's doubled hour": "2026-11-01T01:30-05:00",
    "before New York's missing hour": "2027-03-14T01:30-05:00",
}


@pytest.fixture(params=MOMENTS.values(), ids=MOMENTS)
def moment(request: pytest.FixtureRequest) -> Iterator[datetime]:
    """It is this moment, for as long as a test goes on; time passes from there."""
    with time_machine.travel(read(request.param).timestamp()):
        yield read(request.param)


@pytest.fixture(scope="session")
def world_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[[datetime], str]:
    """The URL of a sandbox's database with the demo world as it begins at a moment; all made once for all processes."""

    def make(directory: Path) -> None:
        env = sandbox_env(database.file(directory, "making"))
        run([sys.executable, "-m", "tests.support.worlds", str(directory), *MOMENTS.values()], env=env)

    directory = made_once(tmp_path_factory, "worlds", make)
    return lambda at: database.file(directory, worlds.name_of(at))


@pytest.fixture
def platform_then(
    moment: datetime, world_at: Callable[[datetime], str], running_sandbox: Sandbox, settings: Any
) -> Sandbox:
    """A sandbox with the demo world that begins now, to which API_URL points; without faults."""
    if not running_sandbox.process.is_alive:
        running_sandbox.start()
    begin_world(world_at(moment), running_sandbox, running_sandbox.database, moment)
    settings.API_URL = running_sandbox.url
    return running_sandbox
