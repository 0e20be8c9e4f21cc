"""The mails that the portal sends, kept for a test to read."""

from typing import Any

import pytest
from django.core import mail


@pytest.fixture
def outbox(settings: Any) -> list[Any]:
    """The mails that are sent from now on; `django.core.mail.outbox` is the same list."""
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    mail.outbox = []  # type: ignore[attr-defined]
    return mail.outbox
