"""`make test`: all tests, from nothing, with real Redis, browser and PostgreSQL; the sandbox's apart from the portal's.

They run on PostgreSQL, as production does, and those of them where SQLite could come to something else run on it too.
`make test ONLY="tests/billing tests/api/test_client.py"` runs a part, on PostgreSQL. A whole run measures which lines
and branches of the portal it reaches, and fails where that is less than pyproject.toml says.

In CI (CI=true) a missing server or browser is a failure; elsewhere the tests that need it are skipped, or run on
SQLite, and it says so.
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scripts import postgres
from scripts.covered import Covered, Measurement
from scripts.environment import ROOT
from scripts.packages import bring, missing_for_pdf
from scripts.processes import StartError

RESULTS = ROOT / "var" / "test"
CHROMIUM = ("chromium-headless-shell", "chromium")  # the first one has no windows: its pages take half the time
# Package → what tests start: one of these.
PROGRAMS = {
    "redis-server": ("redis-server",),
    CHROMIUM[0]: CHROMIUM,
    "prometheus": ("promtool",),
    "nginx-light": ("nginx",),
    "openssl": ("openssl",),
    "systemd": ("systemd-analyze",),
    "rabbitmq-server": ("rabbitmqctl",),
}
# A module stays together, since its tests share servers; modules go in the order in which tests/conftest.py has them.
OPTIONS = ["--quiet", "-o", "junit_family=xunit1", "--dist=loadscope", "--no-loadscope-reorder"]
IN_THE_SANDBOX = ["--ds=portal.sandbox.settings"]
# What the two databases do in ways of their own: who waits for whom (SQLite has one writer at a time), what the
# database itself refuses (constraints, triggers), how it compares and orders text, how it keeps times and bytes, and
# SQL that we wrote ourselves. And the portal in processes, as `make demo` runs it, with several of them writing.
ALSO_ON_SQLITE = [
    "tests/accounts/audit/test_trail.py",
    "tests/accounts/test_models.py",
    "tests/accounts/test_rotate_keys.py",
    "tests/accounts/sign_in/test_sessions.py",
    "tests/accounts/sign_in/test_sign_in.py",
    "tests/billing/document_orders/test_orders.py",
    "tests/billing/archive/test_archive.py",
    "tests/billing/thresholds/test_thresholds.py",
    "tests/changes/test_crash.py",
    "tests/changes/test_decisions.py",
    "tests/changes/test_history.py",
    "tests/changes/test_leases.py",
    "tests/changes/test_submit.py",
    "tests/console/search/test_search.py",
    "tests/console/view_as/test_sessions.py",
    "tests/customer/audit/test_trail.py",
    "tests/customer/people/test_members.py",
    "tests/pipeline",
]
SANDBOX_ALSO_ON_SQLITE = [f"tests/sandbox/test_{name}.py" for name in ("concurrency", "demo_world", "seed", "server")]
SLOWEST = 10  # tests that the table names


@dataclass
class Suite:
    name: str
    paths: list[str]
    options: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    passed: int = 0
    skipped: int = 0
    seconds: float = 0
    took: dict[str, float] = field(default_factory=dict)  # seconds by test


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
    programs = [package for package, programs in PROGRAMS.items() if not any(map(shutil.which, programs))]
    return [*programs, *missing_for_pdf()]


def complain(text: str) -> None:
    if os.environ.get("CI"):
        raise StartError(text)
    say(text)


@contextlib.contextmanager
def chosen_suites(only: list[str]) -> Iterator[list[Suite]]:
    """What is to run, while a PostgreSQL runs for it; all on SQLite where there is none."""
    bin_directory = postgres.binaries()
    if bin_directory is None:
        complain("no PostgreSQL found (initdb is neither on PATH nor in /usr/lib/postgresql): all runs on SQLite.")
        yield suites("SQLite", only)
        return
    with postgres.running(bin_directory) as url:
        found = suites("PostgreSQL", only, url)
        if not only:
            found += [
                Suite("portal, SQLite", ALSO_ON_SQLITE),
                Suite("sandbox, SQLite", SANDBOX_ALSO_ON_SQLITE, IN_THE_SANDBOX),
            ]
        yield found


def suites(database: str, only: list[str], url: str = "") -> list[Suite]:
    """All tests, or these; the sandbox's are those of another project."""
    sandbox = [path for path in only if path.startswith("tests/sandbox")] if only else ["tests/sandbox"]
    portal = [path for path in only if path not in sandbox] if only else ["tests"]
    env = {"DATABASE_URL": url, "SANDBOX_DATABASE_URL": url} if url else {}
    found = [
        Suite(f"portal, {database}", portal, env=env),
        Suite(f"sandbox, {database}", sandbox, IN_THE_SANDBOX, env),
    ]
    return [suite for suite in found if suite.paths]


def run_all(chosen: list[Suite], env: dict[str, str]) -> None:
    """The first on its processes, the others one after the other beside it: while its browsers wait they go on."""
    first, *others = chosen

    def run_others() -> None:
        for suite in others:
            run(suite, env, "0", aside=True)

    with ThreadPoolExecutor(max_workers=1) as beside:
        done = beside.submit(run_others)
        run(first, env, processes(first))
        done.result()


def processes(suite: Suite) -> str:
    """Of the whole, one more than two cores: each waits a third of its time, for its platform or for a page.

    A part is over before the third has begun. One module stays in one: there, others would only cost their start.
    """
    if suite.paths == ["tests"]:
        return "3"
    is_one_module = len(suite.paths) == 1 and ".py" in suite.paths[0]
    return "0" if is_one_module else "2"


def run(suite: Suite, env: dict[str, str], processes: str, *, aside: bool = False) -> None:
    """Runs one suite and notes in it what came out. `aside`: what it prints comes when it has ended."""
    say(f"{suite.name} ...")
    report = RESULTS / f"{suite.name.replace(', ', '-')}.xml"
    report.unlink(missing_ok=True)
    options = [*OPTIONS, f"--numprocesses={processes}", f"--junitxml={report}", *suite.options]
    started = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *suite.paths],
        cwd=ROOT,
        env=os.environ | suite.env | env,
        stdout=subprocess.PIPE if aside else None,
        stderr=subprocess.STDOUT if aside else None,
        text=True,
        check=False,
    )
    suite.seconds = time.monotonic() - started
    if aside:
        say(f"{suite.name}:\n{result.stdout}")
    count(suite, report)
    if result.returncode and not suite.failed:
        suite.failed = 1  # it ended before or after its tests: an import error, a missing path


def count(suite: Suite, report: Path) -> None:
    if report.exists():
        for results in ET.parse(report).getroot().iter("testsuite"):
            suite.failed += int(results.get("failures", 0)) + int(results.get("errors", 0))
            suite.skipped += int(results.get("skipped", 0))
            suite.passed += int(results.get("tests", 0))
            for case in results.iter("testcase"):
                suite.took[f"{case.get('file')}::{case.get('name')}"] = float(case.get("time", 0))
        suite.passed -= suite.failed + suite.skipped


def report(done: list[Suite], covered: Covered | None) -> int:
    """Prints the closing table; its last line is what CI reads. Answers the exit status."""
    print()
    for suite in done:
        print(f"  {suite.name:20} {suite.passed:5} passed {suite.failed:4} failed {suite.seconds:7.1f} s")
    if covered:
        verdict = "" if covered.is_enough else f"  TOO LITTLE: {covered.missed.relative_to(ROOT)} names the lines"
        print(f"  {'coverage of portal':20} {covered.percent:>5} %{verdict}")
    print("\n  The slowest, with what was set up for them:")
    took = [(seconds, f"{test} ({suite.name})") for suite in done for test, seconds in suite.took.items()]
    for seconds, test in sorted(took, reverse=True)[:SLOWEST]:
        print(f"  {seconds:7.1f} s  {test}")
    failed, passed, skipped = (sum(getattr(suite, name) for suite in done) for name in ("failed", "passed", "skipped"))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or (covered and not covered.is_enough) else 0


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    only = shlex.split(os.environ.get("ONLY", ""))
    measurement = None if only else Measurement(RESULTS)
    if measurement:
        measurement.begin()
    try:
        bring_programs()
        with chosen_suites(only) as chosen:
            run_all(chosen, measurement.env if measurement else {})
    except StartError as error:
        print(f"test: {error}", file=sys.stderr)
        return 1
    return report(chosen, measurement.judge() if measurement else None)


if __name__ == "__main__":
    sys.exit(main())
