"""The drill: a portal that people work with is backed up, goes on, loses its database, and is brought back."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from scripts import chaos
from scripts.visitor import Visitor
from tests.support import database
from tests.support.portal import Portal

LATER = "2100-01-01T00:00:00Z"


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 600
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)


def hold(portal: Portal, customer: str, until: str) -> None:
    """A customer's changes are not sent before."""
    portal.query(
        "UPDATE changes_change SET next_attempt_at = %s WHERE customer_id = "
        "(SELECT id FROM accounts_customer WHERE number = %s)",
        until,
        customer,
    )


def lose_database(portal: Portal) -> None:
    """All processes end, and what they had written is gone."""
    for process in (portal.web, portal.worker, portal.post, portal.beat):
        process.stop()
    database.drop(portal.env["DATABASE_URL"])
    database.create(portal.env["DATABASE_URL"])


def start_again(portal: Portal) -> None:
    for process in (portal.web, portal.worker, portal.post, portal.beat):
        process.start()
    portal.wait(portal.web)


@pytest.fixture(scope="module")
def drilled(portal_stack: Portal, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `manage.py restore` said. Three changes were queued in the backup; two of them went out after it."""
    manager, _operator, other = chaos.people(portal_stack)
    serials = {key: chaos.max_serial(portal_stack, key) for key in chaos.KEYS}
    directory = tmp_path_factory.mktemp("backups")
    visitor = Visitor(portal_stack.url, manager.email)
    portal_stack.worker.stop()
    chaos.ask(visitor, manager, 0, turn=0)  # an edit
    chaos.ask(visitor, manager, 1, turn=3)  # a new service user
    chaos.ask(Visitor(portal_stack.url, other.email), other, 2, turn=0)
    hold(portal_stack, other.customer, LATER)
    portal_stack.manage("backup", str(directory))
    portal_stack.start_worker()
    wait_for(lambda: chaos.done(portal_stack) == 2)

    lose_database(portal_stack)
    (path,) = Path(directory).iterdir()
    said = portal_stack.manage("restore", str(path))
    assert chaos.done(portal_stack) == 0
    hold(portal_stack, other.customer, "2000-01-01T00:00:00Z")
    start_again(portal_stack)
    wait_for(lambda: chaos.done(portal_stack) == 3)

    assert not chaos.problems(portal_stack, chaos.rows(portal_stack), map(chaos.mark_of, range(3)), serials)
    with pytest.raises(requests.HTTPError):
        visitor.send("/c/10001/virtualmachine/", no_such_field="")
    return said


def test_changes_in_flight_end_rightly_and_what_is_sealed_opens(drilled: str) -> None:
    """None is lost, none is applied twice: the fixture has looked (chaos.problems)."""
    assert "Restored. 3 changes had not been sent: they are looked up on the platform first." in drilled
    assert "ok       API keys: All API keys can be opened." in drilled
    assert "ok       Migrations: All migrations are applied." in drilled
    assert "ok       Audit trail: " in drilled


def test_the_audit_trail_is_whole_and_says_that_it_was_restored(portal_stack: Portal, drilled: str) -> None:
    assert "entries verified" in portal_stack.manage("verify_audit")
    actions = [action for (action,) in portal_stack.query("SELECT action FROM accounts_auditentry ORDER BY at, id")]
    assert "backup.restored" in actions


def test_people_sign_in_again_and_find_what_they_had(portal_stack: Portal, drilled: str) -> None:
    again = Visitor(portal_stack.url, "manager@example.com")
    assert "s-chaos1" in again.get("/c/10001/serviceuser/")
