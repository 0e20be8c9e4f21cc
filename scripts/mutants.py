"""`make mutants`: how many small changes of portal/resources its own tests notice; what they miss is shown.

Not in CI: it takes some ten minutes. docs/mutants.md explains what survives.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.environment import ROOT

MUTMUT = str(Path(sys.executable).with_name("mutmut"))
COPY = ROOT / "mutants"  # of the code, with all mutants in it
LEAST = 95.0  # percent


def run(*arguments: str) -> None:
    subprocess.run([MUTMUT, *arguments], cwd=ROOT, check=True)


def output(*arguments: str) -> str:
    return subprocess.run([MUTMUT, *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def survivors() -> list[str]:
    """Names of the mutants that no test noticed."""
    lines = (line.strip().partition(": ") for line in output("results").splitlines())
    return [name for name, _colon, outcome in lines if outcome in ("survived", "no tests")]


def main() -> int:
    shutil.rmtree(COPY, ignore_errors=True)  # else what earlier tests said of a mutant would stand
    run("run", "--max-children", "2")
    output("export-cicd-stats")
    found = json.loads((COPY / "mutmut-cicd-stats.json").read_text())
    killed = found["killed"] + found["timeout"]
    percent = 100 * killed / found["total"]
    for name in survivors():
        print(output("show", name))
    print(f"{killed} of {found['total']} mutants killed ({percent:.1f} %), {found['total'] - killed} survived")
    return 0 if percent >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
