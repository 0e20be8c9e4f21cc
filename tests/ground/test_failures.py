"""A failed test's report says what the portal logged, whose folder nobody sees again."""

import subprocess
import sys
from pathlib import Path

from scripts.environment import ROOT

TEST = """
import pytest
from scripts.stack import Stack

@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path, secrets={})
    stack.worker.log.parent.mkdir()
    stack.worker.log.write_text("the worker was told something nobody expected")
    return stack

@pytest.fixture
def page_of_it(stack):
    return stack.url

@pytest.fixture
def renewed(stack):
    return stack

def test_that_fails(page_of_it, renewed):
    assert not page_of_it

def test_that_passes(page_of_it):
    pass
"""


def test_a_failed_test_tells_what_its_portal_has_logged(tmp_path: Path) -> None:
    path = tmp_path / "test_one.py"
    path.write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.failures", "-c", "/dev/null", str(path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert "1 failed, 1 passed" in said, said
    assert "worker, which has ended" in said
    assert said.count("the worker was told something nobody expected") == 1
