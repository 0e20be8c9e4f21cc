"""What a view of a page costs that has been seen before: counted in statements, looks into Redis and template nodes."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis.client
from django.db import connection
from django.template.base import Node
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.inventory.snapshots import single_flight
from portal.plans.compose import put_in
from portal.ui import fragments
from tests.customer.conftest import Browse, part

C = "/c/10001/"
MACHINES = f"{C}virtualmachine/"
FIND = f"{C}find/?q=shop1"
# path -> statements, looks into Redis, template nodes: at most. Few more than today; more of them is a decision.
BUDGETS = {
    C: (5, 2, 90),
    MACHINES: (4, 2, 105),
    f"{MACHINES}shop10/": (5, 2, 125),
    f"{MACHINES}shop10/-/edit": (6, 1, 150),
    f"{C}resourcegroup/?view=tree": (4, 2, 110),
    f"{C}changes/": (7, 1, 165),
    f"{C}schedule/": (4, 2, 120),
    FIND: (4, 1, 600),
}
TABLE = (4, 2, 65)


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.CHECK_FRAGMENTS = False


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Nodes that are rendered, commands that Redis is sent, fragments that are not there yet."""
    found: Counter[str] = Counter()
    render, execute, parts = Node.render_annotated, redis.client.Redis.execute_command, fragments.FragmentNode._parts

    def node(self: Node, context: Any) -> Any:
        found["nodes"] += 1
        return render(self, context)

    def command(self: Any, *args: Any, **options: Any) -> Any:
        found["redis"] += 1
        return execute(self, *args, **options)

    def fragment(self: Any, context: Any) -> Any:
        found["fragments"] += 1
        return parts(self, context)

    monkeypatch.setattr(Node, "render_annotated", node)
    monkeypatch.setattr(redis.client.Redis, "execute_command", command)
    monkeypatch.setattr(fragments.FragmentNode, "_parts", fragment)
    return found


@contextmanager
def warm(client: Client, path: str, counted: Counter[str], ask: Callable[[Client, str], Any]) -> Iterator[None]:
    """After enough views that nothing is on its way: each may have set out for what the next one shows."""
    for time in range(10):
        counted.clear()
        ask(client, path)
        for done in single_flight.under_way():
            assert done.wait(60)
        if time >= 2 and not counted["fragments"]:
            break
    counted.clear()
    with CaptureQueriesContext(connection) as asked:
        yield
    counted["statements"] = len([one for one in asked if "SAVEPOINT" not in one["sql"]])


def page(client: Client, path: str) -> Any:
    return client.get(path)


def expect_within(budget: tuple[int, int, int], counted: Counter[str]) -> None:
    statements, looks, nodes = budget
    assert counted["fragments"] == 0
    assert counted["statements"] <= statements
    assert counted["redis"] <= looks
    assert counted["nodes"] <= nodes


@pytest.mark.parametrize("path", BUDGETS)
def test_a_page_that_was_seen_before(browse: Browse, counted: Counter[str], path: str) -> None:
    client = browse("manager")
    with warm(client, path, counted, page):
        assert client.get(path).status_code == 200
    expect_within(BUDGETS[path], counted)


@pytest.mark.parametrize("path", [C, MACHINES, FIND])
def test_a_page_with_an_open_plan_costs_no_more(
    browse: Browse, counted: Counter[str], scope_of: Callable[[str], Scope], path: str
) -> None:
    client = browse("manager")
    wanted = Intent(type_name="virtualmachine", key="shop00", wanted={"cores": 3}, before={"cores": 2})
    client.get(path)
    put_in(scope_of("manager"), [wanted], name="Black Friday")
    with warm(client, path, counted, page):
        assert "Black Friday" in client.get(path).content.decode()
    statements, looks, nodes = BUDGETS[path]
    # Once a customer has plans, the overview also looks for reviews that the person was asked for.
    expect_within((statements + (path == C), looks, nodes), counted)


def test_a_part_of_a_list_that_was_seen_before(browse: Browse, counted: Counter[str]) -> None:
    client = browse("manager")
    with warm(client, f"{MACHINES}?sort=-memory", counted, part):
        assert part(client, f"{MACHINES}?sort=-memory").status_code == 200
    expect_within(TABLE, counted)
