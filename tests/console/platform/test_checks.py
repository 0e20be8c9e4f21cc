"""System checks in the console: carried out when staff ask for it, never by opening the page."""

import re
from typing import Any

import pytest
from django.test import Client

from portal.monitoring.doctor import checkup
from portal.monitoring.doctor.findings import Check, failed, fine, unknown, warning
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401

PAGE = "/console/platform/checks/"


@pytest.fixture
def staff(browse: Browse) -> Client:  # noqa: F811
    return browse("staff")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the checks that were carried out."""
    done: list[str] = []
    found = {
        "disk": fine("Much room."),
        "mail": warning("Mail goes to the log.", "Set SMTP_HOST."),
        "audit": unknown("Nothing can be said."),
        "queues": failed("Nobody took a message.", "Start a worker."),
    }

    def ask(name: str) -> Any:
        def check() -> Any:
            done.append(name)
            return [found[name]]

        return check

    monkeypatch.setattr(checkup, "CHECKS", tuple(Check(name, name.title(), ask(name)) for name in found))
    return done


def test_opening_the_page_asks_nobody_anything(staff: Client, asked: list[str]) -> None:
    page = staff.get(PAGE)
    assert (page.status_code, asked) == (200, [])
    assert "Run checks" in text_of(page)


def test_what_is_found_is_told_with_what_to_do(staff: Client, asked: list[str]) -> None:
    page = staff.post(PAGE)
    assert asked == ["disk", "mail", "audit", "queues"]
    text = text_of(page)
    assert "Disk Fine: Much room." in text
    assert "Mail Warning: Mail goes to the log. Set SMTP_HOST." in text
    assert "Audit Unknown: Nothing can be said." in text
    assert "Queues Failed: Nobody took a message. Start a worker." in text
    assert "Run again 1 failed, 1 unknown, 1 warning" in text


def test_where_nothing_is_wrong_it_says_so(staff: Client, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "CHECKS", checkup.CHECKS[:1])
    assert "Run again Everything is fine." in text_of(staff.post(PAGE))


def test_the_platform_page_leads_there(staff: Client) -> None:
    assert f'href="{PAGE}"' in staff.get("/console/platform/").content.decode()


def test_the_checks_themselves_are_told_in_german(staff: Client) -> None:
    staff.cookies["language"] = "de"
    page = text_of(staff.post(PAGE, headers={"accept-language": "de"}))
    assert "Warteschlangen" in page
    assert not re.search(r"\b(is|are|has|does)\b", page.split("Ergebnis")[1].split("docs/operations.md")[0])
