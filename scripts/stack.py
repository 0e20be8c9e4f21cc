"""One portal with all it needs, each part a process of its own: what the demo, the flow tests and the benchmark run."""

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from scripts.environment import free_port, stack_environment
from scripts.processes import Process, accepts_connections, answers, run, wait_until

REDIS = "redis-server"
VALKEY = "valkey-server"
# Both portal and sandbox are Django projects.
SANDBOX_ENV = {"DJANGO_SETTINGS_MODULE": "portal.sandbox.settings"}


def redis_program() -> str | None:
    """The path of a real Redis (or Valkey), where one is installed."""
    return next((path for name in (REDIS, VALKEY) if (path := shutil.which(name))), None)


def redis_command(port: int) -> list[str]:
    """Starts a Redis, or the stand-in where there is none, without any files: all it holds can be made anew."""
    program = redis_program()
    if program is None:
        return [sys.executable, "-m", "scripts.redis_stand_in", str(port)]
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dbfilename": ""}
    return [program, *(part for name, value in options.items() for part in (f"--{name}", value))]


def web_command(port: int, wsgi: str) -> list[str]:
    return [sys.executable, "-m", "gunicorn", wsgi, "--bind", f"127.0.0.1:{port}"]


def celery_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "portal.celery", *arguments]


def mail_command(smtp_port: int, port: int, directory: Path) -> list[str]:
    """Starts what catches mails, and shows them at `port`."""
    return [sys.executable, "-m", "scripts.mail_catcher", str(smtp_port), str(port), str(directory)]


def sandbox_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "portal.sandbox", *arguments]


def has_begun(process: Process) -> bool:
    """Whether the scheduler, a worker or whatever says so says that it can do its work."""
    return ("beat: Starting" if process.name == "beat" else " ready.") in process.output()


class Stack:
    """Redis, sandbox, web, two workers and beat in one directory, on the loopback interface; with a `mail_port` also
    what catches mails, and shows them there.

    `start` starts everything and returns when all can do their work (StartError where one cannot);
    `stop` ends everything. The databases are made before: `manage("migrate")` and so on, `seed_sandbox()`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        secrets: dict[str, str],
        port: int | None = None,
        sandbox_port: int | None = None,
        extra_env: Mapping[str, str] | None = None,
        wsgi: str = "portal.wsgi",
        mail_port: int | None = None,
    ) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.sandbox_port = sandbox_port or free_port()
        self.redis_port = free_port()
        self.env = stack_environment(
            directory,
            sandbox_port=self.sandbox_port,
            redis_port=self.redis_port,
            secrets=secrets,
        ) | dict(extra_env or {})
        self.mail_port = mail_port
        # What somebody adds, that says " ready." when it is.
        self.beside = [self._mail_catcher(mail_port)] if mail_port else []
        self.redis = self._process("redis", redis_command(self.redis_port))
        self.sandbox = self._process("sandbox", sandbox_command("serve", "--port", str(self.sandbox_port)))
        self.web = self._process("web", web_command(self.port, wsgi))
        self.worker = self._process(
            "worker",
            celery_command(
                *("worker", "--queues", "changes,refresh,papers,housekeeping", "--concurrency", "2"),
                *("--loglevel", "INFO", "--without-mingle", "--without-gossip"),
            ),
        )
        self.post = self._process(
            "post",
            celery_command(
                *("worker", "--queues", "mail,webhooks", "--hostname", "post@%h", "--pool", "threads"),
                *("--concurrency", "8", "--loglevel", "INFO", "--without-mingle", "--without-gossip"),
            ),
        )
        self.beat = self._process(
            "beat", celery_command("beat", "--loglevel", "INFO", "--schedule", str(directory / "beat"))
        )

    @property
    def processes(self) -> list[Process]:
        """In the order of starting."""
        return [self.redis, self.sandbox, *self.beside, self.web, *self.workers, self.beat]

    @property
    def workers(self) -> list[Process]:
        return [self.worker, self.post]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def mail_url(self) -> str:
        return f"http://127.0.0.1:{self.mail_port}"

    def start(self) -> None:
        self.launch()
        for process in self.processes:
            self.wait(process, *self.processes)

    def launch(self) -> None:
        """Starts everything and waits for nothing."""
        for process in self.processes:
            process.start()

    def wait(self, process: Process, *others: Process, seconds: float = 180) -> None:
        """Returns when this process can do its work. Raises StartError when it or one of the others ends instead."""
        wait_until(lambda: self.is_ready(process), process, *others, seconds=seconds)

    def is_ready(self, process: Process) -> bool:
        """Whether it can do its work."""
        if process.name == "redis":
            return accepts_connections(self.redis_port)
        if process.name == "sandbox":
            return accepts_connections(self.sandbox_port)
        if process.name == "mail":
            return answers(self.mail_url)
        if process.name == "web":
            return answers(f"http://127.0.0.1:{self.port}/healthz")
        return has_begun(process)

    def stop(self) -> None:
        """Ends everything within some six seconds: who is busy then is made to. First those who use the others."""
        for together, seconds in (
            ([self.beat, *reversed(self.workers), self.web], 4),
            ([*self.beside, self.sandbox, self.redis], 2),
        ):
            deadline = time.monotonic() + seconds
            for process in together:
                process.ask_to_end()
            for process in together:
                process.stop(max(0, deadline - time.monotonic()))

    def manage(self, *arguments: str) -> str:
        """Runs one of Django's commands on the portal: `manage("migrate")`. Answers what it printed."""
        return run([sys.executable, "manage.py", *arguments], env=self.env)

    def prepare(self) -> None:
        """The portal's database with the demo's people, and the static files."""
        self.manage("migrate", "--verbosity", "0")
        self.manage("seed_demo")
        self.manage("collectstatic", "--no-input", "--verbosity", "0")

    def seed_sandbox(self, *arguments: str) -> str:
        """Makes the sandbox's world anew: `seed_sandbox("--machines", "1000")`."""
        return run(sandbox_command("seed", *arguments), env=self.env | SANDBOX_ENV)

    def _mail_catcher(self, port: int) -> Process:
        smtp_port = free_port()
        self.env |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(smtp_port)}
        return self._process("mail", mail_command(smtp_port, port, self.directory / "mail"))

    def _process(self, name: str, command: list[str]) -> Process:
        env = self.env | (SANDBOX_ENV if name == "sandbox" else {})
        return Process(name, command, env=env, log=self.directory / "log" / f"{name}.log")
