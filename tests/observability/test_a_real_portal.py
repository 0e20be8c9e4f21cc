"""A portal in processes, and who is told of it: errors with their request, traces through all processes, no secrets."""

import re
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from scripts.visitor import FormFields, Visitor
from tests.observability.failing import EVERYTHING, SECRETS, TASK
from tests.support.collector import Collector
from tests.support.portal import NewPortal, Portal

EDIT = "/c/10001/virtualmachine/shop10/-/edit?next=/healthz"


@pytest.fixture(scope="module")
def watched(new_portal: NewPortal, collector: Collector) -> Portal:
    return new_portal(
        DJANGO_SETTINGS_MODULE="tests.observability.failing.settings",
        SENTRY_DSN=collector.dsn,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="100",
    )


def fail(portal: Portal) -> str:
    """Sends all that a person might to an address that fails; the id of that request."""
    answer = requests.post(
        f"{portal.url}/calendar/{SECRETS['token']}.ics?q={SECRETS['query']}",
        data={"password": SECRETS["password"], "email": SECRETS["mail"], "key": SECRETS["key"]},
        cookies={"sessionid": SECRETS["cookie"]},
        headers={"User-Agent": SECRETS["header"], "Authorization": f"Bearer {SECRETS['key']}"},
        timeout=60,
    )
    assert answer.status_code == 500
    return answer.headers["X-Request-ID"]


@pytest.fixture(scope="module")
def failed(watched: Portal) -> str:
    return fail(watched)


def event(collector: Collector, request_id: str, process: str) -> dict[str, Any]:
    wanted = {"request_id": request_id, "process": process}
    return collector.wait_for(
        lambda found: next((one for one in found.events if wanted.items() <= one["tags"].items()), None)
    )


def code_of(event: dict[str, Any]) -> list[str]:
    """The functions that an event's exception came by."""
    return [frame["function"] for frame in event["exception"]["values"][-1]["stacktrace"]["frames"]]


def assert_no_secrets(collector: Collector) -> None:
    sent = b"\n".join(collector.received).decode(errors="replace")
    assert not [name for name, secret in SECRETS.items() if secret in sent]


def test_an_error_in_a_request_comes_with_its_id_and_route(collector: Collector, failed: str) -> None:
    found = event(collector, failed, "web")
    assert found["tags"]["route"] == found["transaction"] == "/calendar/<str:token>.ics"
    assert re.fullmatch(r"portal@[0-9a-f]{12}", found["release"])
    assert found["exception"]["values"][-1]["type"] == "ValueError"
    assert code_of(found)[-1] == "failing"
    assert not {"user", "request", "extra", "modules", "threads"} & found.keys()
    assert {"portal.tests": "%s has sent %s"}.items() <= {
        one["category"]: one["message"] for one in found["breadcrumbs"]["values"]
    }.items()


def test_an_error_in_a_task_comes_with_the_id_of_the_request(collector: Collector, failed: str) -> None:
    found = event(collector, failed, "worker")
    assert found["tags"]["task"] == found["transaction"] == TASK
    assert code_of(found)[-1] == "fail"


def test_a_trace_goes_from_the_request_over_the_task_to_the_platform(collector: Collector, failed: str) -> None:
    def whole(found: Collector) -> dict[str, dict[str, Any]] | None:
        spans = {one["name"]: one for one in found.spans if one["portal.request_id"] == failed}
        return spans if len(spans) > 2 else None

    spans = collector.wait_for(whole)
    request, task, call = spans["POST /calendar/<str:token>.ics"], spans[TASK], spans["ping"]
    assert (request["service"], task["service"]) == ("portal-web", "portal-worker")
    assert (request["http.response.status_code"], request["parent"]) == (500, "")
    assert (task["trace"], task["parent"]) == (request["trace"], request["id"])
    assert (call["trace"], call["parent"], call["service"]) == (task["trace"], task["id"], "portal-worker")
    assert (call["portal.platform.outcome"], call["is_failed"]) == ("ok", False)
    assert request["is_failed"]
    assert (task["is_failed"], task["error.type"]) == (True, "ValueError")


def test_a_change_is_in_the_trace_of_its_form_whoever_sends_it(collector: Collector, watched: Portal) -> None:
    """The worker that the form has told, or another that the sweeper has."""
    visitor = Visitor(watched.url, "manager@example.com")
    fields = FormFields(filled_in={"service_description"})
    fields.feed(visitor.get(EDIT))
    values = fields.values | {"service_description": EVERYTHING[:50]}
    answer = visitor.session.post(urljoin(watched.url, EDIT), data=values, allow_redirects=False, timeout=60)
    assert answer.status_code == 302
    own = answer.headers["X-Request-ID"]

    def whole(found: Collector) -> list[dict[str, Any]] | None:
        spans = [one for one in found.spans if one["portal.request_id"] == own]
        names = {one["name"].partition(" ")[0] for one in spans}
        return spans if {"POST", "apply"} <= names else None

    spans = collector.wait_for(whole)
    (applied,) = (one for one in spans if one["name"] == "apply virtualmachine")
    (request,) = (one for one in spans if one["service"] == "portal-web" and one["name"].startswith("POST "))
    assert {one["trace"] for one in spans} == {request["trace"]}
    assert (applied["portal.platform.outcome"], applied["is_failed"]) == ("ok", False)


def test_an_answer_that_says_unable_is_no_error(collector: Collector, watched: Portal) -> None:
    assert requests.get(f"{watched.url}/unable", timeout=60).status_code == 503
    later = fail(watched)
    event(collector, later, "web")
    assert "/unable" not in {one.get("transaction") for one in collector.events}


def test_nobody_waits_for_who_does_not_answer(collector: Collector, watched: Portal) -> None:
    collector.answers.clear()
    own = fail(watched)
    collector.wait_until_somebody_waits()
    also = fail(watched)
    collector.answers.set()
    for one in (own, also):
        event(collector, one, "web")


def test_the_scheduler_tells_of_its_errors(collector: Collector, watched: Portal) -> None:
    watched.stop_redis()
    try:
        found = collector.wait_for(
            lambda found: next((one for one in found.events if one["tags"]["process"] == "beat"), None)
        )
    finally:
        watched.start_redis()
    assert found["logger"] == "celery.beat"


def test_nothing_that_was_told_has_what_a_person_gave(collector: Collector, failed: str) -> None:
    """The last of this module: all that was sent until here."""
    assert_no_secrets(collector)
    sent = b"\n".join(collector.received)
    assert b"manager@example.com" not in sent
    assert b"127.0.0.1" not in sent.replace(b"http://127.0.0.1", b"")


def test_what_finds_nothing_to_do_leaves_no_trace(collector: Collector) -> None:
    names = {one["name"] for one in collector.spans}
    assert not {"GET /healthz", "console.sample"} & names
