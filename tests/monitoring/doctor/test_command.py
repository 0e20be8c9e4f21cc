"""`manage.py doctor`: what it prints, for people and for programs, and how it ends."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from portal.monitoring.doctor import checkup
from portal.monitoring.doctor.findings import Check, Finding, failed, fine, unknown, warning
from scripts.environment import ROOT


def doctor(*arguments: str) -> tuple[str, int]:
    """What it printed, and its exit status."""
    printed = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=printed)
    except SystemExit as ended:
        return printed.getvalue(), int(ended.code or 0)
    return printed.getvalue(), 0


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`finds(disk=[…])`: these checks, with what they find."""

    def put(**found: list[Finding]) -> None:
        checks = tuple(Check(name, name.title(), lambda found=found[name]: found) for name in found)
        monkeypatch.setattr(checkup, "CHECKS", checks)

    return put


@pytest.mark.parametrize(
    ("found", "status"),
    [(fine("a"), 0), (warning("a", "b"), 0), (unknown("a"), 1), (failed("a", "b"), 1)],
    ids=lambda found: getattr(found, "level", None),
)
def test_it_ends_with_1_unless_all_is_well(finds: Any, found: Finding, status: int) -> None:
    finds(disk=[fine("room"), found], mail=[fine("server")])
    assert doctor()[1] == status
    assert doctor("--json")[1] == status
    assert doctor("--only", "mail")[1] == 0


def test_people_read_what_is_so_and_what_to_do(finds: Any) -> None:
    finds(disk=[fine("Much room."), failed("No room.", "Make room.")])
    assert doctor()[0].splitlines() == [
        "ok       Disk: Much room.",
        "FAILED   Disk: No room.",
        "         → Make room. (docs/operations.md#disk)",
    ]


def test_programs_read_json(finds: Any) -> None:
    finds(disk=[warning("Little room.", "Make room.")])
    finding = {"level": "warning", "text": "Little room.", "todo": "Make room."}
    check = {"id": "disk", "title": "Disk", "level": "warning", "findings": [finding]}
    assert json.loads(doctor("--json")[0]) == {"level": "warning", "checks": [check]}


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        doctor("--only", "nonsense")


def test_a_mail_is_sent_where_one_asks_for_it(finds: Any) -> None:
    finds(disk=[fine("room")])
    printed, status = doctor("--send-to", "ops@example.com")
    assert (status, [one.to for one in mail.outbox]) == (0, [["ops@example.com"]])
    assert "Test mail: Sent to ops@example.com." in printed


def test_a_mail_that_cannot_be_sent_is_told(finds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> Iterator[None]:
        raise OSError("connection refused")

    finds(disk=[fine("room")])
    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    printed, status = doctor("--send-to", "ops@example.com")
    assert status == 1
    assert "Nothing was sent: connection refused" in printed


def test_the_handbook_has_a_section_for_each_check() -> None:
    handbook = (ROOT / "docs" / "operations.md").read_text()
    assert {check.id for check in checkup.CHECKS} <= set(re.findall(r"^#+ ([a-z-]+)$", handbook, re.MULTILINE))


@pytest.mark.parametrize("found", [fine("a"), failed("a", "b")], ids=lambda one: one.level)
def test_what_others_log_afterwards_is_logged(finds: Any, found: Finding) -> None:
    finds(disk=[found])
    doctor()
    assert logging.getLogger("portal.x").isEnabledFor(logging.INFO)
