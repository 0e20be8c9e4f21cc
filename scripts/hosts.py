"""`python -m scripts.hosts`: a portal on nine hosts of our own (`scripts.network`), each of which is cut off, killed
and brought back while people work.

Two web servers behind one nginx, two hosts with all workers and a scheduler each, PostgreSQL, two Redis with Sentinels
(the third of these beside PostgreSQL), and the platform. What runs is what docs/server has. As root, with nginx,
redis-server and PostgreSQL.

Counted is every request that failed, but those that the host in question had in hand when it went, and every change
that was lost, doubled or overtaken. The database is the one that is there once: while it is away, pages fail.
"""

import argparse
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
import requests

from portal.environment.rules import NOT_IN_PRODUCTION
from scripts import postgres
from scripts.at_work import PeopleAtWork
from scripts.chaos import Row, rows
from scripts.environment import new_secrets, stack_environment
from scripts.measuring import carried_out
from scripts.network import NET, Host, Network
from scripts.processes import Process, answers, run, wait_until
from scripts.served import NGINX, WORKERS, Unit, make_certificate, nginx_command
from scripts.stack import REDIS, SANDBOX_ENV, has_begun, mail_command, sandbox_command

NAME = "portal.example.com"
REDIS_PORT, SENTINEL_PORT, WEB_PORT, PLATFORM_PORT, MAIL_PORT = 6379, 26379, 8000, 8001, 25
SERVICE, PASSWORD = "portal", "between-hosts"
AWAY, QUIET = 20, 15  # seconds that a host is away, and before the next one goes
RECOVERED = 30.0  # seconds after which everything is as before once the database is back


class Machine:
    """A host and what runs on it."""

    def __init__(self, host: Host, directory: Path, env: Mapping[str, str]) -> None:
        self.host = host
        self.directory = directory / host.name
        self.directory.mkdir(parents=True)
        self.env = env
        self.processes: list[Process] = []

    @property
    def name(self) -> str:
        return self.host.name

    def add(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> Process:
        log = self.directory / f"{name}.log"
        process = Process(name, self.host.command(*command), env={**self.env, **(env or {})}, log=log)
        self.processes.append(process)
        return process

    def add_service(self, name: str, *more: str) -> Process:
        """One of docs/server."""
        unit = Unit(f"portal-{name}.service")
        return self.add(name, [*unit.command(self.directory), *more], unit.environment())

    def start(self) -> None:
        for process in self.processes:
            process.start()

    def die(self) -> None:
        """As when its power is cut: nobody is told."""
        self.host.cut_off()
        for process in self.processes:
            process.kill()

    def come_back(self) -> None:
        """Joins the others again, and starts what does not run."""
        self.host.join()
        for process in self.processes:
            if not process.is_alive:
                process.start()


class Hosts:
    """A portal that is spread; `start` returns when all of it can work."""

    def __init__(self, directory: Path) -> None:
        self.network = Network()
        names = ("proxy", "web-1", "web-2", "worker-1", "worker-2", "database", "redis-1", "redis-2", "platform")
        hosts = {name: self.network.add(name) for name in names}
        where = {name: host.address for name, host in hosts.items()}
        self.url = f"https://{NAME}"
        self.address = where["proxy"]
        self.sandbox_url = f"http://{where['platform']}:{PLATFORM_PORT}"
        sentinels = ",".join(f"{where[name]}:{SENTINEL_PORT}" for name in ("redis-1", "redis-2", "database"))
        self.env = stack_environment(directory, sandbox_port=PLATFORM_PORT, redis_port=0, secrets=new_secrets()) | {
            **dict.fromkeys(NOT_IN_PRODUCTION, ""),
            "HTTPS": "1",
            "TRUSTED_PROXIES": "1",
            "ALLOWED_HOSTS": NAME,
            "DATABASE_URL": f"postgres://portal@{where['database']}/portal",
            "CACHE_URL": f"redis+sentinel://:{PASSWORD}@{sentinels}/{SERVICE}/0",
            "BROKER_URL": f"redis+sentinel://:{PASSWORD}@{sentinels}/{SERVICE}/1",
            "API_URL": f"{self.sandbox_url}/v1",
            "SMTP_HOST": "127.0.0.1",  # as where each host has a mail server that passes on
            "SMTP_PORT": str(MAIL_PORT),
        }
        self.machines = {name: Machine(host, directory, self.env) for name, host in hosts.items()}
        self._lay_out(directory, where)

    def _lay_out(self, directory: Path, where: Mapping[str, str]) -> None:
        self.authority = make_certificate(directory, NAME)
        (directory / "log").mkdir()
        self.log = directory / "log" / "access.log"
        servers = "".join(f"server {where[name]}:{WEB_PORT};" for name in ("web-1", "web-2"))
        site = {"server 127.0.0.1:8000;": servers, "/srv/portal/static/": f"{self.env['STATIC_ROOT']}/"}
        machines = self.machines
        machines["proxy"].add(NGINX, nginx_command(directory, site))
        machines["platform"].add(
            "sandbox", sandbox_command("serve", "--host", where["platform"], "--port", str(PLATFORM_PORT)), SANDBOX_ENV
        )
        machines["database"].add("postgres", database(machines["database"].directory, where["database"]))
        for name in ("redis-1", "redis-2"):
            copies = ["--replicaof", where["redis-1"], str(REDIS_PORT)] if name == "redis-2" else []
            machines[name].add("redis", redis(machines[name].directory, where[name], *copies))
        for name in ("redis-1", "redis-2", "database"):
            machines[name].add("sentinel", sentinel(machines[name].directory, where[name], where["redis-1"]))
        for name in ("web-1", "web-2"):
            machines[name].add_service("web", "--bind", f"{where[name]}:{WEB_PORT}")
        for name in ("worker-1", "worker-2"):
            machines[name].add("mail", mail_command(MAIL_PORT, 8025, machines[name].directory / "mail"))
            for service in (*WORKERS, "beat"):
                machines[name].add_service(service)

    def start(self) -> None:
        """Everything, with the demo's people and world. Raises StartError."""
        run(sandbox_command("seed"), env=self.env | SANDBOX_ENV)
        for name in ("database", "redis-1", "redis-2", "platform"):
            self.machines[name].start()
        (server,) = (one for one in self.machines["database"].processes if one.name == "postgres")
        wait_until(self._has_database, server)
        for arguments in (["migrate", "--verbosity", "0"], ["seed_demo"], ["collectstatic", "--no-input", "-v", "0"]):
            run([sys.executable, "manage.py", *arguments], env=self.env)
        for name in ("web-1", "web-2", "worker-1", "worker-2", "proxy"):
            self.machines[name].start()
        for name in ("web-1", "web-2", "worker-1", "worker-2"):
            self.wait(self.machines[name])

    def wait(self, machine: Machine, seconds: float = 180) -> None:
        """Until what runs on it can do its work. Raises StartError."""
        health = f"http://{machine.host.address}:{WEB_PORT}/healthz"
        for process in machine.processes:
            if process.name == "web":
                wait_until(partial(answers, health), process, seconds=seconds)
            elif process.name in (*WORKERS, "beat"):
                wait_until(partial(has_begun, process), process, seconds=seconds)

    def stop(self) -> None:
        for machine in self.machines.values():
            machine.host.join()
        for machine in reversed(self.machines.values()):
            for process in machine.processes:
                process.ask_to_end()
        for machine in reversed(self.machines.values()):
            for process in machine.processes:
                process.stop(5)

    def _has_database(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.env["DATABASE_URL"], connect_timeout=1).close()
            return True
        return False


def database(directory: Path, address: str) -> list[str]:
    """A PostgreSQL that the other hosts reach, with an empty database `portal`."""
    binaries = postgres.binaries()
    if binaries is None:
        raise SystemExit("hosts: no PostgreSQL found")
    data, as_postgres = directory / "data", ["runuser", "-u", "postgres", "--"]
    shutil.chown(directory, "postgres", "postgres")
    make = [binaries / "initdb", "-D", data, "-A", "trust", "-U", "portal", "-E", "UTF8", "--no-sync"]
    subprocess.run([*as_postgres, *map(str, make)], cwd="/", check=True, capture_output=True)
    with (data / "pg_hba.conf").open("a") as hba:
        hba.write(f"host all all {NET}.0/24 trust\n")
    single = [str(binaries / "postgres"), "--single", "-D", str(data), "postgres"]
    subprocess.run([*as_postgres, *single], input=b"CREATE DATABASE portal", cwd="/", check=True, capture_output=True)
    settings = {"listen_addresses": address, "unix_socket_directories": str(directory), "max_connections": "200"}
    options = itertools.chain(*(("-c", f"{name}={value}") for name, value in settings.items()))
    return [*as_postgres, str(binaries / "postgres"), "-D", str(data), *options]


def redis(directory: Path, address: str, *more: str) -> list[str]:
    files = ("--dir", str(directory), "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0")
    passwords = ("--requirepass", PASSWORD, "--masterauth", PASSWORD)
    return [REDIS, "--bind", address, "--port", str(REDIS_PORT), *files, *passwords, *more]


def sentinel(directory: Path, address: str, first: str) -> list[str]:
    lines = [
        f"port {SENTINEL_PORT}",
        f"bind {address}",
        f"dir {directory}",
        f"sentinel monitor {SERVICE} {first} {REDIS_PORT} 2",
        f"sentinel auth-pass {SERVICE} {PASSWORD}",
        f"sentinel down-after-milliseconds {SERVICE} 3000",
        f"sentinel failover-timeout {SERVICE} 10000",
    ]
    file = directory / "sentinel.conf"
    file.write_text("\n".join(lines) + "\n")
    return [REDIS, str(file), "--sentinel"]


@dataclass(frozen=True)
class Request:
    """What nginx wrote of one: when it came, and which web servers it was passed to."""

    begun: float
    seconds: float
    status: int
    tried: str
    what: str

    def __str__(self) -> str:
        return f"{self.what} answered {self.status} after {self.seconds:.1f} s (by {self.tried})"

    @property
    def ended(self) -> float:
        return self.begun + self.seconds

    @property
    def has_failed(self) -> bool:
        return self.status >= 499  # 499: who asked did not wait any longer


def requests_in(log: Path) -> list[Request]:
    found = []
    for line in log.read_text().splitlines():
        ended, seconds, status, *rest = line.split(" ")
        *tried, method, path = rest
        found.append(
            Request(float(ended) - float(seconds), float(seconds), int(status), " ".join(tried), f"{method} {path}")
        )
    return found


@dataclass(frozen=True)
class Absence:
    """How a host went and came back; both moments as time.time() has them."""

    host: str
    address: str
    how: str
    gone: float
    back: float

    def __str__(self) -> str:
        return f"{self.host} {self.how} for {self.back - self.gone:.0f} s"

    def explains(self, request: Request) -> bool:
        """Whether it failed because this host had it in hand, or was the one that all need."""
        if self.host == "database":
            return request.begun <= self.back + RECOVERED
        return request.tried == f"{self.address}:{WEB_PORT}" and request.begun <= self.gone + 0.1


@dataclass
class Report:
    """What came out. `problems` is empty where nobody noticed anything but what cannot be otherwise."""

    absences: list[Absence] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pages: int = 0
    changes: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [*self.notes, f"{self.pages} pages opened and {self.changes} changes asked for"]
        lines += self.problems or ["no other request failed, no change was lost, applied twice or out of order"]
        return "\n".join(lines)


class Blackout:
    """One run on hosts that are up."""

    def __init__(self, portal: Hosts, away: float) -> None:
        self.portal = portal
        self.away = away
        self.report = Report()
        self._people = PeopleAtWork(portal, portal.authority)

    def run(self, blows: Sequence[tuple[str, str]]) -> Report:
        with self._people:
            for host, how in blows:
                time.sleep(QUIET)
                self._strike(self.portal.machines[host], how)
            time.sleep(QUIET)
        self.report.problems += self._people.problems()
        self.report.pages, self.report.changes = self._people.pages, len(self._people.asked)
        # What was answered badly nginx has in its log; what did not even reach it has not.
        unseen = [one for one in self._people.failures if not isinstance(one, requests.HTTPError | requests.Timeout)]
        self.report.problems += [f"FAILED: {error}" for error in unseen]
        self._explain(requests_in(self.portal.log), rows(self.portal))
        return self.report

    def _strike(self, machine: Machine, how: str) -> None:
        gone = time.time()
        if how == "cut off":
            machine.host.cut_off()
        else:
            machine.die()
        print(f"hosts: {machine.name} {how}", flush=True)
        time.sleep(self.away)
        machine.come_back()
        back = time.time()
        self.portal.wait(machine)
        self.report.absences.append(Absence(machine.name, machine.host.address, how, gone, back))

    def _explain(self, seen: Sequence[Request], changes: Sequence[Row]) -> None:
        absences = self.report.absences
        self.report.notes += [_note(absence, absences, seen, changes) for absence in absences]
        unexplained = [one for one in seen if one.has_failed and _reason(one, absences) is None]
        self.report.problems += [f"FAILED: {one}, {_since(one, absences)}" for one in unexplained]


def _latest(request: Request, absences: Sequence[Absence]) -> Absence | None:
    """The last that had begun when it ended."""
    return next((absence for absence in reversed(absences) if absence.gone <= request.ended), None)


def _reason(request: Request, absences: Sequence[Absence]) -> Absence | None:
    """The same, where it explains why the request failed."""
    latest = _latest(request, absences)
    return latest if latest is not None and latest.explains(request) else None


def _note(absence: Absence, absences: Sequence[Absence], seen: Sequence[Request], changes: Sequence[Row]) -> str:
    """How it was for those who worked then."""
    own = [one for one in seen if one.has_failed and _reason(one, absences) is absence]
    during = [one for one in seen if absence.gone <= one.begun <= absence.back + QUIET and one not in own]
    slowest = max((one.seconds for one in during), default=0)
    said = f"{absence}: {len(during)} requests answered, the slowest in {slowest:.1f} s; {len(own)} of its own failed"
    took = [one.seconds or 0 for one in changes if absence.gone - 5 <= one.created.timestamp() <= absence.back]
    said += f"; {len(took)} changes, the slowest recorded after {max(took, default=0):.1f} s"
    if not own:
        return said
    last = max(one.ended for one in own) - absence.back
    when = f"the last {abs(last):.1f} s {'after' if last > 0 else 'before'} its return"
    return f"{said}, after {max(one.seconds for one in own):.1f} s at most, {when}"


def _since(request: Request, absences: Sequence[Absence]) -> str:
    latest = _latest(request, absences)
    return f"{request.begun - latest.gone:+.1f} s from {latest}" if latest else "before anything happened"


BLOWS = [
    (host, how)
    for host in ("web-1", "web-2", "worker-1", "worker-2", "redis-1", "redis-2", "database", "platform")
    for how in ("cut off", "killed")
]


def measure(blows: Sequence[tuple[str, str]], away: float) -> Report:
    with tempfile.TemporaryDirectory(prefix="portal-hosts-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        portal = Hosts(Path(name))
        try:
            portal.start()
            with portal.network.named(NAME, portal.address):
                return Blackout(portal, away).run(blows)
        finally:
            portal.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="*", default=[], help="these hosts")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--away", type=float, default=AWAY, help="seconds")
    chosen = parser.parse_args()
    blows = [blow for blow in BLOWS if not chosen.only or blow[0] in chosen.only]
    return carried_out("hosts", lambda: measure(blows * chosen.times, chosen.away))


if __name__ == "__main__":
    sys.exit(main())
