"""A customer with an API key, a platform that answers it, and a process that remembers nothing yet."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey, Customer, User
from portal.accounts.roles import Role
from portal.inventory import redis_connection
from portal.inventory.listings import merging, record_context
from portal.inventory.snapshots import process_cache, single_flight
from tests.inventory.platform import Platform, Raw

SECRET = "services-key"


@pytest.fixture
def fresh_process() -> Iterator[Callable[[], None]]:
    """Forgets what this process knows: called in a test, it stands for another process."""

    def forget() -> None:
        process_cache.snapshots.clear()
        process_cache.failures.clear()
        merging.forget()
        record_context.forget()
        redis_connection.forget_absence()

    forget()
    yield forget
    for done in list(single_flight.under_way()):
        done.wait(10)
    forget()


@pytest.fixture
def platform(settings: Any, fresh_process: Callable[[], None]) -> Iterator[Platform]:
    """A platform with nothing on it, to which API_URL points."""
    server = Platform()
    server.keys["services"] = SECRET
    server.start()
    settings.API_URL = server.url
    settings.API_TIMEOUTS = {"connect_timeout": 1.0, "read_timeout": 5.0, "deadline": 10.0}
    yield server
    server.stop()


@pytest.fixture
def twelve_machines(platform: Platform, redis_url: str) -> None:
    """On the platform, in the group of its key."""
    platform.records["services", "virtualmachine"] = [machine(f"services{number:02}") for number in range(12)]
    platform.records["services", "resourcegroup"] = [group("services")]


@pytest.fixture
def api_key(db: None) -> ApiKey:
    return add_key(Customer.objects.create(number="10001", name="Example"), "services", SECRET)


@pytest.fixture
def scope(api_key: ApiKey) -> Scope:
    return scope_of(api_key.customer)


def add_key(customer: Customer, group: str, secret: str) -> ApiKey:
    key = ApiKey(customer=customer, resource_group=group)
    key.set_secret(secret)
    key.save()
    return key


def scope_of(customer: Customer, *, root: str = "", role: Role = Role.MANAGER) -> Scope:
    """As a request makes it: with a customer object of its own."""
    return Scope(Customer.objects.get(pk=customer.pk), User(email="someone@example.com"), role, root)


def machine(name: str, group: str = "services", **values: Any) -> Raw:
    return {"__type__": "virtualmachine", "name": name, "resource_group": group, "location": "rzob", **values}


def group(name: str, parent: str = "", **values: Any) -> Raw:
    return {"__type__": "resourcegroup", "name": name, "parent": parent, **values}


def maintenance(machine_name: str, starts: str, ends: str, **values: Any) -> Raw:
    return {"__type__": "maintenance", "machine": machine_name, "starts": starts, "ends": ends, **values}
