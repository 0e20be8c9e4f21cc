"""One id goes from a form over the worker to the call to the platform, in real processes."""

import re
import time
from urllib.parse import urljoin

import pytest

from scripts.visitor import FormFields, Visitor
from tests.support.portal import Portal

EDIT = "/c/10001/virtualmachine/shop10/-/edit?next=/healthz"


@pytest.fixture(scope="module")
def asked_as(portal_stack: Portal) -> str:
    """The id of the request by which a person has changed a machine."""
    visitor = Visitor(portal_stack.url, "manager@example.com")
    fields = FormFields(filled_in={"service_description"})
    fields.feed(visitor.get(EDIT))
    values = fields.values | {"service_description": "found by its id"}
    answer = visitor.session.post(urljoin(portal_stack.url, EDIT), data=values, allow_redirects=False, timeout=60)
    assert answer.status_code == 302
    return answer.headers["X-Request-ID"]


def lines_of(portal: Portal, request_id: str) -> list[str]:
    """In the logs of web and worker."""
    text = portal.web.output() + portal.worker.output()
    return [line for line in text.splitlines() if line.endswith(f"[{request_id}]")]


def test_web_worker_and_platform_call_have_one_id(portal_stack: Portal, asked_as: str) -> None:
    end = time.monotonic() + 60
    while not any("apply" in line for line in lines_of(portal_stack, asked_as)):
        assert time.monotonic() < end, "nothing was applied under that id"
        time.sleep(0.2)
    found = lines_of(portal_stack, asked_as)
    (applied,) = (line for line in found if " portal.api: apply " in line)
    assert ": ok, " in applied
    assert [line for line in found if re.search(r" portal\.access: POST /c/<str:customer_no>/.*: 302, ", line)]


def test_the_change_keeps_it_for_whoever_sends_it(portal_stack: Portal, asked_as: str) -> None:
    ((kept,),) = portal_stack.query("SELECT request_id FROM changes_change ORDER BY created DESC LIMIT 1")
    assert kept == asked_as
