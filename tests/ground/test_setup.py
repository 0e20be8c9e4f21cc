"""`make` and `scripts/setup`: what they say, and that they do nothing when there is nothing to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.environment import ROOT

TOOLS = ("sh", "dirname", "cp", "cmp", "cat", "tail", "mkdir")


def setup(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "scripts" / "setup"], env=os.environ | env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that has a shell and no Python."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool) or "")
    return {"PATH": str(programs), "PYENV_ROOT": str(tmp_path), "HOME": str(tmp_path)}


def test_make_alone_lists_the_targets() -> None:
    listed = subprocess.run(["make", "--silent"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("setup", "demo", "test", "lint", "bench"):
        assert f"make {target} " in listed


def test_setup_does_nothing_when_nothing_has_changed() -> None:
    result = setup(ROOT)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_setup_without_python_says_in_one_sentence_what_to_install(
    tmp_path: Path, bare_machine: dict[str, str]
) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    result = setup(tmp_path, **bare_machine)
    assert result.returncode == 1
    assert result.stderr == (
        "setup: found neither Python 3.12 or newer (with venv and pip) nor uv: "
        "install one of them and run this again.\n"
    )


def test_setup_passes_over_a_python_that_is_too_old(tmp_path: Path, bare_machine: dict[str, str]) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    old = tmp_path / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # what asking it for its version comes to
    old.chmod(0o755)
    assert "found neither Python 3.12" in setup(tmp_path, **bare_machine).stderr
