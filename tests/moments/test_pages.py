"""Every page of a customer and of the console stands at every moment, in either language at every second one.

What they say then, in both, is held by the other tests here.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import get_scope
from portal.changes.intent import Intent
from portal.changes.submit import submit
from portal.plans.compose import put_in
from portal.resources.types import TYPES
from tests.customer.conftest import Browse
from tests.isolation.routes import LAST, ROUTES, RUNNING
from tests.moments.almanac import Almanac
from tests.moments.conftest import Records
from tests.moments.wording import LANGUAGES, Language
from tests.support.moment import read
from tests.support.moments import MOMENTS


def pages_of(name: str) -> Iterator[str]:
    """Addresses on the walk of tests/isolation that answer one of the cast with a page; of records one of each type."""
    seen = set()
    for route, stops in ROUTES.items():
        for stop in stops:
            kind = (route, *stop.path.split("/")[3:4], "?" in stop.path)
            if stop.get[name] == 200 and kind not in seen:
                seen.add(kind)
                yield stop.path


@pytest.fixture
def at_hand(manager: Client, cast: Any, query: Callable[..., Records], almanac: Almanac) -> Callable[[str], str]:
    """An address of the walk, with months and keys that there are. Change 1 and plan 1 are there: edits of shop13."""
    wanted = Intent(type_name="virtualmachine", key="shop13", wanted={"cores": 7}, before={"cores": 3})
    manager_of_all = get_scope(cast["manager"], "10001")
    submit(manager_of_all, [wanted], "walk")
    put_in(manager_of_all, [wanted])
    windows = {one["machine"].rstrip("0123456789"): TYPES["maintenance"].key_of(one) for one in query("maintenance")}
    keys = {
        "maintenance_below": windows["example"],
        "maintenance_elsewhere": windows["shop"],
        "member": cast["viewer"].memberships.get().pk,
        "foreign_member": cast["outsider"].memberships.get().pk,
    }
    months = {RUNNING: almanac.month, LAST: almanac.last_month}  # the walk is made at one moment only

    def address(path: str) -> str:
        return re.sub("|".join(months), lambda found: months[found[0]], path).format(**keys)

    return address


@pytest.fixture
def language(moment: datetime) -> Language:
    return LANGUAGES[[read(text) for text in MOMENTS.values()].index(moment) % len(LANGUAGES)]


def test_all_pages_stand(browse: Browse, at_hand: Callable[[str], str], language: Language) -> None:
    for name in ("manager", "staff"):
        client = browse(name)
        client.cookies["django_language"] = language.code
        for path in pages_of(name):
            answer = client.get(at_hand(path))
            assert answer.status_code == 200, (name, path)
            if "html" in answer.headers["Content-Type"]:
                assert f'<html lang="{language.code}"' in answer.content.decode(), path
