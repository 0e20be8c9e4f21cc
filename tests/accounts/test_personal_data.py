"""What is kept about a person, as a file for them: all of it, nothing that lets somebody in."""

import io
import json
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from portal.accounts.models import AuditEntry, Membership, User
from portal.accounts.people import personal_data
from tests.support.plenty import Plenty, fresh_process  # noqa: F401

LEFT_OUT = {
    "Note.author": "about a customer, by staff at work",
    "Announcement.author": "for customers, by staff at work",
    "Announcement_dismissed_by.user": "which announcements one has read",
    "Current.user": "which of the customer's plans is at hand",
    "EmailAddress.user": "allauth's copy of the address that an account has",
    "User_groups.user": "Django's groups, which nobody uses",
    "User_user_permissions.user": "Django's permissions, which nobody uses",
}
LETS_IN = {"password", "sealed", "token", "token_hash", "secret", "session_key", "data", "extra_data"}


def references() -> set[str]:
    """Every column that leads to a person, or to their membership."""
    models = apps.get_models(include_auto_created=True)
    return {
        f"{model.__name__}.{field.name}"
        for model in models
        for field in model._meta.get_fields()
        if getattr(field, "column", None) and field.related_model in (User, Membership)
    }


def test_whatever_leads_to_a_person_is_told_or_left_out_for_a_reason() -> None:
    told = {kind.model.__name__ for kind in personal_data.kept}
    assert {name for name in references() if name.partition(".")[0] not in told} == {*LEFT_OUT}
    assert {"Membership", "Change", "Plan", "Remark", "Feed", "Job", "Notice", "Visit", "AuditEntry"} <= told


def test_nothing_is_told_that_lets_somebody_in() -> None:
    for kind in (personal_data.PERSON, *personal_data.kept):
        assert not {name.rpartition("__")[2] for name in kind.fields} & LETS_IN, kind.name


@pytest.fixture
def told(plenty: Plenty) -> dict[str, Any]:
    """What the file of the first of two people has."""
    plenty.grow(2)
    answer = plenty.client().post("/accounts/data")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="personal-data-20')
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_the_file_has_what_is_there(told: dict[str, Any]) -> None:
    assert told["person"]["email"] == "person0@example.com"
    assert told["memberships"][0] == {
        "customer_number": "10001",
        "customer_name": "Customer 0",
        "role": "manager",
        "group": "",
    }
    filled = ("sessions", "two_factor", "single_sign_on", "changes", "plans", "entries_of_plans", "remarks_on_plans")
    assert [name for name in filled if not told[name]] == []
    assert {one["text"] for one in told["remarks_on_plans"]} == {"Said 0", ""}


def test_it_is_about_nobody_else(plenty: Plenty, told: dict[str, Any]) -> None:
    other = json.loads(personal_data.as_json(plenty.person(1)))
    assert other["person"]["email"] == "person1@example.com"
    for name in ("sessions", "two_factor", "plans"):
        rows = [json.dumps(row, sort_keys=True) for row in told[name]]
        assert not set(rows) & {json.dumps(row, sort_keys=True) for row in other[name]}, name


def test_it_is_on_record(told: dict[str, Any]) -> None:
    entries = AuditEntry.objects.filter(action="personal_data.exported")
    assert {(one.chain, one.actor, one.target) for one in entries} == {
        (number, "person0@example.com", "person0@example.com") for number in ("10001", "10002")
    }


class TestCommand:
    def test_it_prints_the_same(self, db: None) -> None:
        user = User.objects.create_user("ada@example.com", "x")
        printed = io.StringIO()
        call_command("export_person", " Ada@Example.com", stdout=printed)
        assert json.loads(printed.getvalue())["person"]["email"] == "ada@example.com"
        (entry,) = AuditEntry.objects.filter(action="personal_data.exported")
        assert (entry.actor, entry.target) == ("", user.email)

    def test_nobody_of_that_address(self, db: None) -> None:
        with pytest.raises(CommandError, match=r"Nobody signs in as x@example.com"):
            call_command("export_person", "x@example.com")
