"""`make lint`: all checks that run no test, two at a time; says of each whether it holds."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from scripts.environment import ROOT, production_like

DEVELOPMENT = {"DEBUG": "1"}  # no secrets needed
SANDBOX = "--settings=portal.sandbox.settings"


@dataclass(frozen=True)
class Check:
    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)


def _manage(*arguments: str) -> list[str]:
    return ["manage.py", *arguments]


CHECKS = [
    Check("types", ["-m", "mypy"], DEVELOPMENT),
    Check("types, sandbox", ["-m", "mypy", "--config-file", "scripts/mypy-sandbox.ini"]),
    Check("style", ["-m", "ruff", "check", "--quiet", "--output-format=concise"]),
    Check("format", ["-m", "ruff", "format", "--check", "--output-format=concise"]),
    Check("import rules", ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"]),
    Check("templates", ["-m", "djlint", "--lint", "--quiet", "templates"]),
    Check(
        "settings for production",
        _manage("check", "--deploy", "--fail-level=WARNING"),
        production_like(),
    ),
    Check("migrations", _manage("makemigrations", "--check", "--dry-run"), DEVELOPMENT),
    Check("migrations under running code", ["-m", "scripts.migrations"], DEVELOPMENT),
    Check("sandbox, settings", _manage("check", SANDBOX)),
    Check("sandbox, migrations", _manage("makemigrations", "--check", "--dry-run", SANDBOX)),
]


def run(check: Check) -> bool:
    """Runs one check and prints its outcome; its output only where it fails."""
    started = time.monotonic()
    result = subprocess.run(
        [sys.executable, *check.command],
        cwd=ROOT,
        env=os.environ | check.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    holds = result.returncode == 0
    report = f"{'ok' if holds else 'FAILED':6}  {check.name} ({time.monotonic() - started:.1f} s)\n"
    print(report if holds else report + result.stdout, end="", flush=True)
    return holds


def main() -> int:
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(run, CHECKS))
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
