"""What the image is made of, for whoever has to answer for it: packages, versions, licences (CycloneDX).

python scripts/bill_of_materials.py DIRECTORY

writes python.cdx.json and npm.cdx.json, and licences.txt, a line for each package. Debian's own packages are listed by
Debian (/var/lib/dpkg/status), which scanners read by themselves. Called by the Dockerfile, with the environment's
Python; needs `cyclonedx-py` and `npm` on PATH, and nothing of the project.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

UNKNOWN = "unknown: see the package"


def main(directory: Path) -> None:
    """Write all three."""
    directory.mkdir(parents=True, exist_ok=True)
    bills = {"python.cdx.json": of_python(), "npm.cdx.json": of_npm()}
    for name, bill in bills.items():
        (directory / name).write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n")
    lines = sorted(line for bill in bills.values() for line in licences(bill))
    (directory / "licences.txt").write_text("".join(f"{line}\n" for line in lines))


def of_python() -> dict[str, Any]:
    """What is installed beside the Python that runs this."""
    return _said(["cyclonedx-py", "environment", "--output-reproducible", "--output-format", "JSON", sys.prefix])


def of_npm() -> dict[str, Any]:
    """What the lock file names, but for what only developers need."""
    return _said(["npm", "sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"])


def licences(bill: dict[str, Any]) -> Iterator[str]:
    """Each package with its version and what it may be used under."""
    for one in bill["components"]:
        yield f"{one['name']} {one['version']}: {'; '.join(_licences_of(one)) or UNKNOWN}"


def _licences_of(component: dict[str, Any]) -> list[str]:
    """By their SPDX ids; where a package has none, as it calls them itself."""
    found = [{"id": entry.get("expression")} | entry.get("license", {}) for entry in component.get("licenses", ())]
    ids = [one["id"] for one in found if one["id"]]
    return list(dict.fromkeys(ids or [one["name"].rpartition(" :: ")[2] for one in found if "name" in one]))


def _said(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # what it complains of is seen
    said: dict[str, Any] = json.loads(done.stdout)
    return said


if __name__ == "__main__":
    main(Path(sys.argv[1]))
