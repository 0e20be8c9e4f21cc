"""`make demo`: a portal with a platform of its own to try it on, from nothing, until Ctrl-C.

What it keeps is in var/demo (or the directory given): databases, Redis, logs, secrets. FRESH=1 starts over.
"""

import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from scripts.environment import ROOT, new_secrets
from scripts.packages import missing_for_pdf
from scripts.processes import Process, StartError, answers, wait_until
from scripts.stack import Stack, redis_program

DIRECTORY = ROOT / "var" / "demo"
RESTART_AFTER = 30  # seconds a process must have run before it is worth starting again

PEOPLE = """\
  Portal    {url}        password for all: portal-demo
              manager@example.com   everything of customer 10001
              operator@example.com  machines, service users, groups
              viewer@example.com    sees the same, changes nothing
              billing@example.com   consumption and invoices
              child@example.com     operator, only of the group "example"
              outsider@example.com  manager of another customer, 10002
              staff@example.com     support staff
  Platform  {sandbox_url}/v1     user "services", password "services-demo-key" (XML-RPC)
  Logs      {logs}
"""


def say(text: str) -> None:
    print(f"demo: {text}", flush=True)


def chosen_port(variable: str, default: int) -> int:
    """The port that the environment asks for. Raises StartError where it can't be had."""
    value = os.environ.get(variable) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise StartError(f"{variable}={value} is no port: give a number from 1 to 65535.")
    try:
        socket.create_server(("127.0.0.1", int(value))).close()
    except OSError as error:
        raise StartError(
            f"port {value} can't be had ({os.strerror(error.errno or 0).lower()}): "
            f"stop what uses it, or run make demo {variable}={int(value) + 10}."
        ) from error
    return int(value)


def stored_secrets(file: Path) -> dict[str, str]:
    """The demo's secrets, made at its first run."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in new_secrets().items()))
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def prepare(stack: Stack) -> None:
    """Brings databases and static files up to date; fills the databases at the first run."""
    seeded = stack.directory / "seeded"  # both databases are complete
    is_first_run = not seeded.exists()
    if is_first_run:
        for leftover in stack.directory.glob("*.sqlite3*"):
            leftover.unlink()
    say(
        "making the platform's demo world, the people and the static files" if is_first_run else "updating the database"
    )
    with ThreadPoolExecutor() as pool:
        tasks = [
            pool.submit(prepare_portal, stack, is_first_run),
            pool.submit(stack.manage, "collectstatic", "--no-input", "--verbosity", "0"),
        ]
        if is_first_run:
            tasks.append(pool.submit(stack.seed_sandbox))
        for task in tasks:
            task.result()
    seeded.touch()


def prepare_portal(stack: Stack, is_first_run: bool) -> str:
    output = stack.manage("migrate", "--verbosity", "0")
    return stack.manage("seed_demo") if is_first_run else output


def start(stack: Stack) -> None:
    program = redis_program()
    if program:
        say(f"starting {Path(program).name}, sandbox, web server, worker and scheduler")
    else:
        say("neither redis-server nor valkey-server is installed: using a stand-in in memory, slower but complete")
        say("starting the stand-in, sandbox, web server, worker and scheduler")
    if missing := missing_for_pdf():
        say(f"{' '.join(missing)} missing (as Debian names them): no PDFs are made until they are installed")
    stack.start()
    wait_until(lambda: answers(stack.url), stack.web)


def supervise(stack: Stack) -> None:
    """Starts again what ends by itself. Raises StartError for what doesn't even run for a while."""
    started = {process.name: time.monotonic() for process in stack.processes}
    while True:
        time.sleep(0.5)
        for process in stack.processes:
            if not process.is_alive:
                restart(process, stack, started)


def restart(process: Process, stack: Stack, started: dict[str, float]) -> None:
    report = f"{process.name} has ended. Its log ({process.log}) ends with:\n{process.tail()}"
    if time.monotonic() - started[process.name] < RESTART_AFTER:
        raise StartError(report)
    say(report)
    say(f"starting {process.name} again")
    process.kill()
    process.start()
    stack.wait(process)
    started[process.name] = time.monotonic()


def end(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(directory: Path) -> None:
    begun = time.monotonic()
    port, sandbox_port = chosen_port("PORT", 8000), chosen_port("SANDBOX_PORT", 8001)
    if os.environ.get("FRESH"):
        say("starting over")
        shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    secrets = stored_secrets(directory / "env")
    stack = Stack(directory, secrets=secrets, port=port, sandbox_port=sandbox_port, extra_env={"DEMO": "1"})
    try:
        prepare(stack)
        start(stack)
        say(f"ready after {time.monotonic() - begun:.0f} s; Ctrl-C stops everything\n")
        print(PEOPLE.format(url=stack.url, sandbox_url=stack.sandbox_url, logs=directory / "log"), flush=True)
        supervise(stack)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping takes a moment, and must be complete
        say("stopping everything")
        stack.stop()


def main(directory: Path = DIRECTORY) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            run(directory)
    except StartError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
