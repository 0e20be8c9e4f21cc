"""`make test`: what it runs where, and the table at its end."""

import logging
from pathlib import Path

import pytest

from scripts import test as make_test
from scripts.covered import Covered
from scripts.environment import ROOT
from scripts.test import ALSO_ON_SQLITE, SANDBOX_ALSO_ON_SQLITE, Suite, chosen_suites, count, processes, report, suites

REPORT = """<testsuites><testsuite tests="4" failures="1" errors="1" skipped="1">
<testcase file="tests/a.py" name="test_quick" time="0.5"/><testcase file="tests/a.py" name="test_slow" time="9"/>
</testsuite></testsuites>"""


@pytest.fixture
def no_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.postgres.binaries", lambda: None)


def test_all_of_it_runs_on_postgresql() -> None:
    portal, sandbox = suites("PostgreSQL", [], "postgres://server/tests")
    assert (portal.paths, sandbox.paths) == (["tests"], ["tests/sandbox"])
    assert portal.env["DATABASE_URL"] == sandbox.env["SANDBOX_DATABASE_URL"] == "postgres://server/tests"


def test_a_part_runs_with_the_settings_it_belongs_to() -> None:
    found = suites("PostgreSQL", ["tests/billing", "tests/sandbox/test_api.py", "tests/api/test_tls.py::test_x[a b]"])
    assert [(suite.name, suite.paths) for suite in found] == [
        ("portal, PostgreSQL", ["tests/billing", "tests/api/test_tls.py::test_x[a b]"]),
        ("sandbox, PostgreSQL", ["tests/sandbox/test_api.py"]),
    ]
    assert [suite.name for suite in suites("PostgreSQL", ["tests/sandbox"])] == ["sandbox, PostgreSQL"]


@pytest.mark.parametrize(
    ("paths", "number"),
    [(["tests"], "3"), (["tests/billing"], "2"), (["tests/api", "tests/ui"], "2"), (["tests/api/test_tls.py"], "0")],
)
def test_the_whole_runs_on_more_processes_than_there_are_cores_and_a_module_on_one(
    paths: list[str], number: str
) -> None:
    assert processes(Suite("portal, PostgreSQL", paths)) == number


@pytest.mark.parametrize("path", [*ALSO_ON_SQLITE, *SANDBOX_ALSO_ON_SQLITE])
def test_what_also_runs_on_sqlite_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_without_postgresql_all_runs_on_sqlite_and_that_is_said(
    no_postgresql: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with chosen_suites([]) as found:
        assert [(suite.name, suite.paths, suite.env) for suite in found] == [
            ("portal, SQLite", ["tests"], {}),
            ("sandbox, SQLite", ["tests/sandbox"], {}),
        ]
    assert "no PostgreSQL found" in capsys.readouterr().out


def test_in_ci_a_missing_postgresql_is_a_failure(no_postgresql: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(make_test.StartError, match="no PostgreSQL found"), chosen_suites([]):
        pass


@pytest.fixture
def done(tmp_path: Path) -> Suite:
    (tmp_path / "report.xml").write_text(REPORT)
    suite = Suite("portal, PostgreSQL", ["tests"])
    count(suite, tmp_path / "report.xml")
    return suite


def test_the_table_ends_with_the_line_that_ci_reads(done: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    assert report([done, done], None) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 4 failed, 2 skipped"


def test_the_slowest_stand_first(done: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    report([done], None)
    told = capsys.readouterr().out
    assert 0 < told.index("9.0 s  tests/a.py::test_slow") < told.index("0.5 s  tests/a.py::test_quick")


@pytest.mark.parametrize(("is_enough", "status"), [(True, 0), (False, 1)])
def test_too_little_coverage_fails_a_run_in_which_nothing_else_failed(
    capsys: pytest.CaptureFixture[str], is_enough: bool, status: int
) -> None:
    passed = Suite("portal, PostgreSQL", ["tests"], passed=1)
    assert report([passed], Covered("97.12", is_enough, ROOT / "var" / "test" / "coverage.txt")) == status
    told = capsys.readouterr().out
    assert "97.12 %" in told
    assert ("var/test/coverage.txt" in told) is not is_enough
    assert told.endswith("\n1 passed, 0 failed, 0 skipped\n")


def test_a_logger_made_beside_it_does_not_end_a_walk_through_loggers() -> None:
    walk = iter(logging.root.manager.loggerDict.values())  # as pytest's before each test
    next(walk)
    logging.getLogger("a thread imports a library meanwhile")
    list(walk)
