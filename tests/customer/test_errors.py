"""A failure of ours: a page that says what to do and nothing of what broke, with a reference to find it in the log."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.customer.conftest import text_of


def test_a_failure_of_ours_says_nothing_of_it(
    signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret-of-the-house")

    client = signed_in("manager")
    client.raise_request_exception = False
    monkeypatch.setattr("portal.customer.people.members.People", broken)
    caplog.set_level(logging.ERROR)
    answer = client.get("/c/10001/people/")
    assert answer.status_code == 500
    assert "no-store" in answer.headers["Cache-Control"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    said = answer.content.decode()
    assert "secret-of-the-house" not in said
    assert "Traceback" not in said
    (reference,) = re.findall(r"\b[0-9a-f]{12}\b", text_of(answer))
    assert f"error page {reference} for GET /c/10001/people/" in caplog.text


def test_a_refusal_is_one_line_in_the_log(signed_in: Callable[[str], Client], caplog: pytest.LogCaptureFixture) -> None:
    assert signed_in("viewer").get("/c/10001/people/").status_code == 403
    (record,) = [one for one in caplog.records if one.name == "django.request"]
    assert record.exc_info is None
    assert "/c/10001/people/" in record.getMessage()


def test_a_request_that_makes_no_sense_gets_a_page_that_says_so(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["portal.example.com"]
    answer = client.get("/accounts/login/", headers={"Host": "evil.example.com"})
    assert answer.status_code == 400
    assert "<h1" in answer.content.decode()
