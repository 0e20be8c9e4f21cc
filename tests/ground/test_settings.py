"""Every setting can be found, and given where the portal is run."""

import re

import pytest

from scripts.environment import ROOT

SETTINGS = sorted(
    {
        name
        for path in ("portal/settings.py", "gunicorn.conf.py")
        for name in re.findall(r'(?:environ\.get|_flag|_secret)\("([A-Z_]+)"', (ROOT / path).read_text())
    }
)
README, COMPOSE = ((ROOT / name).read_text() for name in ("README.md", "compose.yaml"))


def test_there_are_settings() -> None:
    assert {"TRUSTED_PROXIES", "PORTAL_URL", "MAIL_FROM", "OIDC_SERVER_URL", "SECRET_KEY", "HTTPS"} <= {*SETTINGS}


@pytest.mark.parametrize("name", SETTINGS)
def test_readme_names_it(name: str) -> None:
    assert f"`{name}`" in README


def test_all_that_stands_in_env_gets_to_every_process_of_the_portal() -> None:
    portal, services = COMPOSE.split("\nservices:\n")
    assert "\n  env_file: .env\n" in portal
    processes = re.findall(r"^  (\w+):\n    <<: \*portal$", services, re.MULTILINE)
    assert processes == ["web", "worker", "beat", "migrate"]
    assert "env_file" not in services
