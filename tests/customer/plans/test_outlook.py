"""What a plan's page says would happen: counts, effects, sums, money, and what cannot be undone."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import Scope
from portal.accounts.models import Customer, Membership
from portal.billing.thresholds.models import Threshold
from portal.plans.compose import put_in
from tests.customer.conftest import Browse, text_of
from tests.customer.plans.conftest import HOME, PLAN, add
from tests.customer.plans.pressing import gone, outside
from tests.support.services import Sandbox


def review(client: Client) -> str:
    return text_of(client.get(PLAN))


def test_counts_and_what_happens_to_each(browse: Browse) -> None:
    client = browse("manager")
    add(client, "virtualmachine/shop00/-/edit", cores="3")
    add(client, "virtualmachine/shop10/-/edit", cores="5")
    add(client, "virtualmachine/shop11/-/edit", disk="90")
    add(client, "virtualmachine/shop13/-/delete", name="shop13", day="2026-12-31")
    shown = review(client)
    assert "0 created 3 changed 1 deleted" in shown
    assert "Reboot in the next maintenance window: tomorrow, Wed 25 Nov, 22:00–05:00 shop00, shop10" in shown
    assert "The disk grows while the machine runs, within a few minutes. shop11" in shown
    assert "Shut down and no longer charged from 31 Dec on. shop13" in shown


def test_each_machine_that_a_saving_would_keep_is_named(browse: Browse) -> None:
    client = browse("manager")
    add(client, "virtualmachine/example10/-/edit", cores="3")
    assert "The deletion planned for" in review(client)


def test_sums_are_those_of_the_groups_that_change(browse: Browse) -> None:
    client = browse("manager")
    add(client, "virtualmachine/shop00/-/edit", cores="3")
    sums = review(client).partition("Totals")[2].partition("API call")[0]
    assert "shop" in sums
    assert "+1" in sums
    assert "All groups" in sums
    assert "example" not in sums
    assert "Memory" not in sums  # nothing of it changes


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("virtualmachine/shop00/-/edit", {"frontend_ips_v4": "3"}, "They cannot be returned here. shop00"),
        ("virtualmachine/shop10/-/edit", {"disk": "10"}, "does not get back what was on the rest. shop10"),
        ("serviceuser/shop/s-shop/-/delete", {"name": "s-shop"}, "Created again, it has another user ID. shop/s-shop"),
    ],
)
def test_what_cannot_be_undone_is_named_apart(browse: Browse, path: str, typed: dict[str, Any], said: str) -> None:
    client = browse("manager")
    add(client, path, **typed)
    assert said in review(client).partition("Cannot be undone completely")[2]


# --- permissions that people inherit (pm_04): alice has all three in services, above shop and example

MATRIX = "resourcegroup/{}/-/permissions"
LOST = "Permissions set here replace inherited ones: {}. Grant these too to keep them. {}"


def test_what_people_lose_that_they_inherit_is_said(browse: Browse) -> None:
    client = browse("manager")
    add(client, MATRIX.format("shop"), uids="alice nora", new=["stats"])
    shown = review(client)
    assert LOST.format("login, sudo-srv", "shop/alice") in shown.partition("Summary")[2].partition("Totals")[0]
    assert "shop/nora" not in shown.partition("Summary")[2].partition("API call")[0]


def test_not_so_once_the_plan_grants_that_too(browse: Browse) -> None:
    client = browse("manager")
    add(client, MATRIX.format("shop"), uids="alice", new=["stats", "login"])
    assert LOST.format("sudo-srv", "shop/alice") in review(client)
    add(client, MATRIX.format("shop"), uids="alice", new=["sudo-srv"])
    assert "replace inherited ones" not in review(client)


def test_all_of_the_plan_is_taken_together(browse: Browse) -> None:
    client = browse("manager")
    add(client, "resourcegroup/-/new", name="fair", parent="shop")
    add(client, "permission/-/new", resource_group="fair", uid="nora", permission="stats")
    assert "replace inherited ones" not in review(client)
    add(client, MATRIX.format("shop"), uids="nora", new=["login"])
    assert LOST.format("login", "fair/nora") in review(client)
    add(client, "permission/-/new", resource_group="fair", uid="alice", permission="login")
    assert LOST.format("stats, sudo-srv", "fair/alice") in review(client)


def test_what_people_inherit_again_is_said(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    own = {"__type__": "permission", "resource_group": "shop", "uid": "alice", "permission": "stats"}
    outside(platform, scope, own)
    put_in(scope, [gone("permission", "shop/alice/stats")])
    again = "login (services), stats (services), sudo-srv (services)"
    assert f"alice: inherited permissions apply here again: {again}. shop/alice" in review(browse("manager"))


def test_who_sees_only_a_group_is_told_what_is_lost_of_what_comes_from_above(browse: Browse, cast: Any) -> None:
    Membership.objects.filter(user=cast["child"]).update(role="manager")
    client = browse("child")
    add(client, MATRIX.format("example"), uids="alice", new=["stats"])
    assert LOST.format("login, sudo-srv", "example/alice") in review(client)


def test_a_budget_that_would_be_passed_is_said_to_who_may_see_money(browse: Browse) -> None:
    client = browse("manager")
    for money in ("invoice", "consumption"):
        client.get(f"{HOME}{money}/")
    add(client, "virtualmachine/shop00/-/edit", memory="3072")
    assert "About +" in review(client)
    assert "budget" not in review(client)
    customer = Customer.objects.get(number="10001")
    Threshold.objects.create(customer=customer, measure="amount", limit=Decimal(1))
    assert "more than the budget of 1.00" in review(client)
    assert "About +" not in review(browse("operator"))


def test_the_call_is_there_to_copy(browse: Browse) -> None:
    client = browse("manager")
    add(client, "virtualmachine/shop00/-/edit", cores="3")
    page = client.get(PLAN).content.decode()
    assert "services:KEY@" in page.replace("&#x27;", "'") or "shop:KEY@" in page
    found = client.get(f"{PLAN}?call=json").content.decode()
    assert '"cores": 3' in found
    assert client.get(f"{PLAN}?call=python").content.decode().startswith("from xmlrpc.client import ServerProxy")


def test_a_plan_of_many_is_shown_in_pages(browse: Browse) -> None:
    client = browse("manager")
    for first in ("a", "b"):
        uids = " ".join(f"{first}{n:03}" for n in range(60))
        add(client, "resourcegroup/shop/-/permissions", uids=uids, new=["login"])
    page = client.get(PLAN).content.decode()
    assert page.count('<li class="plan-entry') == 100
    assert client.get(f"{PLAN}?page=2").content.decode().count('<li class="plan-entry') == 20
    assert "?call=python" in page  # too many to show


def test_sums_have_the_units_that_people_read(browse: Browse) -> None:
    client = browse("manager")
    add(client, "virtualmachine/shop00/-/edit", memory="1536")  # 512 MiB so far
    sums = review(client).partition("Totals")[2].partition("API call")[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "+1 GiB" in sums
    assert "(MiB)" not in sums
