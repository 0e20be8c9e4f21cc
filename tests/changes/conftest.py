"""A customer's manager, a real sandbox and Redis; workers are the test itself, calling the tasks."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from django.db.models import F

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.changes import leases, tasks
from portal.changes.intent import Intent
from portal.changes.models import Change, Item
from portal.changes.submit import submit
from tests.support.services import Sandbox

MACHINE = "virtualmachine"


@pytest.fixture
def platform(shared_platform: Sandbox, settings: Any) -> Sandbox:
    """The sandbox, without faults, counts at nothing. A call's deadline is 4 seconds, so a lease is 7."""
    if not shared_platform.process.is_alive:
        shared_platform.start()
    shared_platform.control(reset=True)
    settings.API_URL = shared_platform.url
    settings.API_TIMEOUTS = {"connect_timeout": 1.0, "read_timeout": 1.0, "deadline": 4.0}
    return shared_platform


@pytest.fixture
def scope(
    transactional_db: None,
    redis_url: str,
    platform: Sandbox,
    scope_of: Callable[..., Scope],
    monkeypatch: pytest.MonkeyPatch,
) -> Scope:
    """The manager of customer 10001. No message gets anywhere: tests run the tasks themselves."""
    for module in ("submit", "decisions", "perform"):
        monkeypatch.setattr(f"portal.changes.{module}.nudge", lambda pk: None)
    return scope_of("manager")


def edit(name: str, before: dict[str, Any], wanted: dict[str, Any]) -> Intent:
    """An edit of a machine by somebody who saw `before`."""
    return Intent(type_name=MACHINE, key=name, wanted=wanted, before=before)


def new_machine(name: str, group: str = "shop", **values: Any) -> Intent:
    wanted = {"resource_group": group, "location": "rzob", **values}
    return Intent(type_name=MACHINE, key=name, wanted=wanted, creates=True)


def machine(platform: Sandbox, name: str) -> dict[str, Any]:
    """The platform's record of a machine, read by Python's own client."""
    with platform.proxy() as proxy:
        (record,) = proxy.query(MACHINE, {"name": name})
    return record


def until_landed(platform: Sandbox, name: str, disk: int) -> None:
    """Waits for a delayed call in the real time that `later` only pretends to pass."""
    end = monotonic() + 30
    while machine(platform, name)["disk"] != disk:
        assert monotonic() < end
        sleep(0.05)


def plain_machine(platform: Sandbox, group: str = "shop", nth: int = 0) -> dict[str, Any]:
    """The nth ready machine of a group about which nothing is planned."""
    with platform.proxy() as proxy:
        busy = {record["machine"] for record in proxy.query("maintenance")}
        found = [
            record
            for record in proxy.query(MACHINE, {"resource_group": group})
            if not record["needs_install"] and not record["deletion"]["deadline"] and record["name"] not in busy
        ]
    return sorted(found, key=lambda record: str(record["name"]))[nth]


def run(change: Change) -> Change:
    """One step of a change by a worker."""
    tasks.perform(str(change.pk))
    change.refresh_from_db()
    return change


def run_all(most: int = 100) -> int:
    """Everything that is due, as the sweeper would have it worked on. How many steps it took."""
    steps = 0
    while (heads := leases.heads()) and steps < most:
        for pk in heads:
            tasks.perform(pk)
            steps += 1
    return steps


def later(seconds: float) -> None:
    """That much time passes for all changes."""
    back = timedelta(seconds=seconds)
    times = ("next_attempt_at", "lease_until", "sent_at", "recorded_at", "created")
    Change.objects.update(**{name: F(name) - back for name in times})


def services_key() -> ApiKey:
    return ApiKey.objects.get(resource_group="services")


def item_of(change: Change, position: int = 0) -> Item:
    return change.items.get(position=position)


def growing(scope: Scope, platform: Sandbox) -> tuple[Change, str, int]:
    """A change that grows a machine's disk by one; the machine's name and disk before."""
    present = plain_machine(platform)
    name, disk = present["name"], present["disk"]
    return submit(scope, [edit(name, {"disk": disk}, {"disk": disk + 1})], "growing"), name, disk


def give_secret(secret: str) -> ApiKey:
    """The key of `services` gets a new secret."""
    key = services_key()
    key.set_secret(secret)
    key.save()
    return key
