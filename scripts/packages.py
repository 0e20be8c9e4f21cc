"""Packages of the system that the portal or its tests need beside Python's and npm's: brought by apt, or named.

`python -m scripts.packages` (scripts/setup calls it) brings what PDFs need, where that needs no asking; else it says
what is missing and goes on: everything but PDFs works without.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.environment import ROOT

PDF = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")  # as Debian names them


def missing_for_pdf() -> Sequence[str]:
    """The packages that WeasyPrint needs, where it cannot find its libraries."""
    found = subprocess.run([sys.executable, "-c", "import weasyprint"], capture_output=True, check=False)
    return PDF if found.returncode else ()


def bring(packages: Sequence[str], log: Path) -> bool:
    """Installs them by apt, where there is one and nobody has to be asked; whether it was tried."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(
                ["apt-get", "--quiet", *command],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
    return True


def main() -> None:
    missing = missing_for_pdf()
    if missing:
        print(f"setup: installing what PDFs need: {' '.join(missing)}", flush=True)
        if not bring(missing, ROOT / "var" / "apt.log") or missing_for_pdf():
            print(f"setup: no PDFs can be made here: {' '.join(missing)} missing (as Debian names them); install them.")


if __name__ == "__main__":
    main()
