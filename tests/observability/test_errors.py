"""What is taken of an event, whatever the SDK has put into it; and that nothing is there where nothing is set."""

import logging
import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import RequestFactory

from portal.environment import names
from portal.logs import request_id
from portal.observability import errors
from scripts.environment import ROOT


def record(name: str, text: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 1, text, arguments, None)


def told(log_record: logging.LogRecord | None = None, **event: Any) -> Any:
    return errors._told(event, {"log_record": log_record} if log_record else {})  # type: ignore[typeddict-item, arg-type]


def test_what_is_not_listed_is_left_out() -> None:
    anything = {"user": {"ip_address": "192.0.2.1"}, "request": {"url": "/"}, "extra": {"a": 1}, "contexts": {}}
    assert told(event_id="1", tags={"process": "web", "other": "x"}, **anything) == {
        "event_id": "1",
        "tags": {"process": "web"},
    }


def test_an_exception_is_its_type_and_its_way_through_the_code() -> None:
    frame = {"function": "send", "lineno": 3, "context_line": "    send(password)"}
    value = {
        "type": "IntegrityError",
        "module": "django.db.utils",
        "value": "Key (email)=(ada@example.com) already exists.",
        "mechanism": {"type": "logging", "handled": True, "data": {"about": "ada"}},
        "stacktrace": {"frames": [frame | {"vars": {"password": "hunter2"}}]},
    }
    assert told(exception={"values": [value, {"type": "KeyError"}]})["exception"]["values"] == [
        {
            "type": "IntegrityError",
            "module": "django.db.utils",
            "mechanism": {"type": "logging", "handled": True},
            "stacktrace": {"frames": [frame]},
        },
        {"type": "KeyError"},
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (record("celery.app.trace", "Task %s raised", "ada@example.com"), "Task %s raised"),
        (record("portal.inventory", "the platform is away"), "the platform is away"),
        (record("some.library", "ada@example.com is not known"), ""),
    ],
)
def test_of_a_line_it_has_what_the_code_says(given: logging.LogRecord, words: str) -> None:
    assert told(given)["logentry"] == {"message": words}
    crumb = {"category": given.name, "message": given.getMessage(), "data": {"customer": "10001"}}
    assert errors._crumb(crumb, {"log_record": given}) == {"category": given.name, "message": words}


def test_there_are_no_breadcrumbs_but_lines_of_the_log() -> None:
    assert errors._crumb({"category": "httplib", "message": "https://…"}, {}) is None


def test_a_request_that_no_page_was_found_for_has_no_route() -> None:
    with errors._within(RequestFactory().get("/no/such/page")), request_id.using("0123456789ab"):
        assert told() == {"tags": {"request_id": "0123456789ab"}}


def test_nothing_is_loaded_where_nothing_is_set() -> None:
    """But what redis-py loads by itself where it finds OpenTelemetry: its API, and the metrics of its SDK."""
    code = """
import sys
import portal.wsgi
from portal.observability import processes
processes.begin("web")
processes.called("ping", "", "ok", 1)
processes.end()
ours = ("sentry_sdk", "opentelemetry.sdk.trace.export", "opentelemetry.exporter", "google.protobuf")
print([name for name in sys.modules if name in ours or name.startswith("portal.observability.")])
"""
    others = {name: value for name, value in os.environ.items() if name not in names.KNOWN}
    env = others | {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=120
    )
    assert found.stdout.strip() == "['portal.observability.processes']"
