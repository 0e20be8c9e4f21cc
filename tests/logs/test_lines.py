"""The two forms of a line: what they have, and what never gets into them."""

import json
import logging
import logging.config
import sys
from typing import Any

import pytest

from portal.logs import lines, request_id


def record(text: str, *args: Any, **extra: Any) -> logging.LogRecord:
    return logging.getLogger("portal.x").makeRecord("portal.x", logging.INFO, "f", 1, text, args, None, extra=extra)


def as_json(one: logging.LogRecord) -> dict[str, Any]:
    line = lines.Json().format(one)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_people_read_a_line_with_the_requests_id_at_its_end() -> None:
    assert lines.People().format(record("query %s", "all")).endswith(" INFO portal.x: query all")
    with request_id.using("0123456789ab"):
        assert lines.People().format(record("query %s", "all")).endswith(" INFO portal.x: query all [0123456789ab]")


def test_programs_read_an_object() -> None:
    with request_id.using("0123456789ab"):
        found = as_json(record("query “%s”", "ä\n", status=200, customer="10001"))
    assert found["time"].endswith("+00:00")
    assert {name: found[name] for name in found if name not in ("time", "process")} == {
        "level": "INFO",
        "logger": "portal.x",
        "message": "query “ä\n”",
        "request_id": "0123456789ab",
        "status": 200,
        "customer": "10001",
    }


def test_what_nobody_has_named_is_left_out() -> None:
    """Django gives the request along, with all that was typed."""
    found = as_json(record("Not Found", request="<GET '/find?q=hunter2'>", password="hunter2"))
    assert "hunter2" not in json.dumps(found)
    assert "request_id" not in found


@pytest.mark.parametrize("form", [lines.People, lines.Json])
def test_a_traceback_belongs_to_its_line(form: type[logging.Formatter]) -> None:
    one = record("broken")
    try:
        raise ValueError("what broke")
    except ValueError:
        one.exc_info = sys.exc_info()
    text = form().format(one)
    assert "Traceback" in text
    assert "ValueError: what broke" in text


@pytest.mark.parametrize("form", [lines.People, lines.Json])
@pytest.mark.parametrize(
    "path",
    [
        "/calendar/s3cret.ics",
        "/notifications/stop/s3cret",
        "/accounts/invitation/s3cret/",
        "/accounts/password/reset/key/1-s3cret/",
    ],
)
def test_an_address_that_lets_somebody_in_is_not_told(form: type[logging.Formatter], path: str) -> None:
    for text in (f"Not Found: {path}", f"error page 0 for GET {path}?a=1"):
        assert "s3cret" not in form().format(record("%s", text))
    assert "/accounts/login/" in form().format(record("Not Found: /accounts/login/"))


@pytest.mark.parametrize(
    ("text", "is_told"), [("Scheduler: Sending due task follow (changes.follow)", False), ("beat: Starting...", True)]
)
def test_the_scheduler_says_nothing_of_each_message(text: str, is_told: bool) -> None:
    assert bool(logging.getLogger("celery.beat").filter(record(text))) is is_told


def test_all_loggers_write_in_the_form_that_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                **lines.handler("json"),
                "root": {"handlers": ["console"], "level": "INFO"},
            }
        )
        logging.getLogger("celery.worker").warning("by others")
        (line,) = capsys.readouterr().err.splitlines()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert json.loads(line)["message"] == "by others"
