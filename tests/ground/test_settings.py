"""Every setting can be found, and given where the portal is run."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import broker
from portal import settings as portal_settings
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
    assert processes == ["web", "worker", "post", "beat", "migrate"]
    assert "env_file" not in services


@pytest.mark.parametrize("debug", [True, False])
def test_a_secret_may_be_left_out_in_development_only(monkeypatch: pytest.MonkeyPatch, debug: bool) -> None:
    monkeypatch.setattr(portal_settings, "DEBUG", debug)
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    if debug:
        assert portal_settings._secret("NO_SUCH_SECRET", "for development") == "for development"
        return
    with pytest.raises(ImproperlyConfigured, match="Set NO_SUCH_SECRET"):
        portal_settings._secret("NO_SUCH_SECRET", "for development")


@pytest.mark.parametrize("closed", [True, False])
def test_a_channel_that_is_closed_lets_messages_be(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    told: list[str] = []
    for name in ("basic_ack", "basic_reject"):
        monkeypatch.setattr(broker.redis.Channel, name, lambda self, tag, **options: told.append(tag))
    channel = broker.Channel.__new__(broker.Channel)
    channel.closed = closed
    channel.basic_ack("taken")
    channel.basic_reject("left")
    assert told == ([] if closed else ["taken", "left"])
