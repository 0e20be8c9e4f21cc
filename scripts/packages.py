"""Packages of the system that the portal or its tests need beside Python's and npm's: brought by apt, or named.

`python -m scripts.packages` (scripts/setup calls it) brings what PDFs need, where that needs no asking; else it says
what is missing and goes on: everything but PDFs works without.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.environment import ROOT

APT = [
    "apt-get",
    "--quiet",
    "--option=Acquire::http::Timeout=30",
    "--option=Acquire::https::Timeout=30",
    "--option=Acquire::Retries=1",
    "--option=DPkg::Lock::Timeout=60",
]
# Seconds for what the network may hold up; the installing itself must not be broken off.
UPDATE, FETCH = 120, 600
PDF = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")  # as Debian names them


def missing_for_pdf() -> Sequence[str]:
    """The packages that WeasyPrint needs, where it cannot find its libraries."""
    found = subprocess.run([sys.executable, "-c", "import weasyprint"], capture_output=True, check=False)
    return PDF if found.returncode else ()


def bring(packages: Sequence[str], log: Path) -> bool:
    """Installs them by apt, where there is one and nobody has to be asked; whether it was tried. Says why it failed."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    try:
        _install(packages, log)
    except AptError as error:
        what = " ".join(packages)
        print(
            f"apt: could not bring {what} ({error}): check the network and apt's sources, or install them by hand; "
            f"{log} says more.",
            file=sys.stderr,
        )
    return True


class AptError(Exception):
    """In apt's own words."""


def _install(packages: Sequence[str], log: Path) -> None:
    """Raises AptError."""
    _status, said = _apt("update", log=log, seconds=UPDATE)
    if not re.search("^(Hit|Get):", said, re.MULTILINE):
        raise AptError(_reason(said))  # apt itself would go on, and wait in vain for each package
    for how, seconds in (("--download-only", FETCH), ("--no-download", None)):
        install = ["install", "--yes", "--no-install-recommends", how, *packages]
        status, said = _apt(*install, log=log, seconds=seconds)
        if status:
            raise AptError(_reason(said))


def _apt(*arguments: str, log: Path, seconds: float | None) -> tuple[int, str]:
    """The exit status, and what it said, which the log also gets. Raises AptError when the time is over."""
    with log.open("a+") as output:
        begin = output.tell()
        try:
            done = subprocess.run(
                [*APT, *arguments],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise AptError(f"no end after {seconds:.0f} s") from error
        output.seek(begin)
        return done.returncode, output.read()


def _reason(said: str) -> str:
    """The first error, else the first warning: what follows is mostly of no use."""
    for mark in ("E: ", "W: "):
        for line in said.splitlines():
            if line.startswith(mark):
                return line.removeprefix(mark)
    return "no source answers"


def main() -> None:
    missing = missing_for_pdf()
    if missing:
        print(f"setup: installing what PDFs need: {' '.join(missing)}", flush=True)
        if not bring(missing, ROOT / "var" / "apt.log") or missing_for_pdf():
            print(f"setup: no PDFs can be made here: {' '.join(missing)} missing (as Debian names them); install them.")


if __name__ == "__main__":
    main()
