"""The tests' clock: it is the same moment for all of them, and no test looks at another clock."""

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripts.environment import ROOT
from tests.support.moment import AT
from tests.support.services import Sandbox

#: What tells the time, as tests write it.
CLOCKS = {
    f"{module}.{name}"
    for module, names in {
        "datetime": ("now", "today", "utcnow"),
        "date": ("today",),
        "time": ("time", "time_ns", "localtime", "gmtime", "strftime"),
        "timezone": ("now", "localdate", "localtime"),
    }.items()
    for name in names
}
SOON = timedelta(minutes=5)  # this module may have begun that long ago


def test_each_module_begins_at_the_moment_of_all_tests() -> None:
    assert timedelta() <= datetime.now(UTC) - AT < SOON
    assert 0 <= time.time() - AT.timestamp() < SOON.total_seconds()


def test_processes_that_tests_start_live_in_the_same_time() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"], capture_output=True, text=True, check=True
    )
    assert abs(float(told.stdout) - time.time()) < SOON.total_seconds()


def test_the_platform_lives_in_the_same_time(shared_platform: Sandbox) -> None:
    platform_now = datetime.fromisoformat(shared_platform.control(reset=True)["now"])
    assert abs(platform_now - datetime.now(UTC)) < SOON


@pytest.mark.parametrize(
    "source",
    [
        "from freezegun import freeze_time",
        "then = time_machine.escape_hatch.datetime.datetime.now()",
        "LATER = timezone.now()",
        "@pytest.mark.parametrize('at', [datetime.now(UTC)])\ndef test(at): ...",
        "def test(at=date.today()): ...",
        "def test(): os.environ.pop('TEST_CLOCK')",
    ],
)
def test_what_would_read_another_clock_is_found(source: str) -> None:
    assert list(faults(ast.parse(source)))


def test_what_reads_the_clock_of_the_tests_when_it_runs_is_fine() -> None:
    source = "def test():\n    now = timezone.now()\n    later = lambda: time.time()\nAT = moment.AT"
    assert not list(faults(ast.parse(source)))


def test_no_test_reads_another_clock() -> None:
    own = {ROOT / "tests/support/moment.py", ROOT / "tests/support/clock/sitecustomize.py", Path(__file__)}
    found = [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path not in own
        for line, fault in faults(ast.parse(path.read_text()))
    ]
    assert not found, "\n".join(found)


def faults(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What in a module gets at the real time, or asks for the time before its tests have begun (line, what)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "escape_hatch":
            yield node.lineno, "looks past the tests' clock"
        if isinstance(node, ast.Constant) and node.value == "TEST_CLOCK":
            yield node.lineno, "takes the tests' clock from a process"
        if isinstance(node, ast.Import | ast.ImportFrom) and "freezegun" in ast.dump(node):
            yield node.lineno, "brings another clock"
    for call in calls_at_import(tree):
        if ast.unparse(call.func) in CLOCKS:
            yield call.lineno, f"asks {ast.unparse(call)} when it is imported, not when its tests run"


def calls_at_import(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that are made while a module is imported: bodies of functions are not, what decorates them is."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)):
                yield from calls_at_import(ast.Expression(part))
        elif isinstance(child, ast.Lambda):
            continue
        else:
            yield from calls_at_import(child)
