"""docs/asvs.md names for each control the test that shows it: every test that it names is there."""

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
NAMED = re.compile(r"`((?:[a-z_]+/)+test_[a-z_]+)::(test_[a-z0-9_]+)`")


def claims() -> list[tuple[str, str]]:
    """(file below tests/, name of a test in it), as the document has them."""
    return NAMED.findall((TESTS.parent / "docs" / "asvs.md").read_text(encoding="utf-8"))


def test_every_test_that_the_document_names_is_there() -> None:
    found = claims()
    assert len(found) > 60
    missing = [f"{file}::{test}" for file, test in found if not has(file, test)]
    assert not missing


def has(file: str, test: str) -> bool:
    path = TESTS / f"{file}.py"
    return path.exists() and re.search(rf"^def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


def test_every_control_names_a_test_or_says_why_there_is_none() -> None:
    document = (TESTS.parent / "docs" / "asvs.md").read_text(encoding="utf-8")
    controls = [line for line in document.splitlines() if re.match(r"\| \d+\.\d+\.\d+", line)]
    assert len(controls) > 50
    assert [line for line in controls if not NAMED.search(line) and "| — " not in line] == []
