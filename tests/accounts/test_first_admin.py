"""`manage.py createsuperuser`: how a portal gets its first admin."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from portal.accounts.models import AuditEntry, User

ADDRESS = "Ops@Example.com"


@pytest.fixture
def make(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "of-ten-or-more")
    return lambda: call_command("createsuperuser", interactive=False, email=ADDRESS, verbosity=0)


def test_the_first_admin_signs_in_and_finds_the_console(make: Any) -> None:
    make()
    client = Client()
    client.post("/accounts/login/", {"login": "ops@example.com", "password": "of-ten-or-more"})
    assert client.get("/console/").status_code == 200
    admin = User.objects.get(email="ops@example.com")
    assert (admin.is_staff, admin.is_superuser) == (True, True)


def test_it_goes_on_record_without_the_password(make: Any) -> None:
    make()
    entry = AuditEntry.objects.get(action="staff.changed")
    assert (entry.target, entry.actor) == ("ops@example.com", "")
    assert "of-ten" not in entry.after


def test_a_second_one_of_the_same_address_is_refused(make: Any) -> None:
    make()
    with pytest.raises(CommandError):
        make()
    assert (User.objects.count(), AuditEntry.objects.filter(action="staff.changed").count()) == (1, 1)
