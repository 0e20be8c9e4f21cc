"""The doctor, asked in the environment of a running stack."""

import json
import os
import subprocess
import sys

from scripts.environment import ROOT
from scripts.stack import Stack


def doctor(portal: Stack, *arguments: str) -> dict[str, str]:
    """What it finds, by check: the worst of it."""
    command = [sys.executable, "manage.py", "doctor", "--json", *arguments]
    found = subprocess.run(command, cwd=ROOT, env=os.environ | portal.env, capture_output=True, text=True, check=False)
    return {check["id"]: check["level"] for check in json.loads(found.stdout)["checks"]}
