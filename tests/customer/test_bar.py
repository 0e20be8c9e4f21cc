"""The bar of a form: the button in sight, and beside it in a few words what pressing it would do."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse, text_of
from tests.support import moment

HOME = "/c/10001/"
EDIT = f"{HOME}virtualmachine/shop00/-/edit"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
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
    """What the bar says once that is typed."""
    sent = filled(values_of(client.get(path)), preview="1", **values)
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
