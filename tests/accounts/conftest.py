"""Authenticator apps stand still here: a code that runs out between two lines of a test would fail it."""

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import time_machine


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


def _stand_at(now: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: now))
