"""Many records at once: chosen in a list, seen on a page that says what can be done, and put into a plan."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from portal.changes.models import Change
from portal.plans.models import MOST_ENTRIES, Entry, Plan
from portal.resources.times import parse_day
from portal.resources.types import TYPES
from tests.customer.conftest import Browse, part, text_of
from tests.support.queries import counted_queries
from tests.support.services import Sandbox

LIST = "/c/10001/virtualmachine/"
MANY = f"{LIST}-/many"
GROUPS = "/c/10001/resourcegroup/-/many"
THREE = ["shop10", "shop11", "shop12"]


def of_platform(platform: Sandbox, type_name: str) -> dict[str, dict[str, Any]]:
    with platform.proxy() as proxy:
        return {record["name"]: record for record in proxy.query(type_name)}


def entries() -> dict[str, Entry]:
    """What the one plan that there is would do, by record."""
    return {entry.key: entry for entry in Plan.objects.get().entries.all()}


def ask(client: Client, keys: list[str], do: str, path: str = MANY, **typed: object) -> Any:
    return client.post(path, {"keys": "\n".join(keys), "do": do, **typed})
