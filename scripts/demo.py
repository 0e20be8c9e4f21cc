"""`make demo`: a portal with a platform of its own to try it on, from nothing, until Ctrl-C.

What it keeps is in var/demo (or the directory given): databases, logs, secrets. FRESH=1 starts over. A signal to end is
heeded where it waits for something (`scripts.processes.pause`), so that nothing is ever left half done or forgotten.
"""

import contextlib
import functools
import os
import shutil
import socket
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from concurrent import futures
from hashlib import sha256
from pathlib import Path

from scripts import lock
from scripts.environment import ROOT, new_secrets
from scripts.packages import missing_for_pdf
from scripts.processes import AskedToEnd, NotReady, Process, StartError, answers, heed_signals, pause, wait_until
from scripts.stack import Stack, redis_program

DIRECTORY = ROOT / "var" / "demo"
EXTRA = {"DEMO": "1", "WEBHOOKS_MAY_CALL_LOOPBACK": "1"}
SEEDED = "seeded"  # the file that says that both databases are complete
RESTART_AFTER = 30  # seconds a process must have run before it is worth starting again
SLOW, PATIENCE = 10, 170  # seconds after which it says what it waits for, and gives it up

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
  Webhooks  {hooks}     shows what the demo's webhook was sent, and whether its signature is right
  Logs      {logs}
"""


def show(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone, or who read from us
        print(text, flush=True)


def say(text: str) -> None:
    show(f"demo: {text}")


def chosen_port(variable: str, default: int) -> int:
    """The port that the environment asks for. Raises StartError where that is none."""
    value = os.environ.get(variable) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise StartError(f"{variable}={value} is no port: give a number from 1 to 65535.")
    return int(value)


def check_port(variable: str, port: int) -> None:
    """Raises StartError where it can't be had."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise StartError(
            f"port {port} can't be had ({os.strerror(error.errno or 0).lower()}): "
            f"stop what uses it, or run make demo {variable}={port + 10}."
        ) from error


def start_over(directory: Path) -> None:
    """Removes everything but the locks, which are ours. The mark first: it must not outlive what it stands for."""
    (directory / SEEDED).unlink(missing_ok=True)
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".lock":
            path.unlink()


def stored_secrets(file: Path) -> dict[str, str]:
    """The demo's secrets, made at its first run."""
    if not file.exists():
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text("".join(f"{name}={value}\n" for name, value in new_secrets().items()))
        new.replace(file)
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def prepare(stack: Stack) -> None:
    """Brings databases and static files up to date; fills the databases at the first run."""
    seeded = stack.directory / SEEDED
    is_first_run = not seeded.exists()
    if is_first_run:
        for leftover in stack.directory.glob("*.sqlite3*"):
            leftover.unlink()
    say(
        "making the platform's demo world, the people and the static files" if is_first_run else "updating the database"
    )
    with futures.ThreadPoolExecutor() as pool:
        tasks = [
            pool.submit(prepare_portal, stack, is_first_run),
            # All of them: what was interrupted may have left half a file, which looks finished.
            pool.submit(stack.manage, "collectstatic", "--clear", "--no-input", "--verbosity", "0"),
        ]
        if is_first_run:
            tasks.append(pool.submit(stack.seed_sandbox))
        while futures.wait(tasks, timeout=0.1).not_done:
            pause(0)
        for task in tasks:
            task.result()
    seeded.touch()


def prepare_portal(stack: Stack, is_first_run: bool) -> str:
    output = stack.manage("migrate", "--verbosity", "0")
    if is_first_run:
        output = stack.manage("seed_demo")
    return output + stack.manage("seed_demo_webhook", f"{hooks_url(stack)}/hook", secret_of(stack))


def receiver(stack: Stack) -> Process:
    """What the demo's webhook is sent to."""
    command = [sys.executable, "-m", "scripts.webhook_receiver", hooks_url(stack).rpartition(":")[2]]
    env = stack.env | {"WEBHOOK_SECRET": secret_of(stack)}
    return Process("receiver", command, env=env, log=stack.directory / "log" / "receiver.log")


def hooks_url(stack: Stack) -> str:
    """Where the demo's webhook leads."""
    return f"http://127.0.0.1:{beside(stack.sandbox_port)}"


def beside(port: int) -> int:
    """The port for the receiver: the one after the sandbox's."""
    return port + 1 if port < 65535 else port - 1


def secret_of(stack: Stack) -> str:
    """The webhook's, made of the demo's own."""
    return f"whsec_{b64encode(sha256(stack.env['SECRET_KEY'].encode()).digest()).decode()}"


def start(stack: Stack) -> None:
    program = redis_program()
    if program:
        say(f"starting {Path(program).name}, sandbox, web server, worker and scheduler")
    else:
        say("neither redis-server nor valkey-server is installed: using a stand-in in memory, slower but complete")
        say("starting the stand-in, sandbox, web server, worker and scheduler")
    if missing := missing_for_pdf():
        say(f"{' '.join(missing)} missing (as Debian names them): no PDFs are made until they are installed")
    stack.launch()
    # In the order of starting: the later ones wait for the earlier, and would be blamed for them.
    for process in stack.processes:
        patiently(functools.partial(stack.wait, process, *stack.processes))
    patiently(functools.partial(wait_until, lambda: answers(stack.url), stack.web, *stack.processes))


def patiently(wait: Callable[..., None]) -> None:
    """Waits, and says for what where that takes long."""
    try:
        wait(seconds=SLOW)
    except NotReady as slow:
        say(str(slow))
        say("still waiting")
        wait(seconds=PATIENCE)


def supervise(stack: Stack) -> None:
    """Starts again what ends by itself. Raises StartError for what doesn't even run for a while."""
    started = {process.name: time.monotonic() for process in stack.processes}
    while True:
        pause(0.5)
        for process in stack.processes:
            if not process.is_alive:
                restart(process, started)


def restart(process: Process, started: dict[str, float]) -> None:
    report = f"{process.name} has ended. {process.last_words()}"
    if time.monotonic() - started[process.name] < RESTART_AFTER:
        raise StartError(report)
    say(report)
    say(f"starting {process.name} again")
    process.start()
    started[process.name] = time.monotonic()


def run(directory: Path) -> None:
    begun = time.monotonic()
    port, sandbox_port = chosen_port("PORT", 8000), chosen_port("SANDBOX_PORT", 8001)
    directory.mkdir(parents=True, exist_ok=True)
    with lock.held(directory, f"http://127.0.0.1:{port}, process {os.getpid()}"):
        check_port("PORT", port)
        check_port("SANDBOX_PORT", sandbox_port)
        check_port("SANDBOX_PORT", beside(sandbox_port))
        if os.environ.get("FRESH"):
            say("starting over")
            start_over(directory)
        secrets = stored_secrets(directory / "env")
        own_address = {"PORTAL_URL": f"http://127.0.0.1:{port}"}
        stack = Stack(directory, secrets=secrets, port=port, sandbox_port=sandbox_port, extra_env=EXTRA | own_address)
        stack.beside.append(receiver(stack))
        try:
            prepare(stack)
            start(stack)
            say(f"ready after {time.monotonic() - begun:.0f} s; Ctrl-C stops everything\n")
            urls = {"url": stack.url, "sandbox_url": stack.sandbox_url, "hooks": hooks_url(stack)}
            show(PEOPLE.format(**urls, logs=directory / "log"))
            supervise(stack)
        finally:
            say("stopping everything")
            stack.stop()


def main(directory: Path = DIRECTORY) -> int:
    heed_signals()
    try:
        with contextlib.suppress(AskedToEnd):
            run(directory)
    except StartError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
