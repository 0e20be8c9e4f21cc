"""Settings from the environment: what is missing, empty or malformed is the default or a sentence, all in one list."""

import base64
import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from portal.accounts import checks
from portal.environment import child, kinds, names
from portal.environment.names import Mistaken
from portal.environment.reading import Environment
from portal.environment.setting import Setting
from portal.environment.table import DEVELOPMENT_KEY, SETTINGS
from scripts.databases import query
from scripts.environment import ROOT, new_secrets, production_like
from tests.support import database

DEVELOPMENT = {"DEBUG": "1"}
KEY = base64.b64encode(bytes(range(32))).decode()
SECRETS = [one for one in SETTINGS if one.is_secret]
# One value for each setting that can be malformed at all.
MALFORMED = {
    "CREDENTIAL_KEYS": "hunter2",
    "ALLOWED_HOSTS": "https://portal.example.com",
    "HTTPS": "maybe",
    "TRUSTED_PROXIES": "-1",
    "PORTAL_URL": "portal.example.com",
    "LOG_LEVEL": "LOUD",
    "LOG_FORMAT": "xml",
    "WEB_PROCESSES": "2.5",
    "API_URL": "api.example.com/v1",
    "API_DEADLINE": "abc",
    "API_MAX_BYTES": "64 MiB",
    "API_BREAKER_OPEN_FOR": "nan",
    "API_BUDGET": "0",
    "DATABASE_URL": "postgres://portal:hunter/2@db/portal",
    "CACHE_URL": "memcached://hunter2@cache",
    "BROKER_URL": "redis://:hunter#2@broker:6379/0",
    "SMTP_HOST": "smtp://mail.example.com",
    "SMTP_PORT": "65536",
    "MAIL_FROM": "Portal",
    "SUPPORT_MAIL": "Support <support@example.com>",
    "SUPPORT_URL": "javascript:alert(1)",
    "STAFF_MFA": "2",
    "OIDC_SERVER_URL": "https://",
    "OIDC_ORIGINS": "https://login.example.com, login.example.org",
    "METRICS_NETWORKS": "10.0.0.1/8",
    "SENTRY_DSN": "https://hunter2@sentry.example.com/portal",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "collector.example.com:4318",
    "KEEP_TRAIL_DAYS": "for ever",
    "KEEP_NOTICES_DAYS": "30",
    "KEEP_WEBHOOK_EVENTS_DAYS": "0",
    "KEEP_PDFS_DAYS": "1.5",
    "DEBUG": "debug",
    "DEMO": "-",
    "WEBHOOKS_MAY_CALL_LOOPBACK": "127.0.0.1",
    "CHECK_FRAGMENTS": "ja",
}


def setting(name: str) -> Setting[Any]:
    return next(one for one in SETTINGS if one.name == name)


def problems(**environ: str) -> list[str]:
    return Environment(environ).problems


def production(**environ: str) -> list[str]:
    return Environment(production_like() | environ).problems


def test_whatever_can_be_malformed_is_tried() -> None:
    taken_as_they_are = {one.name for one in SETTINGS if one.kind in (kinds.text, kinds.path)}
    assert {one.name for one in SETTINGS} - taken_as_they_are == {*MALFORMED}


@pytest.mark.parametrize("one", SETTINGS, ids=lambda one: one.name)
@pytest.mark.parametrize("given", [None, "", "  ", "\n"])
def test_missing_and_empty_are_the_default(one: Setting[Any], given: str | None) -> None:
    environ = {} if given is None else {one.name: given, one.file_name: given}
    found = Environment(environ)
    assert found.values[one.name] == one.default
    assert sorted(problem.split()[0] for problem in found.problems) == ["CREDENTIAL_KEYS", "SECRET_KEY"]


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_is_a_sentence_with_what_to_give(name: str) -> None:
    found = Environment(DEVELOPMENT | {name: MALFORMED[name]})
    assert found.values[name] == setting(name).default
    problem = next(one for one in found.problems if one.startswith(f"{name} "))
    how = " cannot be used: " if setting(name).is_secret else f" is “{MALFORMED[name]}”: "
    assert problem.startswith(f"{name}{how}")
    assert problem.endswith(".")
    assert "give " in problem or "openssl" in problem
    assert found.problems == [problem] or name == "DEBUG"


@pytest.mark.parametrize("name", [name for name in MALFORMED if setting(name).kind == kinds.flag])
@pytest.mark.parametrize(("text", "is_on"), [("1", True), (" True ", True), ("off", False), ("0", False)])
def test_flags_are_on_or_off(name: str, text: str, is_on: bool) -> None:
    assert Environment({name: text}).values[name] is is_on


def test_all_problems_come_in_one_list_in_the_order_of_the_table() -> None:
    found = problems(**MALFORMED)
    assert [one.split()[0] for one in found] == [*MALFORMED, "SECRET_KEY"]
    assert not [one for one in found if "\n" in one]


@pytest.mark.parametrize("one", SECRETS, ids=lambda one: one.name)
@pytest.mark.parametrize("mode", [DEVELOPMENT, {}, {"HTTPS": "1"}])
def test_no_problem_tells_a_secret(one: Setting[Any], mode: dict[str, str], tmp_path: Path) -> None:
    secret, file = "hunter2-development", tmp_path / "secret"
    file.write_text(secret)
    for environ in (
        {one.name: secret},
        {one.file_name: str(file)},
        {one.file_name: secret},
        {one.name: secret, one.file_name: secret},
    ):
        assert "hunter2" not in "".join(Environment(mode | environ).problems)


@pytest.mark.parametrize("name", ["API_URL", "SUPPORT_URL", "OIDC_ORIGINS"])
@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_a_password_in_an_address_is_not_told_either(name: str, scheme: str) -> None:
    (problem,) = problems(DEBUG="1", **{name: f"{scheme}://portal:hunter2@api.example.com, ?"})
    assert problem.startswith(f"{name} cannot be used: give ")
    assert "hunter2" not in problem


def test_an_address_is_given_without_user() -> None:
    (problem,) = problems(DEBUG="1", API_URL="https://portal@api.example.com/v1")
    assert problem == "API_URL cannot be used: give the address without user and password."


def test_a_long_value_is_told_in_part_and_on_one_line() -> None:
    (problem,) = problems(DEBUG="1", LOG_LEVEL="a\nb\x1b[1m" + "c" * 200)
    assert problem.startswith("LOG_LEVEL is “a b [1mccc")
    assert "ccc…”: give one of DEBUG, " in problem
    assert len(problem) < 150


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("ALLOWED_HOSTS", "portal.example.com, .example.org,[::1],", ["portal.example.com", ".example.org", "[::1]"]),
        ("CREDENTIAL_KEYS", f" {KEY} , {DEVELOPMENT_KEY}\n", [KEY, DEVELOPMENT_KEY]),
        ("TRUSTED_PROXIES", " 2 ", 2),
        ("API_DEADLINE", "2.5", 2.5),
        ("LOG_LEVEL", "warning", "WARNING"),
        ("METRICS_NETWORKS", "10.0.0.0/8, ::1", [ip_network("10.0.0.0/8"), ip_network("::1/128")]),
        ("METRICS_NETWORKS", "None", []),
        (
            "DATABASE_URL",
            "postgres://portal@%2Frun%2Fpostgresql/portal",
            "postgres://portal@%2Frun%2Fpostgresql/portal",
        ),
        ("DATABASE_URL", "postgresql:///portal", "postgresql:///portal"),
        ("DATABASE_URL", "sqlite:////srv/My portal/db.sqlite3", "sqlite:////srv/My portal/db.sqlite3"),
        ("CACHE_URL", "unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
        ("BROKER_URL", "rediss://:p%23ss@broker/0", "rediss://:p%23ss@broker/0"),
        (
            "CACHE_URL",
            "redis+sentinel://one:26379,[::1],2.example/portal",
            "redis+sentinel://one:26379,[::1],2.example/portal",
        ),
        ("BROKER_URL", "amqps://portal:p%2Fss@broker:5671/portal", "amqps://portal:p%2Fss@broker:5671/portal"),
        ("SMTP_HOST", "::1", "::1"),
        ("MAIL_FROM", "Portal <portal@example.com>", "Portal <portal@example.com>"),
        ("OIDC_ORIGINS", "https://a.example, https://b.example", ["https://a.example", "https://b.example"]),
        ("SENTRY_DSN", " https://key@sentry.example.com/sub/42 ", "https://key@sentry.example.com/sub/42"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1]:4318/", "http://[::1]:4318/"),
        ("STATIC_ROOT", "/srv/static", Path("/srv/static")),
        ("OIDC_CLIENT_SECRET", " as it is ", " as it is "),
    ],
)
def test_what_is_fit_is_taken(name: str, text: str, value: object) -> None:
    found = Environment(DEVELOPMENT | {name: text})
    assert found.problems == []
    assert found.values[name] == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ALLOWED_HOSTS", ","),
        ("ALLOWED_HOSTS", "portal.example.com:443"),
        ("OIDC_ORIGINS", ","),
        ("CREDENTIAL_KEYS", ","),
        ("CREDENTIAL_KEYS", f"{KEY},{KEY[:-4]}"),
        ("API_DEADLINE", "inf"),
        ("API_URL", "https://api.example.com:0/v1"),
        ("API_URL", "https://api.example.com:port/v1"),
        ("API_URL", "https://[::1/v1"),
        ("API_URL", "https://api.example.com/v1 # the platform"),
        ("DATABASE_URL", "postgres://db"),
        ("DATABASE_URL", "postgres://db/por tal"),
        ("DATABASE_URL", "mysql://db/portal"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("CACHE_URL", "redis:///0"),
        ("CACHE_URL", "amqp://portal:secret@broker/portal"),
        ("CACHE_URL", "redis+sentinel://one:26379,two:26379"),  # of which service?
        ("CACHE_URL", "redis+sentinel://one,,two/portal"),
        ("CACHE_URL", "redis+sentinel://one:70000/portal"),
        ("CACHE_URL", "redis+sentinel://one/portal/first"),
        ("CACHE_URL", "redis+sentinel://one/portal?password=secret"),
        ("BROKER_URL", "redis+sentinel://:p@ss@one/portal"),
        ("BROKER_URL", "amqp://portal:secret@one,two/portal"),
        ("SENTRY_DSN", "https://sentry.example.com/1"),
        ("SENTRY_DSN", "https://key@sentry.example.com"),
        ("SENTRY_DSN", "ftp://key@sentry.example.com/1"),
        ("SMTP_HOST", "mail.example.com:25"),
        ("SMTP_PORT", "9" * 5000),
    ],
)
def test_what_would_fail_later_is_found_at_the_start(name: str, text: str) -> None:
    (problem,) = problems(DEBUG="1", **{name: text})
    assert problem.startswith(f"{name} ")


# --- secrets from files ---------------------------------------------------------------------------------------------

FIT = {
    **new_secrets(),
    "DATABASE_URL": "postgres://portal:secret@db/portal",
    "CACHE_URL": "redis://:secret@cache/0",
    "BROKER_URL": "redis://:secret@broker/0",
    "OIDC_CLIENT_SECRET": " secret",
    "METRICS_TOKEN": "secret",
    "SENTRY_DSN": "https://secret@sentry.example.com/1",
}


def test_whatever_may_hold_a_password_is_a_secret() -> None:
    assert {one.name for one in SECRETS} == {*FIT}


@pytest.mark.parametrize("one", SECRETS, ids=lambda one: one.name)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_may_be_in_a_file(one: Setting[Any], end: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(FIT[one.name] + end, newline="")
    found = Environment(DEVELOPMENT | {one.file_name: str(file), one.name: ""})
    assert found.problems == []
    assert found.values[one.name] == one.kind(FIT[one.name])


@pytest.mark.parametrize("one", SECRETS, ids=lambda one: one.name)
def test_a_file_that_is_of_no_use_is_the_only_problem_of_its_secret(one: Setting[Any], tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe")
    others = {name: value for name, value in FIT.items() if name != one.name}
    for path, words in (
        (tmp_path / "absent", "that cannot be read: give the path"),
        (tmp_path, "that cannot be read: give the path"),
        (binary, "that cannot be read: give the path"),
        (empty, "that is empty: write the secret into it"),
    ):
        (problem,) = problems(**others, **{one.file_name: str(path)})
        assert problem.startswith(f"{one.file_name} names a file {words}")


@pytest.mark.parametrize("one", SECRETS, ids=lambda one: one.name)
def test_a_secret_is_given_once(one: Setting[Any], tmp_path: Path) -> None:
    (problem,) = problems(**FIT, **{one.file_name: str(tmp_path / "secret")})
    assert problem == f"{one.name} and {one.file_name} are both set: remove one of them."


def test_what_is_in_a_file_is_checked_as_well(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("too short")
    (problem,) = problems(CREDENTIAL_KEYS=FIT["CREDENTIAL_KEYS"], SECRET_KEY_FILE=str(file))
    assert problem == "SECRET_KEY is too short: set at least 32 random characters."


# --- what goes together ---------------------------------------------------------------------------------------------


def test_development_starts_with_nothing_and_production_with_what_it_needs() -> None:
    assert problems(DEBUG="1") == []
    assert production() == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "is missing, or the one for development"),
        ("only-for-development-" + "0" * 43, "is missing, or the one for development"),
        ("django-insecure-" + "k3Jz8Qm1" * 6, "is an example that everyone can guess"),
        ("change-me", "is an example that everyone can guess"),
        ("sandbox-only-never-in-production", "is an example that everyone can guess"),
        ("0" * 64, "is an example that everyone can guess"),
        ("k3Jz8Qm1" * 3 + "1234567", "is too short"),
    ],
)
@pytest.mark.parametrize("mode", [{}, {"DEMO": "1"}])
def test_without_debug_there_is_a_real_secret_key(key: str, words: str, mode: dict[str, str]) -> None:
    (problem,) = problems(**FIT | mode | {"SECRET_KEY": key})
    assert problem == f"SECRET_KEY {words}: set at least 32 random characters."


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ("", "is missing, or has the key for development"),
        (f"{KEY},{DEVELOPMENT_KEY}", "is missing, or has the key for development"),
        (base64.b64encode(bytes(32)).decode(), "has an example that everyone can guess"),
        (f"{KEY},{base64.b64encode(b'an-example-key-of-32-characters!').decode()}", "has an example that everyone"),
    ],
)
def test_without_debug_there_are_real_keys(ring: str, words: str) -> None:
    (problem,) = problems(**FIT | {"CREDENTIAL_KEYS": ring})
    assert problem.startswith(f"CREDENTIAL_KEYS {words}")
    assert problem.endswith(": set the base64 of 32 random bytes.")


@pytest.mark.parametrize("name", ["DEBUG", "DEMO", "WEBHOOKS_MAY_CALL_LOOPBACK", "CHECK_FRAGMENTS"])
def test_production_refuses_what_is_for_development_and_demo(name: str) -> None:
    (problem,) = production(**{name: "1"})
    assert problem.startswith(f"{name} is on together with HTTPS: remove it from production, where ")
    assert production(**{name: "1", "HTTPS": ""}) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1:8001/v1",
        "https://localhost/v1",
        "https://api.localhost./v1",
        "http://[::1]/v1",
        "http://0.0.0.0",
    ],
)
def test_production_refuses_the_sandbox(url: str) -> None:
    (problem,) = production(API_URL=url)
    assert problem.startswith("API_URL is missing, or leads to this machine, where only the sandbox is: give ")
    assert production(API_URL=url, HTTPS="") == []


def test_production_with_debug_needs_secrets_all_the_same() -> None:
    assert [one.split()[0] for one in problems(HTTPS="1", DEBUG="1")] == [
        *("SECRET_KEY", "CREDENTIAL_KEYS", "DEBUG", "API_URL")
    ]


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SMPT_HOST", "SMTP_HOST"),
        ("API_DEADLIN", "API_DEADLINE"),
        ("SUPPORT_EMAIL", "SUPPORT_MAIL"),
        ("SECRET_KEYFILE", "SECRET_KEY_FILE"),
        ("smtp_port", "SMTP_PORT"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
    ],
)
def test_what_is_almost_a_name_of_ours_is_pointed_out(name: str, meant: str) -> None:
    assert list(names.mistaken({name: "1", "PATH": "/bin"})) == [Mistaken(name, meant)]


def test_a_check_says_what_is_the_matter_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Mistaken("SMPT_HOST", "SMTP_HOST"), Mistaken("API_TIMEOUT", "API_DEADLINE", is_read=True)]
    monkeypatch.setattr(names, "mistaken", lambda: iter(found))
    assert [(one.id, one.msg) for one in checks.mistaken_names(None)] == [
        (
            "portal.W002",
            "SMPT_HOST is not a setting of the portal, and has no effect: SMTP_HOST may be what you mean.",
        ),
        ("portal.W002", "API_TIMEOUT is now called API_DEADLINE: rename it."),
    ]


def test_names_of_others_and_our_own_are_let_be() -> None:
    usual = (
        "PATH HOME HOSTNAME USER LOGNAME SHELL PWD OLDPWD TERM LANG LC_ALL TZ TMPDIR EDITOR PAGER DISPLAY SHLVL _ "
        "HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR AWS_CA_BUNDLE GIT_SSL_CAINFO "
        "PYTHONPATH PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE VIRTUAL_ENV DJANGO_SETTINGS_MODULE GUNICORN_CMD_ARGS "
        "POSTGRES_USER POSTGRES_PASSWORD POSTGRES_HOST PGHOST PGPASSWORD REDIS_URL REDIS_HOST KUBERNETES_SERVICE_HOST "
        "PORTAL_PORT PORTAL_SERVICE_HOST SANDBOX_DATABASE_URL SANDBOX_SECRET_KEY CELERY_BROKER_URL NODE_PATH NODE_ENV "
        "PORT SANDBOX_PORT MAIL_PORT HOOK_PORT TEST_CLOCK WEBHOOK_SECRET CI ONLY FRESH QUICK KEEP AT MAKELEVEL"
    )
    ours = [name for one in SETTINGS for name in (one.name, *([one.file_name] if one.is_secret else []))]
    assert list(names.mistaken(dict.fromkeys([*usual.split(), *ours], "1"))) == []


def test_an_earlier_name_is_still_read_and_pointed_out() -> None:
    renamed, environ = {"API_TIMEOUT": "API_DEADLINE"}, {"DEBUG": "1", "API_TIMEOUT": "30"}
    assert Environment(environ, renamed).API_DEADLINE == 30
    assert Environment(environ | {"API_DEADLINE": "20"}, renamed).API_DEADLINE == 20
    assert Environment(environ | {"API_TIMEOUT": "", "API_DEADLINE": ""}, renamed).API_DEADLINE == 60
    (problem,) = Environment(environ | {"API_TIMEOUT": "soon"}, renamed).problems
    assert problem == "API_DEADLINE is “soon”: give a number of seconds from 1 to 300."
    assert list(names.mistaken(environ, renamed)) == [Mistaken("API_TIMEOUT", "API_DEADLINE", is_read=True)]


def test_a_child_gets_a_setting_otherwise_wherever_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"DATABASE_URL_FILE": "/run/secrets/url", "API_URL": "https://a"})
    assert child.with_settings(DATABASE_URL="postgres:///b") == {
        "API_URL": "https://a",
        "DATABASE_URL": "postgres:///b",
    }


def test_earlier_names_lead_to_present_ones() -> None:
    assert {*names.RENAMED.values()} <= names.KNOWN
    assert not {*names.RENAMED} & names.KNOWN


# --- a start --------------------------------------------------------------------------------------------------------


STARTS = (
    "manage.py check",
    "manage.py migrate",
    "manage.py help",
    "-m gunicorn portal.wsgi --bind 127.0.0.1:0",
    "-m celery --quiet -A portal.celery worker",
    "-m celery --quiet -A portal.celery beat",
)


def start(command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A program of the portal with this environment, and no setting of the test's own."""
    others = {name: value for name, value in os.environ.items() if name not in names.KNOWN}
    return subprocess.run(
        [sys.executable, *command.split()],
        cwd=ROOT,
        env=others | environ,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("command", STARTS)
def test_a_start_with_wrong_settings_ends_with_a_sentence_for_each_and_nothing_else(command: str) -> None:
    wrong = {"API_DEADLINE": "abc", "SMTP_PORT": "0", "LOG_LEVEL": "LOUD", "CREDENTIAL_KEYS": "hunter2", "HTTPS": "1"}
    result = start(command, **wrong)
    said = [*result.stdout.splitlines(), *result.stderr.splitlines()]
    assert said == ["These settings cannot be used (docs/settings.md):", *problems(**wrong)]
    assert len(said) == 7
    assert result.returncode == 1


def test_a_start_points_out_names_that_look_mistaken() -> None:
    result = start("manage.py check", DEBUG="1", SMPT_HOST="mail.example.com")
    assert result.returncode == 0, result.stderr
    assert "(portal.W002) SMPT_HOST is not a setting of the portal" in result.stderr


@pytest.mark.parametrize("given", ["", "many"])
def test_the_handbook_is_right_about_a_name_that_gunicorn_reads_before_the_portal(given: str) -> None:
    result = start("-m gunicorn portal.wsgi --bind 127.0.0.1:0", DEBUG="1", WEB_CONCURRENCY=given)
    assert result.returncode == 1
    said = "ValueError: invalid literal for int()"
    assert result.stderr.splitlines()[-1].startswith(said)
    assert f"`{said}`" in (ROOT / "docs/operations.md").read_text()
    assert list(names.mistaken({"WEB_CONCURRENCY": given})) == [
        Mistaken("WEB_CONCURRENCY", "WEB_PROCESSES", is_read=True)
    ]


@pytest.mark.parametrize("command", ["migrate", "createsuperuser"])
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgres://portal:hunter2@127.0.0.1:1/portal", 'connection to server at "127.0.0.1", port 1 failed'),
        ("sqlite:////nowhere/portal.sqlite3", "unable to open database file"),
    ],
)
def test_a_command_without_a_database_says_so_in_a_sentence(command: str, url: str, why: str) -> None:
    result = start(f"manage.py {command}", DEBUG="1", DATABASE_URL=url)
    assert result.returncode == 1
    (said,) = [*result.stdout.splitlines(), *result.stderr.splitlines()]
    assert said.startswith("The database does not answer (")
    assert why in said
    assert said.endswith("). See DATABASE_URL, and whether it runs.")
    assert "hunter2" not in said


def test_a_command_in_a_database_that_was_never_migrated_says_what_to_do(tmp_path: Path) -> None:
    url = database.create(database.new(tmp_path, "empty"))
    try:
        result = start("manage.py createsuperuser", DEBUG="1", DATABASE_URL=url)
    finally:
        database.drop(url)
    assert result.returncode == 1
    assert result.stderr == "The database is empty: run manage.py migrate first.\n"


def test_another_failure_of_a_command_in_the_database_is_not_hidden(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    query(url, "CREATE TABLE other (id integer)")
    result = start("manage.py createsuperuser", DEBUG="1", DATABASE_URL=url)
    assert result.returncode == 1
    assert result.stderr.startswith("Traceback ")
    assert "no such table" in result.stderr


def test_the_doctor_finds_that_the_folder_of_the_database_is_not_there() -> None:
    url = "sqlite:////nowhere/portal.sqlite3"
    result = start("manage.py doctor --only database disk", DEBUG="1", DATABASE_URL=url)
    assert result.returncode == 1
    assert "FAILED   Database: Does not answer: unable to open database file" in result.stdout
    assert "Could not be checked" not in result.stdout
    assert result.stderr == ""
