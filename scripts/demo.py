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
PORTS = {"PORT": 8000, "SANDBOX_PORT": 8001, "MAIL_PORT": 8025, "HOOK_PORT": 8026}
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
  Mails     {mail_url}        what the portal would have sent
  Webhooks  {hook_url}        what the demo's webhook was sent, and whether its signature is right
  Platform  {sandbox_url}/v1     user "services", password "services-demo-key" (XML-RPC)
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


def prepare(stack: Stack, hook_url: str) -> None:
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
            pool.submit(prepare_portal, stack, is_first_run, hook_url),
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


def prepare_portal(stack: Stack, is_first_run: bool, hook_url: str) -> str:
    output = stack.manage("migrate", "--verbosity", "0")
    if is_first_run:
        output = stack.manage("seed_demo")
    return output + stack.manage("seed_demo_webhook", f"{hook_url}/hook", secret_of(stack))


def receiver(stack: Stack, port: int) -> Process:
    """What the demo's webhook is sent to."""
    command = [sys.executable, "-m", "scripts.webhook_receiver", str(port)]
    env = stack.env | {"WEBHOOK_SECRET": secret_of(stack)}
    return Process("receiver", command, env=env, log=stack.directory / "log" / "receiver.log")


def secret_of(stack: Stack) -> str:
    """The webhook's, made of the demo's own."""
    return f"whsec_{b64encode(sha256(stack.env['SECRET_KEY'].encode()).digest()).decode()}"


def start(stack: Stack) -> None:
    program = redis_program()
    if program:
        say(
            f"starting {Path(program).name}, sandbox, mail catcher, webhook receiver, web server, workers and scheduler"
        )
    else:
        say("neither redis-server nor valkey-server is installed: using a stand-in in memory, slower but complete")
        say("starting the stand-in, sandbox, mail catcher, webhook receiver, web server, workers and scheduler")
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
    ports = {name: chosen_port(name, default) for name, default in PORTS.items()}
    directory.mkdir(parents=True, exist_ok=True)
    with lock.held(directory, f"http://127.0.0.1:{ports['PORT']}, process {os.getpid()}"):
        for name, port in ports.items():
            check_port(name, port)
        if os.environ.get("FRESH"):
            say("starting over")
            start_over(directory)
        secrets = stored_secrets(directory / "env")
        stack = Stack(
            directory,
            secrets=secrets,
            port=ports["PORT"],
            sandbox_port=ports["SANDBOX_PORT"],
            mail_port=ports["MAIL_PORT"],
            extra_env=EXTRA | {"PORTAL_URL": f"http://127.0.0.1:{ports['PORT']}"},
        )
        hook_url = f"http://127.0.0.1:{ports['HOOK_PORT']}"
        stack.beside.append(receiver(stack, ports["HOOK_PORT"]))
        try:
            prepare(stack, hook_url)
            start(stack)
            say(f"ready after {time.monotonic() - begun:.0f} s; Ctrl-C stops everything\n")
            addresses = {"url": stack.url, "mail_url": stack.mail_url, "sandbox_url": stack.sandbox_url}
            show(PEOPLE.format(**addresses, hook_url=hook_url, logs=directory / "log"))
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
