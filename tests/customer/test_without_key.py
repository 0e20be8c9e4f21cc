"""A customer without an API key: nothing is on its way, and each page says what to do instead of waiting."""

import pytest

from portal.accounts.models import ApiKey
from tests.customer.conftest import Browse, part, text_of

HOME = "/c/10001/"
LISTS = ("virtualmachine/", "resourcegroup/", "resourcegroup/?view=tree", "serviceuser/", "maintenance/", "schedule/")
MONEY = ("consumption/", "invoice/")


@pytest.fixture(autouse=True)
def _no_key(browse: Browse) -> None:
    ApiKey.objects.all().delete()


@pytest.mark.parametrize("path", [*LISTS, *MONEY, "permission/", "virtualmachine/shop00/", "invoice/2026-10-01/"])
def test_a_manager_is_led_to_where_it_is_entered(browse: Browse, path: str) -> None:
    page = browse("manager").get(f"{HOME}{path}")
    assert page.status_code == 200
    assert "No API key is connected" in text_of(page)
    assert "Loading" not in text_of(page)
    assert "every 1s" not in page.content.decode()
    assert f'href="{HOME}keys/"' in page.content.decode().partition("No API key is connected")[2]


@pytest.mark.parametrize(("name", "paths"), [("viewer", ("", *LISTS)), ("billing", MONEY)])
def test_everybody_else_is_told_who_enters_it(browse: Browse, name: str, paths: tuple[str, ...]) -> None:
    for path in paths:
        said = text_of(browse(name).get(f"{HOME}{path}"))
        assert "A manager must enter the API key of the topmost resource group." in said, path
        assert "Loading" not in said, path


def test_the_overview_has_the_first_steps(browse: Browse) -> None:
    page = browse("manager").get(HOME)
    assert "First steps" in text_of(page)
    assert "Loading" not in text_of(page)
    assert "every 1s" not in page.content.decode()


def test_a_part_says_the_same(browse: Browse) -> None:
    assert "No API key is connected" in text_of(part(browse("manager"), f"{HOME}virtualmachine/"))
