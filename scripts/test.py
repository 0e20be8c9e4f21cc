"""`make test`: all tests, from nothing, with real Redis, browser and PostgreSQL; the sandbox's apart from the portal's.

In CI (CI=true) a missing server or browser is a failure; elsewhere the tests that need it are skipped, and it says so.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts import postgres
from scripts.environment import ROOT
from scripts.packages import bring, missing_for_pdf
from scripts.processes import StartError

RESULTS = ROOT / "var" / "test"
PROGRAMS = {"redis-server": "redis-server", "chromium": "chromium"}  # what tests start → its package
# A module stays together, since its tests share servers; modules go in the order in which tests/conftest.py has them.
OPTIONS = ["--quiet", "--durations=5", "--numprocesses=2", "--dist=loadscope", "--no-loadscope-reorder"]
SANDBOX = ["--ds=portal.sandbox.settings", "tests/sandbox"]
ON_THE_DATABASE = ["tests/accounts", "tests/inventory", "tests/changes"]


@dataclass
class Suite:
    name: str
    arguments: list[str]
    env: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    passed: int = 0
    skipped: int = 0
    seconds: float = 0


def say(text: str) -> None:
    print(f"test: {text}", flush=True)


def bring_programs() -> None:
    """Installs what is missing where that needs no asking; else says how. Raises StartError in CI."""
    missing = missing_packages()
    if missing:
        say(f"{' and '.join(missing)} missing: trying apt")
        if bring(missing, RESULTS / "apt.log"):
            missing = missing_packages()
    if missing:
        complain(f"{' and '.join(missing)} missing: install by your package manager; what needs it is skipped.")


def missing_packages() -> list[str]:
    programs = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    return [*programs, *missing_for_pdf()]


def complain(text: str) -> None:
    if os.environ.get("CI"):
        raise StartError(text)
    say(text)


@contextlib.contextmanager
def database_suites() -> Iterator[list[Suite]]:
    """What also runs on PostgreSQL, while one runs for it; nothing where there is none."""
    bin_directory = postgres.binaries()
    if bin_directory is None:
        complain("no PostgreSQL found (initdb is neither on PATH nor in /usr/lib/postgresql): leaving out its part.")
        yield []
        return
    with postgres.running(bin_directory) as url:
        yield [
            Suite("portal, PostgreSQL", ON_THE_DATABASE, {"DATABASE_URL": url}),
            Suite("sandbox, PostgreSQL", SANDBOX, {"SANDBOX_DATABASE_URL": url}),
        ]


def run(suite: Suite) -> None:
    """Runs one suite on two processes, and notes in it what came out."""
    say(suite.name)
    report = RESULTS / f"{suite.name.replace(', ', '-')}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, f"--junitxml={report}", *suite.arguments],
        cwd=ROOT,
        env=os.environ | suite.env,
        check=False,
    )
    suite.seconds = time.monotonic() - started
    count(suite, report)
    if result.returncode and not suite.failed:
        suite.failed = 1  # it ended before or after its tests: an import error, a missing path


def count(suite: Suite, report: Path) -> None:
    if report.exists():
        for results in ET.parse(report).getroot().iter("testsuite"):
            suite.failed += int(results.get("failures", 0)) + int(results.get("errors", 0))
            suite.skipped += int(results.get("skipped", 0))
            suite.passed += int(results.get("tests", 0))
        suite.passed -= suite.failed + suite.skipped


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    suites = [Suite("sandbox, SQLite", SANDBOX), Suite("portal, SQLite", ["tests"])]
    try:
        bring_programs()
        for suite in suites:
            run(suite)
        with database_suites() as more:
            for suite in more:
                run(suite)
            suites += more
    except StartError as error:
        print(f"test: {error}", file=sys.stderr)
        return 1
    print()
    for suite in suites:
        print(f"  {suite.name:20} {suite.passed:5} passed {suite.failed:4} failed {suite.seconds:7.1f} s")
    failed, passed, skipped = (
        sum(getattr(suite, name) for suite in suites) for name in ("failed", "passed", "skipped")
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
