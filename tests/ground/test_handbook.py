"""docs/operations.md holds: every command in it is run, on a portal as compose.yaml has it; every link leads somewhere.

`runs` names a command of the handbook and how it is run; the order of these functions is that in which an operator
meets them, and each finds what those before it have left. A command that the handbook has and this module has not, or
the other way about, is a failure.

Real are PostgreSQL, Redis, web server, workers, scheduler and the commands; the sandbox stands for the platform, a
catcher for the mail server, processes for containers (`tests/support/composed`). There is no Docker engine: of
`docker compose` steps, services and options are looked up, and what they come to is done to the processes. On SQLite,
what needs PostgreSQL is skipped.
"""

import json
import os
import re
import shlex
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from portal.accounts.management.commands.seed_demo import GROUPS
from portal.environment.reading import Environment
from scripts.databases import is_postgresql, query
from scripts.environment import ROOT, new_secrets
from scripts.handbook import FENCED, HANDBOOK
from scripts.packages import PDF
from scripts.served import FILES, Unit
from scripts.stack import REDIS
from tests.support import handbook
from tests.support.composed import (
    ENDS_BY_ITSELF,
    IMAGE,
    PORTAL,
    SERVICES,
    Composed,
    command_of,
    database_of_its_own,
)
from tests.support.database import require_postgresql
from tests.support.services import Sandbox, require

TEXT = HANDBOOK.read_text(encoding="utf-8")
WRITTEN = handbook.commands(TEXT)
COMMANDS = list(dict.fromkeys(map(handbook.inner, WRITTEN)))
# The handbook's example, and somebody whom the demo has.
PEOPLE = {"ada@example.com": "viewer@example.com"}
DOCTOR = ("manage.py", "doctor")
WORKERS = ("changes", "refresh", "papers", "post")

type Run = Callable[["Operator", list[str]], None]


@dataclass(frozen=True)
class Step:
    """How commands of this form are run."""

    pattern: str
    run: Run
    needs_postgresql: bool

    def fits(self, command: str) -> bool:
        return fnmatchcase(command, self.pattern)


STEPS: list[Step] = []


def runs(pattern: str, *, needs_postgresql: bool = False) -> Callable[[Run], Run]:
    """`*` stands for anything. Of several above one function the lowest comes first."""

    def note(run: Run) -> Run:
        STEPS.append(Step(pattern, run, needs_postgresql))
        return run

    return note


class Operator:
    """Goes through the handbook on a machine."""

    def __init__(self, machine: Composed, database_url: str) -> None:
        self.machine = machine
        self.database_url = database_url
        self.is_on_postgresql = is_postgresql(database_url)
        self._to_come = [(step, command) for step in STEPS for command in COMMANDS if step.fits(command)]
        self._skipped: set[str] = set()
        self._failed = ""

    def come_to(self, command: str) -> None:
        """Everything before it, and then this; each once. After one that has failed nothing is worth a try."""
        while command in {one for _, one in self._to_come}:
            assert not self._failed, f"{self._failed} had failed"
            step, following = self._to_come.pop(0)
            if step.needs_postgresql and not self.is_on_postgresql:
                self._skipped.add(following)
                continue
            self._failed = following
            step.run(self, self.words(following))
            self._failed = ""
        if command in self._skipped:
            require_postgresql()

    def words(self, command: str) -> list[str]:
        return [self._here(word) for word in shlex.split(command)]

    def _here(self, word: str) -> str:
        """What stands for an example: a path in a container, a backup, a person."""
        if not word.startswith(("/backups", "/anchors")):
            return PEOPLE.get(word, word)
        path = self.machine.here(word)
        return str(max(path.parent.glob(path.name.replace("…", "*")), default=path))

    def do(self, words: list[str], *typed: str, service: str = "web") -> str:
        """What it says; it has to end well."""
        done = self.machine.run(words, *typed, service=service)
        assert done.status == 0, done.said
        return done.said

    def query(self, sql: str) -> list[tuple[object, ...]]:
        return query(self.database_url, sql)

    def wait_until_well(self, words: Sequence[str] = DOCTOR) -> str:
        """What the doctor says when nothing has failed: where all are busy, a worker may take its time to answer."""
        end = time.monotonic() + 300
        while True:
            done = self.machine.run([*words])
            if done.status == 0:
                assert "FAILED" not in done.said
                return done.said
            assert time.monotonic() < end, done.said


@pytest.fixture(scope="module")
def operator(demo_world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Nothing runs yet but what is somebody else's: the platform, and a server of mail."""
    require(REDIS)
    directory = tmp_path_factory.mktemp("machine")
    platform = Sandbox(demo_world, directory)
    with database_of_its_own(directory) as url:
        platform.start()
        # In production an API on this machine is refused; this name of it is not known for one.
        machine = Composed(directory, platform.url.replace("127.0.0.1", "127.1"), url)
        try:
            yield Operator(machine, url)
        finally:
            machine.end()
            platform.end()


# The commands


@runs("python3 -c *SECRET_KEY*")
@runs("python3 -c *CREDENTIAL_KEYS*")
def make_a_secret(operator: Operator, words: list[str]) -> None:
    """That it is accepted, the processes show: in production they do not start with others."""
    name, _, value = operator.do(words, service="postgres").strip().partition("=")
    assert len(value) > 40
    operator.machine.dot_env[name] = value


@runs("manage.py migrate")
def migrate(operator: Operator, words: list[str]) -> None:
    assert "Applying accounts.0001_initial... OK" in operator.do(words, service=ENDS_BY_ITSELF)


@runs("manage.py collectstatic --no-input")
def bring_the_static_files(operator: Operator, words: list[str]) -> None:
    place = operator.machine.directory / "static"
    operator.machine.dot_env["STATIC_ROOT"] = str(place)
    assert "static files copied" in operator.do(words)
    assert (place / "staticfiles.json").is_file()


@runs("docker compose up --detach")
def start_everything(operator: Operator, words: list[str]) -> None:
    operator.machine.up()


@runs("manage.py createsuperuser")
def make_the_first_admin(operator: Operator, words: list[str]) -> None:
    """What they then do in the console is the demo's: customers, people, API keys."""
    said = operator.do(words, "ops@example.com", "correct-horse-battery", "correct-horse-battery")
    assert "Superuser created successfully." in said
    assert operator.query("SELECT email, is_staff FROM accounts_user") == [("ops@example.com", True)]
    operator.do(["manage.py", "seed_demo"])


@runs("manage.py doctor")
def find_everything_well(operator: Operator, words: list[str]) -> None:
    """Nothing is wrong but what has yet to be done, or is no more than for trying."""
    said = operator.wait_until_well(words)
    warnings = {line.split(": ")[0] for line in said.splitlines() if line.startswith("warning")}
    assert warnings == {"warning  Backups"} | (set() if operator.is_on_postgresql else {"warning  Database"})


@runs("manage.py doctor --json")
def read_it_by_a_program(operator: Operator, words: list[str]) -> None:
    assert json.loads(operator.wait_until_well(words))["level"] == "warning"


@runs("manage.py doctor --only *")
def ask_some_of_it(operator: Operator, words: list[str]) -> None:
    said = operator.wait_until_well(words)
    assert {line.split(": ")[0] for line in said.splitlines()} == {"ok       Queues", "ok       Workers"}


@runs("manage.py doctor --send-to *")
def send_a_mail(operator: Operator, words: list[str]) -> None:
    assert f"Test mail: Sent to {words[-1]}." in operator.wait_until_well(words)
    mails = [message_from_bytes(path.read_bytes()) for path in operator.machine.mails.glob("*.eml")]
    assert {mail["To"] for mail in mails} == {words[-1]}


@runs("manage.py backup /backups --keep *", needs_postgresql=True)
def back_up(operator: Operator, words: list[str]) -> None:
    operator.do(words)
    (path,) = operator.machine.here("/backups").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@runs("manage.py try_restore /backups/*", needs_postgresql=True)
def try_a_backup(operator: Operator, words: list[str]) -> None:
    assert operator.do(words).endswith(f"{words[-1]} can be restored.\n")
    assert operator.query("SELECT count(tried) FROM backups_backup") == [(1,)]


@runs("celery -A portal.celery worker")
def take_from_all_queues_by_one_worker(operator: Operator, words: list[str]) -> None:
    operator.machine.stop(*WORKERS)
    with operator.machine.beside("all", words):
        operator.wait_until_well([*DOCTOR, "--only", "queues"])


@runs("docker compose stop *")
def stop_what_writes(operator: Operator, words: list[str]) -> None:
    assert set(words[3:]) == {*PORTAL} - {ENDS_BY_ITSELF}
    operator.machine.stop(*words[3:])


@runs("createdb *", needs_postgresql=True)
@runs("psql *ALTER DATABASE portal RENAME TO *", needs_postgresql=True)
def make_an_empty_database(operator: Operator, words: list[str]) -> None:
    operator.do(words, service="postgres")


@runs("manage.py restore /backups/*", needs_postgresql=True)
def restore(operator: Operator, words: list[str]) -> None:
    """People, keys and trail are there again, and everybody can go on."""
    said = operator.do(words)
    assert "Restored. 0 changes had not been sent" in said
    assert [line for line in said.splitlines()[1:] if not line.startswith("ok ")] == []
    operator.machine.up()
    operator.wait_until_well()


@runs("docker compose build")
def build(operator: Operator, words: list[str]) -> None:
    """It cannot be built here. What the image is made of is there."""
    assert {service["build"] for service in SERVICES.values() if "build" in service} == {"."}
    sources = [line.split()[1:-1] for line in IMAGE.splitlines() if line.startswith("COPY ") and "--from" not in line]
    assert sources
    assert [name for names in sources for name in names if not (ROOT / name).exists()] == []


@runs("docker compose up --detach --no-deps *")
def replace_a_service(operator: Operator, words: list[str]) -> None:
    operator.machine.up()
    before = operator.machine.pid(words[-1])
    operator.machine.stop(words[-1])
    operator.machine.up(words[-1])
    assert operator.machine.pid(words[-1]) != before


@runs("manage.py rotate_keys")
def rotate_keys(operator: Operator, words: list[str]) -> None:
    """Everything runs with both keys, and then the new one opens all by itself."""
    old = operator.machine.dot_env["CREDENTIAL_KEYS"]
    (make,) = (command for command in COMMANDS if "CREDENTIAL_KEYS" in command)
    make_a_secret(operator, shlex.split(make))
    new = operator.machine.dot_env["CREDENTIAL_KEYS"]
    operator.machine.dot_env["CREDENTIAL_KEYS"] = f"{new},{old}"
    operator.machine.up()
    operator.wait_until_well()
    assert f"{len(GROUPS)} values sealed with the newest key" in operator.do(words)
    operator.machine.dot_env["CREDENTIAL_KEYS"] = new
    operator.do([*DOCTOR, "--only", "keys"])


@runs("manage.py verify_audit --write-anchor *")
def write_an_anchor(operator: Operator, words: list[str]) -> None:
    assert "entries verified" in operator.do(words)
    assert json.loads(Path(words[-1]).read_text())


@runs("manage.py export_person *")
def tell_a_person_what_is_stored(operator: Operator, words: list[str]) -> None:
    assert words[-1] in json.dumps(json.loads(operator.do(words)))


@runs("manage.py remove_person *")
def remove_a_person(operator: Operator, words: list[str]) -> None:
    assert "Removed. The audit trail has removed:" in operator.do(words, words[-1])
    assert operator.query(f"SELECT id FROM accounts_user WHERE email = '{words[-1]}'") == []


@runs("manage.py verify_audit")
@runs("manage.py verify_audit --anchor *")
def verify_the_trail(operator: Operator, words: list[str]) -> None:
    """Whole, also after a person was removed."""
    assert "entries verified" in operator.do(words)


@runs("make lint")
def ask_whether_migrations_may_be(operator: Operator, words: list[str]) -> None:
    """It runs for itself, wherever a change is taken; here it is only there."""
    subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, check=True)


@runs("make hosts")
def cut_off_hosts_while_people_work(operator: Operator, words: list[str]) -> None:
    """It takes a quarter of an hour, and a machine of its own."""
    subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, check=True)


# A server without containers. What changes the system (packages, users, services) is looked up, what writes files
# writes them below a directory that stands for the root, and databases are made beside ours.


@runs("apt install *")
def install_packages(operator: Operator, words: list[str]) -> None:
    assert {*words[2:]} > {*PDF}


@runs("useradd *")
def add_the_user_of_the_services(operator: Operator, words: list[str]) -> None:
    assert words[-1] == Unit("portal-web.service")["Service"]["User"]


@runs("ln -sfn *")
@runs("chown portal var")
@runs("cp *docs/server/*")
@runs("install -d *")
def lay_out_a_server(operator: Operator, words: list[str]) -> None:
    root = operator.machine.directory / "root"
    for place in (
        "etc/redis",
        "etc/systemd/system",
        "etc/nginx/sites-enabled",
        "usr/local/sbin",
    ):  # that programs of the system bring
        (root / place).mkdir(parents=True, exist_ok=True)
    (ROOT / "var").mkdir(exist_ok=True)
    me = {"portal": str(os.geteuid())}
    here = [f"{root}{word}" if word.startswith("/") else me.get(word, word) for word in words]
    subprocess.run(["sh", "-c", " ".join(here)], cwd=ROOT, check=True)
    if words[0] == "cp":
        copied = [path for word in words[1:-1] if word[0] != "-" for path in ROOT.glob(word)]
        target = Path(here[-1])
        if target.is_dir():
            assert {path.name for path in copied} <= {path.name for path in target.iterdir()}
        else:
            assert [path.read_bytes() for path in copied] == [target.read_bytes()]


@runs("runuser -u postgres -- createdb *", needs_postgresql=True)
@runs("runuser -u postgres -- createuser *", needs_postgresql=True)
def make_a_role_and_its_database(operator: Operator, words: list[str]) -> None:
    program, *options = words[words.index("--") + 1 :]
    there = ["portal_server" if word == "portal" else word for word in options]
    operator.do([program, "--username", "portal", *there], service="postgres")
    if program == "createdb":
        owner = "SELECT rolname FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE datname = 'portal_server'"
        assert operator.query(owner) == [("portal_server",)]
        operator.do(["dropdb", "--username", "portal", "portal_server"], service="postgres")
        operator.do(["dropuser", "--username", "portal", "portal_server"], service="postgres")


@runs("scripts/setup --production")
def set_a_release_up(operator: Operator, words: list[str]) -> None:
    """`tests/ground/test_setup` runs it."""
    assert os.access(ROOT / words[0], os.X_OK)
    assert words[1] in (ROOT / words[0]).read_text()


@runs("systemctl *")
def tell_systemd(operator: Operator, words: list[str]) -> None:
    """`tests/server` runs what the units say; here each has one, or is a service of the system."""
    named = [name for word in words[2:] if word[0] != "-" for name in expanded(word)]
    files = {path.name for path in FILES.iterdir()}
    assert {name if "." in name else f"{name}.service" for name in named} <= files | OF_THE_SYSTEM


OF_THE_SYSTEM = {"nginx.service", "redis-server@cache.service"}


def expanded(word: str) -> list[str]:
    """As bash does it: `a-{b,c}.d` is two words."""
    head, brace, rest = word.partition("{")
    inside, _, tail = rest.partition("}")
    return [f"{head}{one}{tail}" for one in inside.split(",")] if brace else [word]


@runs("python -m scripts.rolling")
def replace_everything_while_people_work(operator: Operator, words: list[str]) -> None:
    """`tests/server` does it."""
    assert "--times" in operator.do([*words, "--help"])


@runs("python -m scripts.sizing")
def measure_what_it_takes(operator: Operator, words: list[str]) -> None:
    """It takes a quarter of an hour, and says nothing that is right or wrong."""
    assert "--customers" in operator.do([*words, "--help"])


def unknown(commands: list[str]) -> list[str]:
    """Those that nobody here runs, or that more than one would."""
    return [command for command in commands if len([step for step in STEPS if step.fits(command)]) != 1]


def test_every_command_of_the_handbook_is_run() -> None:
    assert unknown(COMMANDS) == []


def test_nothing_is_run_that_the_handbook_does_not_have() -> None:
    assert [step.pattern for step in STEPS if not any(map(step.fits, COMMANDS))] == []


@pytest.mark.parametrize(
    "text",
    [
        "Run `manage.py frobnicate --all`.",
        "Run `docker compose run --rm\n  web python manage.py frobnicate`.",
        "Run:\n\n```\nfrobnicate\n```\n",
        "1. Run:\n\n   ```\n   manage.py doctor \\\n     --frobnicate\n   ```\n",
        "`frobnicate --detach` does it.",
    ],
)
def test_a_command_that_is_new_is_noticed(text: str) -> None:
    assert len(unknown(list(map(handbook.inner, handbook.commands(text))))) == 1


@pytest.mark.parametrize("text", ["See `web`, `/readyz`, `--only`.", "```nginx\nlisten 80;\n```\n", "`manage.py …`"])
def test_what_is_no_command_is_none(text: str) -> None:
    assert handbook.commands(text) == []


@pytest.mark.parametrize("command", [command for step in STEPS for command in COMMANDS if step.fits(command)])
def test_it_does_what_the_handbook_says(operator: Operator, command: str) -> None:
    operator.come_to(command)


# compose.yaml, and what the handbook says of it

# All of a server, and what stands in their place with more servers.
SETTINGS_OF_A_SERVER, *OTHER_SETTINGS = [
    dict(re.findall(r"^ *(\w+)='?(.*?)'?$", written, re.MULTILINE))
    for written in re.findall(r"```ini\n(.*?)```", TEXT, re.DOTALL)
]


@pytest.mark.parametrize("service", [name for name, service in SERVICES.items() if "healthcheck" in service])
def test_a_service_that_is_well_is_found_well(operator: Operator, service: str) -> None:
    operator.come_to("docker compose up --detach")
    if service == "postgres":
        require_postgresql()
    done = operator.machine.is_well(service)
    assert done.status == 0, done.said


@pytest.mark.parametrize("command", [command for command in WRITTEN if command.startswith("docker ")])
def test_compose_has_the_services_and_options_that_are_named(command: str) -> None:
    found = handbook.compose(command)
    assert found
    assert {*found.services} <= {*SERVICES}
    if found.verb == "run":  # all that a service depends on would be started, and the database be migrated, each time
        assert "--no-deps" in found.options or ENDS_BY_ITSELF not in SERVICES[found.services[0]]["depends_on"]


@pytest.mark.parametrize("written", [{}, *OTHER_SETTINGS], ids=lambda one: " ".join(one) or "a server's")
def test_the_settings_that_are_written_down_are_settings(written: dict[str, str]) -> None:
    given = SETTINGS_OF_A_SERVER | written
    made = {name: value for name, value in new_secrets().items() if given[name] == "…"}
    assert Environment(given | made | {"API_URL": given["API_URL"].replace("…", "api.example.com/v1")}).problems == []


def test_options_that_stand_alone_are_those_of_a_command() -> None:
    known = {word for command in WRITTEN for word in command.split()}
    known |= {word for name in PORTAL for word in command_of(name)}
    assert {code for code in handbook.inline(TEXT) if code.startswith("-")} <= known


def test_the_first_lines_of_compose_name_what_it_does_not_start_without() -> None:
    head, _, rest = (ROOT / "compose.yaml").read_text().partition(" and with whatever else")
    asked = {*re.findall(r"\$\{(\w+):\?\}", rest), "SECRET_KEY", "CREDENTIAL_KEYS"}
    assert asked == {*re.findall(r"[A-Z_]{5,}", head.partition(" an `.env` with ")[2])}


NOT_OURS = {
    "CREATEDB",  # what a role of PostgreSQL may do; the others are variables that gunicorn and the SDKs read themselves
    *("WEB_CONCURRENCY", "SENTRY_ENVIRONMENT"),
    *("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"),
}


def test_settings_that_the_handbook_names_are_settings() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    known = {*re.findall(r"`([A-Z_]+)`", page), *re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text())}
    known |= NOT_OURS
    named = {name for code in handbook.inline(TEXT) for name in re.findall(r"^[A-Z_]{4,}(?==|$)", code)}
    named |= {*re.findall(r"\b[A-Z]+_[A-Z_]+\b", TEXT)}
    assert named - known == set()


# Links

PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """As GitHub makes them from headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def leads_nowhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file) if file else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    links = [link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in links if leads_nowhere(page, link)] == []


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    assert leads_nowhere(HANDBOOK, "nothing.md")
    assert leads_nowhere(HANDBOOK, "#nothing")
    assert leads_nowhere(HANDBOOK, "settings.md#nothing")
    assert not leads_nowhere(HANDBOOK, "settings.md#secrets")
