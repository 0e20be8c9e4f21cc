"""The people of the demo, in all tests: manager, operator, viewer, billing, child, outsider and staff.

`child` is limited to the group `example`; `outsider` is a manager of another customer; `staff` belongs to none.
"""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from portal.accounts.access import Scope, get_scope
from portal.accounts.models import User

NAMES = ("manager", "operator", "viewer", "billing", "child", "outsider", "staff")


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    """The cast by name, with the customers 10001 and 10002 and their keys."""
    call_command("seed_demo", verbosity=0)
    people = {user.email: user for user in User.objects.all()}
    return {name: people[f"{name}@example.com"] for name in NAMES}


@pytest.fixture
def signed_in(cast: dict[str, User]) -> Callable[[str], Client]:
    """A client signed in as one of the cast; "" is nobody."""

    def sign_in(name: str) -> Client:
        client = Client()
        if name:
            client.force_login(cast[name])
        return client

    return sign_in


@pytest.fixture
def scope_of(cast: dict[str, User]) -> Callable[..., Scope]:
    """The scope of one of the cast in a customer."""

    def scope(name: str, customer_no: str = "10001") -> Scope:
        return get_scope(cast[name], customer_no)

    return scope
