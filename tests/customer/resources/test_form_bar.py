"""The bar of a form: the button in sight, and beside it in a few words what pressing it would do."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse, text_of
from tests.support import moment
from tests.support.moment import month

HOME = "/c/10001/"
EDIT = f"{HOME}virtualmachine/shop00/-/edit"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
POOLS = ("rbd.hdd", "rbd.ssd")
FORMS = {
    EDIT: "Save",
    f"{HOME}virtualmachine/-/new?resource_group=shop": "Create",
    f"{HOME}virtualmachine/shop00/-/delete": "Schedule deletion",
    f"{HOME}virtualmachine/example10/-/delete": "Change date",
    f"{HOME}serviceuser/shop/s-deploy/-/delete": "Delete",
    f"{HOME}resourcegroup/shop/-/permissions": "Save",
}


def bar(response: Any) -> str:
    """What the bar says."""
    found = re.search(r'<p id="bar"[^>]*>(.*?)</p>', response.content.decode())
    assert found is not None
    return found[1]


def typed(client: Client, path: str, **values: object) -> str:
    """What the bar says once that is typed into the form as it begins."""
    begun = client.get(f"{path}{'&' if '?' in path else '?'}draft=drop")
    sent = filled(values_of(begun), preview="1", **values)
    response = client.post(path, sent, headers=PART)
    assert '<p id="bar"' in response.content.decode()
    assert 'hx-swap-oob="true"' in response.content.decode().partition('<p id="bar"')[2].partition(">")[0]
    return bar(response)


@pytest.mark.parametrize("path", FORMS)
def test_every_form_has_its_button_in_the_bar(browse: Browse, path: str) -> None:
    body = browse("manager").get(path).content.decode()
    inside = body.partition('class="sheet-do sheet-bar"')[2].partition("</form>")[0]
    assert f'type="submit">{FORMS[path]}</button>' in inside
    assert '<p id="bar"' in inside


def test_an_edit_says_how_many_fields_change_and_what_comes_of_it(browse: Browse) -> None:
    client = browse("operator")
    assert bar(client.get(EDIT)) == "No changes"
    assert re.fullmatch(r"2 changes · reboot \w{3} \d+ \w{3}, \d\d:\d\d", typed(client, EDIT, cores="7", memory="3072"))
    assert typed(client, EDIT, service_description="Till") == "1 change"
    assert typed(client, EDIT, cores="99", memory="lots") == "2 fields need attention."


MONEY = r"about ([+-][\d.,]+ EUR) a month"


@pytest.fixture
def manager(browse: Browse) -> Client:
    """Who may see money, once the portal knows what was used and what it came to."""
    client = browse("manager")
    for known in ("consumption", "invoice"):
        assert client.get(f"{HOME}{known}/").status_code == 200
    return client


@pytest.mark.parametrize(
    ("values", "more"),
    [
        ({"cores": 2}, "+19 EUR"),
        ({"disk": 20}, "+1.60 EUR"),
        ({"cores": -1, "disk": 120}, "+0.10 EUR"),
        ({"memory": -256}, "-1.55 EUR"),
        ({"cores": 4, "memory": 1024}, "+44 EUR"),
    ],
)
def test_what_it_costs_in_a_month_is_said_to_who_may_see_money(
    manager: Client, values: dict[str, int], more: str
) -> None:
    """By the sandbox's prices: 9.50 for a core, 6.20 for a GiB of memory, 0.08 for a GiB of disk on hdd."""
    present = values_of(manager.get(EDIT))
    said = typed(manager, EDIT, **{name: int(present[name][0]) + step for name, step in values.items()})
    assert re.findall(MONEY, said.replace("\xa0", " ")) == [more]
    assert said.startswith("1 change · " if len(values) == 1 else "2 changes · ")


def test_what_a_new_machine_costs_is_said_as_well(manager: Client) -> None:
    path = f"{HOME}virtualmachine/-/new?resource_group=shop"
    hdd, ssd = (typed(manager, path, cores="4", memory="2048", disk="100", rbd_pool=one) for one in POOLS)
    assert re.findall(MONEY, hdd.replace("\xa0", " ")) == ["+58 EUR"]
    assert re.findall(MONEY, ssd.replace("\xa0", " ")) == ["+72 EUR"]


def test_the_summary_says_by_which_prices(manager: Client) -> None:
    sent = filled(values_of(manager.get(EDIT)), preview="1", cores="7")
    text = text_of(manager.post(EDIT, sent, headers=PART))
    assert f"a month before tax, at the prices of the invoice for {month(1):%B %Y}." in text


@pytest.mark.parametrize(
    "values", [{"service_description": "Till"}, {"cores": "99"}, {"cores": "7", "memory": "lots"}, {}]
)
def test_where_nothing_is_dearer_or_something_is_wrong_no_money_is_told(manager: Client, values: Any) -> None:
    assert "EUR" not in typed(manager, EDIT, **values)


def test_of_a_machine_that_is_to_go_no_money_is_told(manager: Client) -> None:
    assert "EUR" not in typed(manager, f"{HOME}virtualmachine/example10/-/edit", cores="7")


@pytest.mark.parametrize("name", ["operator", "child"])
def test_who_may_not_see_money_is_told_of_none(browse: Browse, manager: Client, name: str) -> None:
    group = "example" if name == "child" else "shop"
    client = browse(name)
    sent = filled(values_of(client.get(f"{HOME}virtualmachine/{group}00/-/edit")), preview="1", cores="7")
    response = client.post(f"{HOME}virtualmachine/{group}00/-/edit", sent, headers=PART)
    assert "change" in bar(response)
    assert "EUR" not in response.content.decode()


def test_before_an_invoice_is_known_no_money_is_told(browse: Browse) -> None:
    """What is typed asks for the invoices, but does not wait for them."""
    said = typed(browse("manager"), EDIT, cores="7")
    assert said.startswith("1 change")
    assert "EUR" not in said


def test_the_reboot_of_a_group_elsewhere_names_its_zone(browse: Browse) -> None:
    assert typed(browse("operator"), f"{HOME}virtualmachine/trial00/-/edit", cores="7").endswith(" New York)")


def test_what_saving_cancels_is_said(browse: Browse) -> None:
    path = f"{HOME}virtualmachine/example10/-/edit"
    assert typed(browse("operator"), path, service_description="Till") == "1 change · cancels the deletion"


def test_a_new_record_is_named(browse: Browse) -> None:
    client = browse("operator")
    assert typed(client, f"{HOME}virtualmachine/-/new?resource_group=shop", name="shop77") == "shop77"


def test_a_deletion_says_its_days(browse: Browse) -> None:
    client = browse("operator")
    path = f"{HOME}virtualmachine/shop00/-/delete"
    year = moment.AT.year + 1
    told = f"shut down 31 Dec {year} · data deleted 3 Jan {year + 1}"
    assert typed(client, path, day=f"{year}-12-31") == told
    assert typed(client, path, day="some day") == ""


def test_permissions_are_counted(browse: Browse) -> None:
    client = browse("manager")
    path = f"{HOME}resourcegroup/shop/-/permissions"
    assert bar(client.get(path)) == "No changes"
    assert typed(client, path, uids="nora nina", new=["login"]) == "2 changes"


def test_what_is_filled_in_again_is_worked_out(browse: Browse) -> None:
    client = browse("operator")
    client.post(EDIT, filled(values_of(client.get(EDIT)), cores="7"))
    again = client.get(EDIT, {"again": "1"})
    assert bar(again).startswith("1 change · reboot ")
    assert "No changes yet." not in text_of(again)
