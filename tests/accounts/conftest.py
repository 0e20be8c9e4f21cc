"""What tests of accounts share. Apps stand still: a code that runs out between two lines of a test would fail it."""

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter


@pytest.fixture(autouse=True)
def _codes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    _stand_at(time.time(), monkeypatch)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """So many seconds pass, for apps as well."""
    with time_machine.travel(time.time()) as traveller:

        def pass_by(seconds: int) -> None:
            traveller.shift(seconds)
            _stand_at(time.time(), monkeypatch)

        yield pass_by


@pytest.fixture
def sign_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Single sign-on is set up, with a provider that answers nothing."""
    app = {
        "provider_id": "sso",
        "name": "Sign-on",
        "client_id": "portal",
        "secret": "",
        "settings": {"server_url": "x"},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    settings.SIGN_ON_ORIGINS = ["https://id.example"]
    endpoints = {f"{name}_endpoint": f"https://id.example/{name}" for name in ("authorization", "token")}
    monkeypatch.setattr(OpenIDConnectOAuth2Adapter, "openid_config", endpoints)


def _stand_at(now: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: now))
