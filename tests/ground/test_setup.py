"""`make` and `scripts/setup`: what they say, what an interruption leaves, and that they do nothing without need."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import packages
from scripts.environment import ROOT
from scripts.processes import Process, wait_until
from tests.ground.test_processes import assert_ends

# Python, but for asking apt.
PYTHON = f'test "$2" = scripts.packages || exec {sys.executable} "$@"'
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


class Machine:
    """A folder with what setup needs, and programs of our own making in place of those that download.

    Each program notes with what arguments it was called, and does what its line of shell says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        for name in ("scripts", "requirements"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, folder)
        self.programs.mkdir()
        self.python = folder / ".venv" / "bin" / "python"
        self.program(self.python, PYTHON)
        self.does("uv", "true")
        self.does("npm", "mkdir -p node_modules")
        self.env = {"PATH": f"{self.programs}:{os.environ['PATH']}"}

    def does(self, name: str, line: str) -> None:
        self.program(self.programs / name, line)

    def program(self, path: Path, line: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "$@" >> {self.folder}/{path.name}.calls\n{line}\n')
        path.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        noted = self.folder / f"{name}.calls"
        return noted.read_text().splitlines() if noted.exists() else []

    def setup(self, **env: str) -> subprocess.CompletedProcess[str]:
        return setup(self.folder, **self.env, **env)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("program", "what", "index"),
    [("uv", "Python", "UV_DEFAULT_INDEX"), ("npm", "npm", "npm_config_registry")],
)
def test_a_download_that_fails_ends_in_a_sentence_that_says_what_to_do(
    machine: Machine, program: str, what: str, index: str
) -> None:
    machine.does(program, "echo trying; echo error: no such package as x >&2; exit 1")
    result = machine.setup()
    assert result.returncode == 1
    assert result.stderr == (
        "error: no such package as x\n"
        f"setup: could not install the {what} packages (above and var/setup.log say why): "
        f"check the network, or name another source of it by {index}, and run this again.\n"
    )


def test_a_network_that_hangs_is_given_up_unless_the_environment_has_other_figures(machine: Machine) -> None:
    machine.does("uv", "echo $UV_HTTP_TIMEOUT $UV_HTTP_RETRIES $PIP_DEFAULT_TIMEOUT $PIP_RETRIES > figures")
    for name in ("UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES", "PIP_RETRIES"):
        machine.env[name] = ""
    assert machine.setup(PIP_DEFAULT_TIMEOUT="180").returncode == 0
    assert (machine.folder / "figures").read_text() == "30 2 180 2\n"
    assert "fetch-timeout=60000\nfetch-retries=1\n" in (ROOT / ".npmrc").read_text()


def test_after_an_interruption_packages_that_look_installed_are_installed_again(machine: Machine) -> None:
    machine.does("uv", "kill -KILL $$")
    assert machine.setup().returncode == 1
    machine.does("uv", "true")
    assert machine.setup().returncode == 0
    assert ["--reinstall" in call for call in machine.calls("uv")] == [False, True]

    (machine.folder / ".venv" / "installed.txt").write_text("other packages")
    assert machine.setup().returncode == 0
    assert "--reinstall" not in machine.calls("uv")[-1]


def test_an_environment_that_was_left_half_made_is_made_anew(machine: Machine) -> None:
    machine.does("python", f'case "$*" in *--clear*) exit 1;; esac; {PYTHON}')
    machine.python.unlink()
    assert machine.setup().returncode == 1

    machine.program(machine.python, PYTHON)  # which is there before the rest
    machine.does("python", f'case "$*" in *--clear*) exit 0;; esac; {PYTHON}')
    assert "making .venv" in machine.setup().stdout
    assert "making .venv" not in machine.setup().stdout


def test_a_download_that_does_not_listen_ends_with_setup(machine: Machine) -> None:
    """As npm, which catches SIGTERM and goes on."""
    machine.does("npm", "trap '' TERM; sleep 60 & echo $! > sleeping; wait")
    sleeping = machine.folder / "sleeping"
    running = Process("setup", [str(machine.folder / "scripts" / "setup")], env=machine.env, log=machine.folder / "log")
    running.start()
    wait_until(lambda: sleeping.exists() and sleeping.read_text().endswith("\n"), running)
    os.killpg(running.pid, signal.SIGTERM)
    assert_ends(Path(f"/proc/{running.pid}/stat"))
    assert_ends(Path(f"/proc/{int(sleeping.read_text())}/stat"))
    running.stop()


def test_a_translation_is_compiled_as_a_whole_or_not_at_all(machine: Machine) -> None:
    catalog = machine.folder / "locale" / "de" / "LC_MESSAGES" / "django.po"
    catalog.parent.mkdir(parents=True)
    catalog.touch()
    machine.program(machine.folder / ".venv" / "bin" / "pybabel", 'echo half > "$6"; exit 1')
    assert machine.setup().returncode == 1
    assert not catalog.with_suffix(".mo").exists()


@pytest.fixture
def as_root(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine where apt may be asked; it does nothing yet."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", machine.env["PATH"])
    machine.does("apt-get", "echo Hit:1 here")
    return machine


def test_packages_are_fetched_before_they_are_installed(as_root: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    assert packages.bring(["chromium"], as_root.folder / "apt.log")
    steps = [re.sub(r"--quiet|--option=\S+", "", call).split() for call in as_root.calls("apt-get")]
    install = ["install", "--yes", "--no-install-recommends"]
    assert steps == [["update"], [*install, "--download-only", "chromium"], [*install, "--no-download", "chromium"]]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("line", "reason", "last"),
    [
        ("echo W: Failed to fetch it", "Failed to fetch it", "update"),
        (
            'case "$*" in *update) echo Hit:1 here;; *) echo E: Unable to locate package chromium; exit 100;; esac',
            "Unable to locate package chromium",
            "chromium",
        ),
        ("exec sleep 60", "no end after 1 s", "update"),
    ],
    ids=["no network", "no such package", "hangs"],
)
def test_where_apt_fails_a_sentence_names_the_packages_the_reason_and_what_to_do(
    as_root: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    line: str,
    reason: str,
    last: str,
) -> None:
    monkeypatch.setattr(packages, "UPDATE", 1)
    as_root.does("apt-get", line)
    assert packages.bring(["chromium"], as_root.folder / "apt.log")
    assert capfd.readouterr().err == (
        f"apt: could not bring chromium ({reason}): check the network and apt's sources, or install them by hand; "
        f"{as_root.folder / 'apt.log'} says more.\n"
    )
    assert as_root.calls("apt-get")[-1].endswith(last)
