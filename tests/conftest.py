"""What all tests share. They run with the portal's settings; tests/sandbox, a project of its own, with its own:

pytest                                                       the portal
pytest --ds=portal.sandbox.settings tests/sandbox            the sandbox
"""

import os
from collections.abc import Iterator
from pathlib import Path

import tests.support.properties  # noqa: F401
from tests.support import loggers, moment

moment.begin()
loggers.walk_through_copies()

# Before the settings are read: plain static files, development's secrets, and no Redis unless a test asks for one.
STATIC_ROOT = Path(__file__).parent.parent / "var" / "test" / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ["DEBUG"] = "1"
os.environ["CHECK_FRAGMENTS"] = "1"
os.environ["STAFF_MFA"] = "0"  # as the demo; tests/accounts has it on
os.environ["STATIC_ROOT"] = str(STATIC_ROOT)
os.environ["CACHE_URL"] = "redis://127.0.0.1:1/0"
os.environ["BROKER_URL"] = "redis://127.0.0.1:1/1"

import django  # noqa: E402
import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils import timezone, translation  # noqa: E402

django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

IS_SANDBOX = os.environ["DJANGO_SETTINGS_MODULE"] == "portal.sandbox.settings"
collect_ignore = [] if IS_SANDBOX else ["sandbox"]
pytest_plugins = ["tests.support.services", "tests.support.migrated", "tests.support.emptying"]
if not IS_SANDBOX:
    pytest_plugins += [
        "tests.support.moments",
        "tests.support.cast",
        "tests.support.mails",
        "tests.support.plenty",
        "tests.support.portal",
        "tests.support.browser",
        "tests.support.failures",
    ]


@pytest.fixture(scope="module", autouse=True)
def _each_module_begins_at_the_same_moment() -> Iterator[None]:
    with moment.begun_again():
        yield


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Each test begins in English and by Berlin's clock: a page leaves its thread with those of its reader."""
    with translation.override("en"), timezone.override(None):
        yield


if not IS_SANDBOX:
    from tests.support import on_record

    on_record.watch()

    from django.core.signals import setting_changed

    from portal.inventory import timed_value
    from portal.plans import ended, open_plans
    from portal.ui import fragments

    @pytest.fixture(autouse=True)
    def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
        """This process knows nothing of an earlier test's database.

        What it keeps for some seconds it keeps until the test is over, or queries would be counted by luck.
        """
        monkeypatch.setattr(timed_value, "monotonic", lambda: 0.0)
        timed_value.forget_all()
        fragments.forget_all()
        open_plans.forget_all()
        ended.forget_all()

    @setting_changed.connect
    def _forget(**_signal: object) -> None:
        """A running portal's settings stay as they are, and so are no part of any key."""
        fragments.forget_all()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process works on alone in the end."""
    long = ("flows", "pipeline", "ground", "isolation")
    items.sort(key=lambda item: not any(f"tests/{name}/" in item.nodeid for name in long))
