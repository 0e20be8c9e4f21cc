"""The menu of a list's row: a row has its button, and what is in it comes when it is opened."""

import re

import pytest

from tests.customer.conftest import Browse, part, text_of

LIST = "/c/10001/virtualmachine/"
MENU = f"{LIST}shop00/-/menu"


def row(body: str) -> str:
    return body.partition('<tr id="row-shop00"')[2].partition("</tr>")[0]


def test_a_row_has_the_button_of_its_menu_and_nothing_of_what_is_in_it(browse: Browse) -> None:
    shown = row(browse("operator").get(LIST).content.decode())
    assert re.search(r'<button popovertarget="row-menu" aria-label="Actions for shop00"></button>', shown)
    assert "-/edit" not in shown
    assert "Shut down" not in shown


def test_its_menu_has_what_may_be_done_with_it_now(browse: Browse) -> None:
    client = browse("operator")
    assert text_of(part(client, MENU)) == "Edit Shut down Delete… Add to plan Shut down"
    assert "Cancel deletion" in text_of(part(client, f"{LIST}example10/-/menu"))
    menu = part(client, MENU).content.decode()
    assert f'href="{LIST}shop00/-/edit"' in menu
    assert 'form="do"' in menu, "its buttons belong to the form of the list"


def test_who_may_change_nothing_has_no_button(browse: Browse) -> None:
    assert "row-menu" not in row(browse("viewer").get(LIST).content.decode())


def test_what_can_only_be_looked_at_has_no_button(browse: Browse) -> None:
    assert "Actions for" not in browse("operator").get("/c/10001/maintenance/").content.decode()


@pytest.mark.parametrize("name", ["virtualmachine/shop00", "serviceuser/shop/s-shop", "permission/shop/dave/login"])
def test_without_a_script_it_is_the_page_of_the_record_which_has_all_of_it_as_well(browse: Browse, name: str) -> None:
    client = browse("manager")
    page = f"/c/10001/{name}/"
    assert client.get(f"{page}-/menu").headers["Location"] == page
    shown = client.get(page).content.decode()
    menu = part(client, f"{page}-/menu").content.decode()
    for target in re.findall(r'(?:href|formaction)="([^"]+)"', menu):
        assert f'"{target}"' in shown
