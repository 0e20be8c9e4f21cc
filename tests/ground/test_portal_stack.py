"""The portal in processes that the flow tests use: it can be signed in to, mistreated and put right."""

import time
import urllib.request
from datetime import datetime

import pytest
import redis
from django.utils import timezone
from playwright.sync_api import Page

from scripts.processes import accepts_connections
from tests.support.browser import axe, sign_in
from tests.support.doctor import doctor
from tests.support.portal import Portal
from tests.support.services import Sandbox


def test_a_person_can_sign_in_by_the_browser(portal_stack: Portal, page: Page) -> None:
    page.goto(portal_stack.url)
    axe(page)
    sign_in(page, portal_stack.url, "manager@example.com")
    assert page.context.cookies(portal_stack.url)


def test_each_part_can_be_taken_away_and_brought_back(portal_stack: Portal) -> None:
    portal_stack.kill_worker()
    assert not portal_stack.worker.is_alive
    portal_stack.start_worker()
    portal_stack.stop_redis()
    assert not accepts_connections(portal_stack.redis_port)
    portal_stack.start_redis()
    assert accepts_connections(portal_stack.redis_port)
    with urllib.request.urlopen(f"{portal_stack.url}/healthz") as answer:
        assert answer.status == 200


def test_the_doctor_finds_a_running_portal_well_but_for_what_a_trial_lacks(portal_stack: Portal) -> None:
    trial = {"proxies", "mail", "cache", "backups"} | (
        {"database"} if "sqlite" in portal_stack.env["DATABASE_URL"] else set()
    )
    behind = timezone.now() - datetime.fromisoformat(portal_stack.platform.control(reset=True)["now"])
    portal_stack.platform.control(advance=behind.total_seconds())  # it began anew, while our processes went on
    begun = time.monotonic()
    while (found := {name for name, level in doctor(portal_stack).items() if level != "fine"}) != trial:
        assert time.monotonic() < begun + 120, found  # until all have said that they are there


def test_the_doctor_finds_that_a_worker_is_gone(portal_stack: Portal) -> None:
    portal_stack.kill_worker()
    try:
        assert doctor(portal_stack, "--only", "queues") == {"queues": "failed"}
    finally:
        portal_stack.start_worker()
    assert doctor(portal_stack, "--only", "queues") == {"queues": "fine"}


def test_the_sandbox_answers_counts_and_starts_over(sandbox: Sandbox) -> None:
    platform = sandbox.proxy()
    assert platform.ping() == "pong"
    assert len(platform.query("virtualmachine")) == 40
    assert sandbox.calls("query", "services") == 1
    sandbox.seed(machines=4, customers=2)
    assert len(platform.query("virtualmachine")) == 2


@pytest.mark.parametrize("turn", ["first", "second"])
def test_redis_is_empty_for_each_test(redis_url: str, turn: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set(turn, "left behind")
