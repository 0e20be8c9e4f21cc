"""How much of the portal a run of the tests has reached, over all its processes, and whether that is enough.

pyproject.toml says what is measured, and the figure that a run may not fall below.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.environment import ROOT


@dataclass(frozen=True)
class Covered:
    percent: str
    is_enough: bool
    missed: Path  # a file that names the lines


class Measurement:
    """Python processes that have `env` in their environment measure themselves: coverage's own .pth file sees to it."""

    def __init__(self, results: Path) -> None:
        self._directory = results / "coverage"
        self._missed = results / "coverage.txt"
        self.env = {
            "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"),
            "COVERAGE_FILE": str(self._directory / "data"),
            # The plugin is loaded before Python looks into the directory that it was started in.
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        }

    def begin(self) -> None:
        """Nothing is left of an earlier run."""
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)

    def judge(self) -> Covered:
        """What all processes together have reached; afterwards, when all have ended."""
        self._coverage("combine")
        report = self._coverage("report", "--show-missing", "--skip-covered")
        self._missed.write_text(report.stdout + report.stderr)
        total = self._coverage("report", "--format=total").stdout.strip()
        return Covered(total, is_enough=report.returncode == 0, missed=self._missed)

    def _coverage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "coverage", *arguments],
            cwd=ROOT,
            env=os.environ | {"COVERAGE_FILE": self.env["COVERAGE_FILE"], "PYTHONPATH": self.env["PYTHONPATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
