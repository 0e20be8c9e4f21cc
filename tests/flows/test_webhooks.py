"""Webhooks in a browser: from an address to events that arrive, by a worker of their own."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.flows.conftest import NARROW, Visit
from tests.flows.test_looks import wear
from tests.notify.webhooks.receiver import OK, Receiver, answering, headers_of
from tests.support import moment
from tests.support.portal import Portal

FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver(answering(OK))
    yield one
    one.stop()


def put_down(portal: Portal, kind: str, machine: str) -> None:
    """Something that happened to a machine, of which the webhook could not be told."""
    happened, message = uuid4().hex, uuid4().hex
    portal.query(
        "INSERT INTO notify_occurrence"
        ' (id, customer_id, kind, key, at, noted, type_name, record, "group", thread, data)'
        " SELECT %s, id, %s, %s, %s, %s, 'virtualmachine', %s, '', '', '{}'"
        " FROM accounts_customer WHERE number = '10001'",
        *(happened, kind, happened, moment.AT, moment.AT, machine),
    )
    portal.query(
        "INSERT INTO notify_message (id, endpoint_id, occurrence_id, created, state, due, attempts)"
        " SELECT %s, id, %s, %s, 'failed', %s, 1 FROM notify_endpoint",
        *(message, happened, moment.AT, moment.AT),
    )


def test_a_webhook_is_added_tested_and_read_on_a_phone_in_the_dark(visit: Visit, receiver: Receiver) -> None:
    visitor = visit("manager")
    page = visitor.go("webhooks/")
    page.get_by_role("link", name="Add webhook").first.click()
    visitor.check()
    page.get_by_label("URL").fill(receiver.url)
    page.get_by_label("Description").fill("Ours")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Send test event").click()
    expect(page.locator("#webhook")).to_contain_text("Active")  # without reloading it
    expect(page.get_by_role("row", name=re.compile("Test event"))).to_contain_text("HTTP 200")
    visitor.check()
    (request,) = receiver.requests
    assert headers_of(request)["webhook-signature"].startswith("v1,")
    own = page.url
    put_down(visitor.portal, "deletion.soon", "m" * 60)
    page.goto(own)
    expect(page.get_by_role("row", name=re.compile("m{60}"))).to_contain_text("Failed")
    page.get_by_role("button", name="Show secret").click()
    expect(page.locator("main")).to_contain_text("whsec_")
    visitor.check()
    page.set_viewport_size(NARROW)
    wear(page, visitor.portal.url, theme="dark")
    for address in (own, f"{own}-/edit", f"{own}-/again", f"{own}-/remove"):
        page.goto(address)
        visitor.check()
        assert page.evaluate(FITS), address
