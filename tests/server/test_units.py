"""The files for systemd: it understands all of them, and what they run is what compose.yaml runs."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from portal.celery import QUEUES
from scripts.environment import ROOT
from scripts.served import CURRENT, FILES, WORKERS, Unit
from tests.support.services import require

COMPOSE = (ROOT / "compose.yaml").read_text()
UNITS = sorted(path.name for path in FILES.glob("*portal*.*") if path.is_file())
# What every system has, and units refer to without saying so.
EVERYWHERE = {
    "sysinit.target": "[Unit]\nDescription=Stand-in\n",
    "basic.target": "[Unit]\nDescription=Stand-in\n",
    "shutdown.target": "[Unit]\nDescription=Stand-in\nDefaultDependencies=no\n",
    "network-online.target": "[Unit]\nDescription=Stand-in\n",
    "multi-user.target": "[Unit]\nDescription=Stand-in\n",
    "timers.target": "[Unit]\nDescription=Stand-in\n",
}


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """The root of a server on which the files lie where the handbook says, and programs where they are expected."""
    units = tmp_path / "etc/systemd/system"
    shutil.copytree(FILES, units)
    for name, text in EVERYWHERE.items():
        (units / name).write_text(text)
    for program in (f"{CURRENT}/.venv/bin/gunicorn", f"{CURRENT}/.venv/bin/celery", "/usr/local/sbin/portal"):
        path = tmp_path / program.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return tmp_path


def complaints(server: Path) -> str:
    command = [require("systemd-analyze"), "verify", f"--root={server}", "--man=no"]
    units = [str(server / "etc/systemd/system" / name) for name in UNITS]
    done = subprocess.run([*command, *units], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_systemd_understands_every_line(server: Path) -> None:
    assert complaints(server) == ""


def test_a_line_that_it_does_not_understand_would_be_found(server: Path) -> None:
    with (server / "etc/systemd/system/portal-.service.d/shared.conf").open("a") as shared:
        shared.write("[Service]\nProtectEverything=yes\n")
    assert "ProtectEverything" in complaints(server)


@pytest.mark.parametrize("name", [*WORKERS, "beat"])
def test_what_it_runs_is_what_compose_runs(name: str) -> None:
    unit = shlex.split(Unit(f"portal-{name}.service")["Service"]["ExecStart"].replace("%%", "%"))
    found = re.search(rf"\n  {name}:\n.*?\n    command: (.+?)\n", COMPOSE, re.DOTALL)
    assert found
    assert unit == [f"{CURRENT}/.venv/bin/celery", *shlex.split(found[1])[1:]]


def test_each_queue_has_one_worker() -> None:
    commands = [shlex.split(Unit(f"portal-{name}.service")["Service"]["ExecStart"]) for name in WORKERS]
    taken = [queue for command in commands for queue in command[command.index("--queues") + 1].split(",")]
    assert sorted(taken) == sorted(QUEUES)


def test_each_begins_and_ends_with_the_portal() -> None:
    for name in UNITS:
        if name.startswith("portal-"):
            unit = Unit(name)
            assert (unit["Install"]["WantedBy"], unit["Unit"]["PartOf"]) == ("portal.target", "portal.target")


@pytest.mark.parametrize("name", ["web", *WORKERS, "beat"])
def test_none_has_rights_that_it_does_not_need(name: str) -> None:
    service = Unit(f"portal-{name}.service")["Service"]
    assert service["User"] == "portal"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
