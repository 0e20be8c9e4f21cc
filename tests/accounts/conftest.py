"""Authenticator apps stand still here: a code that runs out between two lines of a test would fail it."""

import time
from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def _codes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: now))
