"""Every setting can be found, and given where the portal is run."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from portal.environment.setting import Setting
from portal.environment.table import SETTINGS
from scripts import settings_page
from scripts.environment import ROOT

NAMES = [one.name for one in SETTINGS]
COMPOSE = (ROOT / "compose.yaml").read_text()
# Said for Django, not read.
WHOSE_SETTINGS = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")'
ASKS_THE_ENVIRONMENT = re.compile(r"\benviron\b(?!ment)|\bgetenv\b")


def modules() -> list[Path]:
    """All that runs as the portal; the sandbox is a project of its own."""
    apart = [ROOT / "portal" / "sandbox", ROOT / "portal" / "environment"]
    found = [*sorted((ROOT / "portal").rglob("*.py")), ROOT / "gunicorn.conf.py", ROOT / "manage.py"]
    return [path for path in found if not any(path.is_relative_to(one) for one in apart)]


def test_there_are_settings() -> None:
    assert {"TRUSTED_PROXIES", "PORTAL_URL", "MAIL_FROM", "OIDC_SERVER_URL", "SECRET_KEY", "HTTPS"} <= {*NAMES}
    assert len({*NAMES}) == len(NAMES)


def test_nothing_but_their_table_reads_the_environment() -> None:
    texts = {str(path.relative_to(ROOT)): path.read_text().replace(WHOSE_SETTINGS, "") for path in modules()}
    assert {"portal/settings.py", "portal/celery.py", "portal/api/session.py"} <= {*texts}
    assert [name for name, text in texts.items() if ASKS_THE_ENVIRONMENT.search(text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_declared_is_used(name: str) -> None:
    readers = "".join((ROOT / path).read_text() for path in ("portal/settings.py", "gunicorn.conf.py"))
    assert re.search(rf"\b(?:_given|Environment\(\))\.{name}\b", readers) or re.search(
        rf"\bvalue\(Platform\.{name}\)", (ROOT / "portal/api/session.py").read_text()
    )


def test_the_page_of_settings_is_made_of_the_table() -> None:
    assert settings_page.FILE.read_text(encoding="utf-8") == settings_page.page(), "make format writes it"


@pytest.mark.parametrize("one", SETTINGS, ids=lambda one: one.name)
def test_the_page_names_it_with_its_default_and_what_it_is_for(one: Setting[Any]) -> None:
    (row,) = [row for row in settings_page.page().splitlines() if row.startswith(f"| `{one.name}`")]
    _, name, default, purpose, _ = (cell.strip() for cell in row.split("|"))
    assert (f"`{one.name}_FILE`" in name) == one.is_secret
    assert default
    assert purpose.endswith(".")


def test_the_web_server_has_as_many_processes_as_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for given in ("3", "", "many"):
        monkeypatch.setenv("WEB_PROCESSES", given)
        found.append(runpy.run_path(str(ROOT / "gunicorn.conf.py"))["workers"])
    assert found == [3, 2, 2]


@pytest.mark.parametrize(("given", "expected"), [("", 5), ("?connect_timeout=30", 30)])
def test_a_database_that_is_cut_off_is_noticed(monkeypatch: pytest.MonkeyPatch, given: str, expected: int) -> None:
    """On both sides of the connection; what DATABASE_URL says counts (`scripts.hosts` shows that it helps)."""
    monkeypatch.setenv("DATABASE_URL", f"postgres://portal@db.example.com/portal{given}")
    options = runpy.run_path(str(ROOT / "portal" / "settings.py"))["DATABASES"]["default"]["OPTIONS"]
    assert int(options["connect_timeout"]) == expected
    assert options["keepalives_idle"] + options["keepalives_count"] * options["keepalives_interval"] == 15
    assert options["tcp_user_timeout"] == 15_000
    assert {"tcp_keepalives_idle=5", "tcp_keepalives_count=2"} < set(options["options"].split())


def test_all_that_stands_in_env_gets_to_every_process_of_the_portal() -> None:
    portal, services = COMPOSE.split("\nservices:\n")
    assert "\n  env_file: .env\n" in portal
    processes = re.findall(r"^  (\w+):\n    <<: \*portal$", services, re.MULTILINE)
    assert processes == ["web", "changes", "refresh", "papers", "post", "beat", "migrate"]
    assert "env_file" not in services
