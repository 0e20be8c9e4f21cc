"""The frame stays around pages that belong to no customer: one's account, and what went wrong."""

import pytest
from django.test import Client

from portal.inventory.snapshots import single_flight
from tests.customer.conftest import Browse
from tests.support.services import Sandbox

BESIDE = ("/accounts/", "/accounts/sessions/", "/accounts/2fa/", "/accounts/password/change/")


def rail(client: Client, path: str) -> list[str]:
    """Where the navigation of a page leads."""
    shell = client.get(path).context["shell"]
    return [item.url for item in shell.nav] if shell else []


@pytest.mark.parametrize("path", BESIDE)
def test_ones_own_pages_have_the_navigation_of_the_customer_where_one_was(browse: Browse, path: str) -> None:
    client = browse("manager")
    client.get("/c/10001/people/")
    assert "/c/10001/virtualmachine/" in rail(client, path)
    assert 'class="rail-list"' in client.get(path).content.decode()


@pytest.mark.parametrize("path", ["/c/10001/virtualmachine/nothing/", "/c/10001/nothing/", "/nothing/at/all/"])
def test_so_have_pages_for_what_is_not_there(browse: Browse, path: str) -> None:
    client = browse("manager")
    client.get("/c/10001/people/")
    assert client.get(path).status_code == 404
    assert "/c/10001/virtualmachine/" in rail(client, path)


def test_the_role_decides_what_is_in_it_where_the_role_was_not_enough(browse: Browse) -> None:
    client = browse("viewer")
    answer = client.get("/c/10001/keys/")
    assert answer.status_code == 403
    assert "/c/10001/keys/" not in rail(client, "/c/10001/keys/")
    assert "/c/10001/virtualmachine/" in rail(client, "/c/10001/keys/")


def test_nobody_gets_a_frame_of_what_is_not_theirs(browse: Browse) -> None:
    assert rail(browse("outsider"), "/c/10001/") == []
    assert not any("10001" in url for url in rail(browse("outsider"), "/c/10001/virtualmachine/shop00/"))


def test_who_is_not_signed_in_sees_none(db: None) -> None:
    assert 'class="rail-list"' not in Client().get("/nothing/at/all/").content.decode()


def test_staff_keep_the_consoles(browse: Browse) -> None:
    assert "/console/changes/" in rail(browse("staff"), "/console/c/99999/")
    assert rail(browse("manager"), "/console/c/99999/") == rail(browse("manager"), "/nothing/at/all/")


WITHOUT_MONEY = {"resourcegroup", "serviceuser", "permission", "virtualmachine", "maintenance"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("virtualmachine/", WITHOUT_MONEY),
        ("resourcegroup/?view=tree", WITHOUT_MONEY),
        ("virtualmachine/shop13/-/delete", WITHOUT_MONEY),
        ("people/", WITHOUT_MONEY),
        ("invoice/", {*WITHOUT_MONEY, "invoice"}),
        ("", {*WITHOUT_MONEY, "invoice", "consumption"}),
    ],
)
def test_the_platform_is_asked_about_money_only_where_a_page_tells_of_it(
    browse: Browse, platform: Sandbox, path: str, asked: set[str]
) -> None:
    assert browse("manager").get(f"/c/10001/{path}").status_code == 200
    for flight in single_flight.under_way():
        assert flight.wait(60)
    assert set(platform.control(stats=True)["by_type"]) == asked


def test_all_types_are_in_the_navigation_at_once(browse: Browse) -> None:
    assert {"/c/10001/invoice/", "/c/10001/consumption/"} < set(rail(browse("manager"), "/c/10001/people/"))
    assert "/c/10001/invoice/" not in rail(browse("viewer"), "/c/10001/people/")
